import Foundation
import Initializers
import Tensors
import Testing
import VariableGraph

struct InitializerRegistryTests {
  private let registry = InitializerRegistry.keras

  private func parsed(_ text: String) throws -> any Initializer {
    try registry.initializer(JSONValue(parsing: Data(text.utf8)))
  }

  private func failure(_ text: String) -> InitializerError? {
    #expect(throws: InitializerError.self) { try parsed(text) }
  }

  @Test(arguments: [
    ("HeUniform", ["he_uniform", "HeUniform", "heUniform", "HE_UNIFORM", "kaiming_uniform"]),
    ("HeNormal", ["he_normal", "HeNormal", "KaimingNormal"]),
    ("GlorotUniform", ["glorot_uniform", "glorotUniform", "xavier_uniform"]),
    ("GlorotNormal", ["glorot_normal", "GlorotNormal", "XavierNormal"]),
    ("LecunUniform", ["lecun_uniform", "LecunUniform"]),
    ("LecunNormal", ["lecun_normal", "LecunNormal"]),
    ("RandomUniform", ["uniform", "random_uniform", "RandomUniform"]),
    ("RandomNormal", ["normal", "random_normal", "RandomNormal"]),
    ("TruncatedNormal", ["truncated_normal", "TruncatedNormal"]),
    ("VarianceScaling", ["variance_scaling", "VarianceScaling"]),
    ("Zeros", ["zero", "zeros", "Zeros", "zeros_initializer"]),
    ("Ones", ["one", "ones", "Ones", "ONES"]),
    ("Constant", ["constant", "Constant"]),
    ("Identity", ["eye", "identity", "Identity", "IDENTITY"]),
    ("Orthogonal", ["orthogonal", "Orthogonal", "OrthogonalInitializer"]),
  ])
  func `all names of a class are one initializer`(className: String, names: [String]) throws {
    let expected = try registry.initializer(.string(className)).configuration
    #expect(expected.className == className)
    for name in names {
      #expect(try registry.initializer(.string(name)).configuration == expected)
      #expect(
        try registry.initializer(["class_name": .string(name)]).configuration == expected)
    }
  }

  @Test func `a whole Keras config object is accepted`() throws {
    let initializer = try parsed(
      """
      {"module": "keras.initializers", "class_name": "Orthogonal",
       "config": {"gain": 2, "seed": 7, "input_axes": null, "output_axes": null,
       "dtype": "float32"}, "registered_name": null, "build_config": {}}
      """)
    #expect(initializer.configuration.description == "Orthogonal(gain=2.0, seed=7)")
    #expect(initializer.seeding == .own(7))
  }

  @Test(arguments: [
    #"{"class_name": "HeUniform"}"#, #"{"class_name": "HeUniform", "config": null}"#,
    #"{"class_name": "HeUniform", "config": {}}"#,
    #"{"class_name": "HeUniform", "config": {"seed": null}}"#,
  ])
  func `an absent config has the defaults`(text: String) throws {
    let initializer = try parsed(text)
    #expect(initializer.configuration == VarianceScalingInitializer.heUniform().configuration)
    #expect(initializer.seeding == .graph)
  }

  @Test(
    arguments: [
      .zeros, .ones, .constant(0.1), .constant(-3), ConstantInitializer(1e300),
    ] as [ConstantInitializer])
  func `a constant comes back from its own configuration`(initializer: ConstantInitializer) throws {
    try expectRoundTrip(initializer)
  }

  @Test func `every initializer comes back from its own configuration`() throws {
    try expectRoundTrip(.uniform(in: -1..<2, seed: -7))
    try expectRoundTrip(.normal(mean: 1, standardDeviation: 3, seed: .min))
    try expectRoundTrip(.truncatedNormal(mean: -0.1, standardDeviation: 0.3, seed: .max))
    try expectRoundTrip(.orthogonal(gain: 1.5))
    try expectRoundTrip(.identity(gain: -2))
    try expectRoundTrip(.heNormal(seed: 1 << 53 + 1))
    for mode in VarianceScalingInitializer.Mode.allCases {
      for distribution in VarianceScalingInitializer.Distribution.allCases {
        try expectRoundTrip(
          VarianceScalingInitializer(scale: 0.1, mode: mode, distribution: distribution, seed: 3))
      }
    }
    try expectRoundTrip(ConstantInitializer(json: [[1, 2], [true, 0.5]]))
  }

  private func expectRoundTrip(
    _ initializer: some Initializer, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let text = initializer.configuration.json.canonicalText
    let back = try parsed(text)
    #expect(back.configuration.json.canonicalText == text, sourceLocation: sourceLocation)
    #expect(back.seeding == initializer.seeding, sourceLocation: sourceLocation)
  }

  @Test func `a negative zero comes back from its text`() throws {
    let text = ConstantInitializer(-0.0).configuration.json.canonicalText
    #expect(try parsed(text).configuration.json.canonicalText == text)
  }

  @Test func `normal is the older name of the truncated normal`() throws {
    let old = try parsed(#"{"class_name":"VarianceScaling","config":{"distribution":"normal"}}"#)
    let new = try parsed(
      #"{"class_name":"VarianceScaling","config":{"distribution":"truncated_normal"}}"#)
    #expect(old.configuration == new.configuration)
  }

  @Test func `an integer and a double are one parameter`() throws {
    #expect(
      try parsed(#"{"class_name":"Constant","config":{"value":1}}"#).configuration
        == ConstantInitializer(1).configuration)
  }

  @Test func `an unknown class is refused with the known ones`() {
    let error = failure(#""he_unifrom""#)
    #expect(error?.code == .unknownClass)
    #expect(
      error?.message == """
        There is no initializer "he_unifrom"; there are Zeros, Ones, Constant, RandomUniform, \
        RandomNormal, TruncatedNormal, VarianceScaling, GlorotUniform, GlorotNormal, HeUniform, \
        HeNormal, LecunUniform, LecunNormal, Orthogonal, Identity.
        Correct the name, or register an initializer of your own.
        """)
    #expect(error?.description == error?.message)
  }

  @Test func `what is neither a name nor a config object is refused`() {
    let error = failure("[1, 2]")
    #expect(error?.code == .malformedConfiguration)
    #expect(
      error?.message == """
        [1,2] is not an initializer: it is neither a name nor a config object.
        Write "he_uniform", or {"class_name": "HeUniform", "config": {"seed": 7}}.
        """)
  }

  @Test(arguments: [
    "null", "true", "7", "{}", #"{"class_name": 7}"#, #"{"config": {}}"#,
    #"{"class_name": "Zeros", "config": []}"#, #"{"class_name": "Zeros", "cfg": {}}"#,
  ])
  func `a config object of another form is refused`(text: String) {
    #expect(failure(text)?.code == .malformedConfiguration)
  }

  @Test(arguments: [
    (
      #"{"class_name": "he_uniform", "config": {"scale": 2}}"#,
      "HeUniform has no parameter \"scale\"; it has seed.\nRemove it or correct its name."
    ),
    (
      #"{"class_name": "Zeros", "config": {"value": 2}}"#,
      "Zeros has no parameter \"value\"; it has none.\nRemove it or correct its name."
    ),
    (
      #"{"class_name": "HeUniform", "config": {"seed": 9223372036854775808}}"#,
      """
      HeUniform needs seed to be null or a 64-bit integer, found 9.223372036854776e+18.
      Correct the parameter.
      """
    ),
    (
      #"{"class_name": "HeUniform", "config": {"seed": "7"}}"#,
      "HeUniform needs seed to be null or a 64-bit integer, found \"7\".\nCorrect the parameter."
    ),
    (
      #"{"class_name": "RandomNormal", "config": {"mean": true}}"#,
      "RandomNormal needs mean to be a finite number, found true.\nCorrect the parameter."
    ),
    (
      #"{"class_name": "VarianceScaling", "config": {"scale": 0}}"#,
      "VarianceScaling needs scale to be positive and finite, found 0.0.\nCorrect the parameter."
    ),
    (
      #"{"class_name": "VarianceScaling", "config": {"mode": 1}}"#,
      "VarianceScaling needs mode to be a string, found 1.\nCorrect the parameter."
    ),
    (
      #"{"class_name": "VarianceScaling", "config": {"mode": "fan"}}"#,
      """
      VarianceScaling needs mode to be one of fan_in, fan_out, fan_avg, found fan.
      Correct the parameter.
      """
    ),
    (
      #"{"class_name": "Constant", "config": {"value": "x"}}"#,
      "Constant needs value to be numbers, found \"x\".\nCorrect the parameter."
    ),
  ])
  func `a wrong parameter is refused by name`(text: String, message: String) {
    let error = failure(text)
    #expect(error?.code == .invalidParameter)
    #expect(error?.message == message)
  }

  @Test func `an unsuitable dtype is refused`() {
    let error = #expect(throws: InitializerError.self) {
      try VarianceScalingInitializer.heUniform().validate(Shape([2]), .int32, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableScalarType)
    #expect(
      error?.message == """
        HeUniform cannot make dtype int32; it makes float16, bfloat16, float32, float64.
        Choose one of these dtypes, or another initializer.
        """)
  }

  @Test func `a constant that the dtype does not hold is refused`() {
    let error = #expect(throws: InitializerError.self) {
      try ConstantInitializer(0.5).validate(Shape([2]), .uint8, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableScalarType)
    #expect(
      error?.message == """
        Constant has the value 0.5, which is not a value of dtype uint8.
        Choose a value that the dtype holds, or another dtype.
        """)
  }

  @Test func `an unsuitable rank is refused`() {
    let error = #expect(throws: InitializerError.self) {
      try IdentityInitializer().validate(Shape([2, 2, 2]), .float32, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableShape)
    #expect(
      error?.message == """
        Identity needs a shape of two axes, found [2, 2, 2] of rank 3.
        Choose such a shape, or another initializer.
        """)
  }

  @Test func `a list of another length than the shape is refused`() {
    let error = #expect(throws: InitializerError.self) {
      try ConstantInitializer(json: [1, 2, 3]).validate(Shape([2]), .float32, in: .tensorFlow)
    }
    #expect(error?.code == .unsuitableShape)
    #expect(
      error?.message == """
        Constant has a list of 3 values, and shape [2] needs 2.
        Give one value, or one for each element in row-major order.
        """)
  }

  @Test func `an initializer of one's own fails with its own message`() {
    let error = InitializerError(message: "Ramp needs an even size, found 3.\nChoose another.")
    #expect(error.code == .custom)
    #expect(error.message == "Ramp needs an even size, found 3.\nChoose another.")
  }

  @Test func `a registered class is made, and a taken name means the new one`() throws {
    var registry = InitializerRegistry.keras
    registry.register("Zeros", identifiers: ["my_zeros"]) { _ in ConstantInitializer.ones }
    #expect(try registry.initializer("MyZeros").configuration.className == "Ones")
    #expect(try registry.initializer("zeros").configuration.className == "Ones")
    #expect(try registry.initializer("zero").configuration.className == "Zeros")
    #expect(try InitializerRegistry.keras.initializer("zeros").configuration.className == "Zeros")
  }

  @Test func `a configuration is written as a call without its nulls`() throws {
    #expect(VarianceScalingInitializer.heUniform().configuration.description == "HeUniform()")
    #expect(
      try VarianceScalingInitializer(seed: 3).configuration.description
        == "VarianceScaling(distribution='truncated_normal', mode='fan_in', scale=1.0, seed=3)")
  }
}
