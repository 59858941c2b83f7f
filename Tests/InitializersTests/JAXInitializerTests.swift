import Nascent
import TestSupport
import Testing

struct JAXInitializerTests {
  private func expectRefusal(
    _ initializer: some Initializer, _ shape: [Int], _ dtype: ScalarType = .float32,
    dialect: Dialect = .jax, says message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var graph = VariableGraph(dialect: dialect)
    #expect(sourceLocation: sourceLocation) {
      try graph.declare("v", shape: shape, dtype: dtype, initializer: initializer)
    } throws: { error in
      (error as? GraphError)?.message == "Cannot declare variable \"v\": \(message)"
    }
  }

  @Test func `a function implies its dialect in every graph`() throws {
    for dialect in Dialect.all {
      var graph = VariableGraph(dialect: dialect)
      let variable = try graph.declare("v", shape: [2, 2], initializer: .jaxHeUniform())
      #expect(variable.dialect == (dialect.framework == .jax ? dialect : .jax))
    }
  }

  @Test func `shapes that JAX refuses are refused`() throws {
    let name = "jax.nn.initializers"
    expectRefusal(
      .jaxHeUniform(), [5],
      says: """
        \(name).he_uniform needs a shape of at least two axes where in_axis is -2, found [5] of rank 1.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      .jaxGlorotNormal(inAxis: 3), [5, 5],
      says: """
        \(name).glorot_normal needs a shape of enough axes for axis 3, found [5, 5] of rank 2.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      .jaxLecunNormal(), [0, 5],
      says: """
        \(name).lecun_normal needs a shape of sizes above 0, found [0, 5] of rank 2.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      .jaxDeltaOrthogonal(), [3, 5, 4],
      says: """
        \(name).delta_orthogonal needs a shape of not more inputs (axis -2) than outputs (axis -1), \
        found [3, 5, 4] of rank 3.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      .jaxDeltaOrthogonal(), [3, 5],
      says: """
        \(name).delta_orthogonal needs a shape of three to five axes, found [3, 5] of rank 2.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      .jaxOrthogonal(columnAxis: 2), [3, 5],
      says: """
        \(name).orthogonal needs a shape of enough axes for column_axis 2, found [3, 5] of rank 2.
        Choose such a shape, or another initializer.
        """)
    expectRefusal(
      try JAXConstantInitializer(json: [1, 2]), [3],
      says: """
        \(name).constant needs a shape of sizes that lists of sizes [2] can be spread over, found [3] \
        of rank 1.
        Choose such a shape, or another initializer.
        """)
  }

  @Test func `dtypes that JAX cannot make are refused`() {
    expectRefusal(
      .jaxNormal(), [5], .int32,
      says: """
        jax.nn.initializers.normal cannot make dtype int32; it makes float16, bfloat16, float32, float64.
        Choose one of these dtypes, or another initializer.
        """)
    expectRefusal(
      .jaxOrthogonal(), [5, 5], .float16,
      says: """
        jax.nn.initializers.orthogonal cannot make dtype float16; it makes float32, float64.
        Choose one of these dtypes, or another initializer.
        """)
    expectRefusal(
      .orthogonal(), [5, 5], .float16,
      says: """
        Orthogonal cannot make dtype float16; it makes float32, float64.
        Choose one of these dtypes, or another initializer.
        """)
    expectRefusal(
      .jaxConstant(0.5), [5], .int8,
      says: """
        jax.nn.initializers.constant has the value 0.5, which is not a value of dtype int8.
        Choose a value that the dtype holds, or another dtype.
        """)
  }

  @Test func `a seed that Keras on JAX refuses is refused`() {
    expectRefusal(
      .heNormal(seed: -1), [5, 5],
      says: """
        HeNormal needs seed to be from 0 to 4294967295 in the dialect jax, found -1.
        Correct the parameter.
        """)
    expectRefusal(
      .uniform(seed: 4_294_967_296), [5, 5], dialect: .flaxLinen,
      says: """
        RandomUniform needs seed to be from 0 to 4294967295 in the dialect flax-linen, found 4294967296.
        Correct the parameter.
        """)
  }

  @Test(
    arguments: [
      (
        #"{"class_name": "jax.nn.initializers.variance_scaling", "config": {"mode": "fan_in"}}"#,
        """
        jax.nn.initializers.variance_scaling needs scale to be given, found nothing.
        Correct the parameter.
        """
      ),
      (
        #"{"class_name": "jax.nn.initializers.variance_scaling", "config": {"scale": -1, "#
          + #""mode": "fan_in", "distribution": "normal"}}"#,
        """
        jax.nn.initializers.variance_scaling needs scale to be finite and not negative, found -1.0.
        Correct the parameter.
        """
      ),
      (
        #"{"class_name": "jax.nn.initializers.variance_scaling", "config": {"scale": 1, "#
          + #""mode": "fan_both", "distribution": "normal"}}"#,
        """
        jax.nn.initializers.variance_scaling needs mode to be one of fan_in, fan_out, fan_avg, \
        fan_geo_avg, found "fan_both".
        Correct the parameter.
        """
      ),
      (
        #"{"class_name": "jax.nn.initializers.he_uniform", "config": {"in_axis": [0.5]}}"#,
        """
        jax.nn.initializers.he_uniform needs in_axis to be an axis or a list of axes, found 0.5.
        Correct the parameter.
        """
      ),
      (
        #"{"class_name": "jax.nn.initializers.constant", "config": {"value": [[1], [2, 3]]}}"#,
        """
        jax.nn.initializers.constant needs value to be a number, or lists of equal lengths of \
        numbers, found [[1],[2,3]].
        Correct the parameter.
        """
      ),
      (
        #"{"class_name": "jax.nn.initializers.orthogonal", "config": {"column_axis": "x"}}"#,
        """
        jax.nn.initializers.orthogonal needs column_axis to be an integer, found "x".
        Correct the parameter.
        """
      ),
    ])
  func `a wrong configuration is refused`(json: String, message: String) throws {
    let value = try JSONValue(parsing: .init(json.utf8))
    #expect {
      try InitializerRegistry.standard.initializer(value)
    } throws: { error in
      (error as? InitializerError)?.message == message
    }
  }

  @Test func `configurations read back as they were written`() throws {
    let registry = InitializerRegistry.standard
    for entry in registry.entries where entry.className.hasPrefix("jax.") {
      var config: [String: JSONValue] = ["in_axis": [0, 1], "out_axis": -1, "seed": 5]
      if entry.className.hasSuffix("variance_scaling") {
        config.merge(["scale": 2, "mode": "fan_out", "distribution": "uniform"]) { $1 }
      } else if entry.className.hasSuffix("constant") {
        config = ["value": [1, 2.5]]
      } else if !entry.className.hasSuffix("_uniform"), !entry.className.hasSuffix("lecun_normal"),
        !entry.className.hasSuffix("he_normal"), !entry.className.hasSuffix("glorot_normal")
      {
        config = [:]
      }
      let json = InitializerConfiguration(className: entry.className, config: config).json
      let made = try registry.initializer(json)
      let again = try registry.initializer(made.configuration.json)
      #expect(again.configuration == made.configuration)
      #expect(made.configuration.className == entry.className)
    }
  }

  @Test func `JAX's draws need a key of JAX's`() async throws {
    let source = RandomSource.philox(SeedPair(seed: 1))
    #expect {
      try source.threefryKey
    } throws: { error in
      (error as? RandomSamplingError)?.message == """
        This draw needs a key of JAX's Threefry, found a seed of TensorFlow's Philox.
        Declare the variable in the dialect jax.
        """
    }
  }
}
