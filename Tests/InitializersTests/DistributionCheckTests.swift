import Foundation
import Nascent
import TestSupport
import Testing

/// Values compared with what their initializers promise.
struct DistributionCheckTests {
  /// What is drawn in one dialect.
  struct Family: Sendable, CustomTestStringConvertible {
    let name: String
    let initializer: any Initializer
    let dialect: Dialect
    let shape: [Int]
    let dtype: ScalarType

    init(
      name: String, initializer: some Initializer, dialect: Dialect = .tensorFlow,
      shape: [Int] = [64, 33], dtype: ScalarType = .float32
    ) {
      self.name = name
      self.initializer = initializer
      self.dialect = dialect
      self.shape = shape
      self.dtype = dtype
    }

    var testDescription: String { "\(name), \(dialect), \(dtype)" }

    func variable() throws -> Variable {
      var graph = VariableGraph(dialect: dialect)
      try graph.declare("v", shape: shape, dtype: dtype, initializer: initializer)
      return try graph.variable(named: "v")
    }
  }

  /// Every kind of promise that chance plays a part in.
  static let families: [Family] = [
    Family(name: "uniform", initializer: .heUniform()),
    Family(name: "uniform off the middle", initializer: RandomUniformInitializer(in: 1..<4)),
    Family(name: "normal", initializer: .normal()),
    Family(name: "normal of few", initializer: .normal(), shape: [97]),
    Family(name: "uniform of few", initializer: .uniform(), shape: [97]),
    Family(name: "one normal", initializer: .normal(), shape: []),
    Family(name: "truncated", initializer: .heNormal()),
    Family(name: "truncated of few", initializer: .heNormal(), shape: [9, 8]),
    Family(name: "uniform", initializer: .heUniform(), dialect: .jax),
    Family(name: "normal", initializer: .normal(), dialect: .jax),
    Family(name: "truncated", initializer: .lecunNormal(), dialect: .jax),
    Family(
      name: "cut to one side",
      initializer: JAXRandomInitializer(.truncatedNormal(lower: 0.5, upper: 3), factor: 0.02),
      dialect: .jax),
    Family(name: "uniform, half", initializer: .heUniform(), dtype: .float16),
    Family(name: "normal, brain", initializer: .normal(), dialect: .jax, dtype: .bfloat16),
    Family(
      name: "sparse", initializer: TorchSparseInitializer(sparsity: 0.25), dialect: .pyTorch,
      shape: [88, 40]),
    Family(
      name: "uniform", initializer: TorchKaimingInitializer(isUniform: true), dialect: .pyTorch),
    Family(name: "truncated by four draws", initializer: .heNormal(), dialect: .pyTorch),
    Family(name: "normal", initializer: TorchNormalInitializer(), dialect: .pyTorch),
    Family(name: "orthogonal", initializer: .orthogonal(), shape: [7, 5]),
  ]

  /// Moments of what an initializer makes of a seed.
  static func moments(_ variable: Variable, seed: Int64) throws -> Moments {
    let random: RandomSource =
      switch variable.dialect.framework {
      case .tensorFlow: .philox(SeedPair(seed: seed))
      case .jax: .threefry(ThreefryKey(seed: seed))
      case .pyTorch: .mersenneTwister(MersenneTwisterState(seed: UInt64(bitPattern: seed)))
      }
    let storage = try TensorStorage(byteCount: variable.byteCount)
    let count = variable.shape.elementCount
    try storage.fill(0..<variable.byteCount) { span in
      try variable.initializer.fill(
        &span, elements: 0..<count,
        of: FillTarget(
          name: variable.name, shape: variable.shape, scalarType: variable.scalarType,
          dialect: variable.dialect, random: random))
    }
    storage.seal()
    return storage.withBytes { Moments(of: $0, as: variable.scalarType.measurable) }
  }

  /// `make guard` takes 10,000, which is minutes.
  static let seedCount =
    ProcessInfo.processInfo.environment["NASCENT_GUARD_SEEDS"].flatMap(Int.init) ?? 300

  /// With a rate below 10⁻⁶ a variable, 10⁴ seeds give an alarm in one of a hundred families. Of each
  /// test's scores one in a thousand lies beyond 3.29: with four tests of n seeds 0.004 n are expected,
  /// and six deviations more are allowed.
  @Test(arguments: families)
  func `no seed gives a false alarm`(family: Family) throws {
    let variable = try family.variable()
    let promise = try #require(variable.promise)
    var alarms = 0
    var largest = 0.0
    var unlikely = 0
    for seed in 0..<Int64(Self.seedCount) {
      let check = DistributionCheck(
        promise, of: try Self.moments(variable, seed: seed), as: variable.scalarType)
      if check.verdict != .fits { alarms += 1 }
      for score in check.findings.compactMap(\.score) {
        largest = max(largest, abs(score))
        if abs(score) > 3.29 { unlikely += 1 }
      }
    }
    print(
      "guard: \(family.testDescription), \(alarms) alarms in \(Self.seedCount) seeds,",
      "\(unlikely) scores beyond",
      "3.29, the largest \((largest * 100).rounded() / 100)")
    #expect(alarms == 0)
    let expected = 0.004 * Double(Self.seedCount)
    #expect(Double(unlikely) <= expected + 6 * expected.squareRoot())
  }

  /// Half a million elements show what the grid of a dtype does to the moments: in float32 nothing that can
  /// be measured, in 16 bits more than chance does, in every dialect differently.
  @Test(arguments: [ScalarType.float16, .bfloat16, .float32, .float64])
  func `large values of every dtype fit`(dtype: ScalarType) throws {
    let shape = [512, 1024]
    for dialect in [Dialect.tensorFlow, .jax, .pyTorch] {
      let families = [
        Family(
          name: "uniform", initializer: .heUniform(), dialect: dialect, shape: shape,
          dtype: dtype),
        Family(
          name: "off the middle", initializer: RandomUniformInitializer(in: 1..<4),
          dialect: dialect, shape: shape, dtype: dtype),
        Family(
          name: "normal", initializer: .normal(), dialect: dialect, shape: shape, dtype: dtype),
        Family(
          name: "truncated", initializer: .heNormal(), dialect: dialect, shape: shape,
          dtype: dtype),
      ]
      for family in families {
        let variable = try family.variable()
        let check = variable.check(try Self.moments(variable, seed: 3))
        #expect(
          check.verdict == .fits, "\(family.testDescription): \(check.reason ?? "")")
      }
    }
  }

  /// A mistake: what is promised, and what is made in its place.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let promised: any Initializer
    let made: any Initializer
    let shape: [Int]
    let dtype: ScalarType

    init(
      _ testDescription: String, promised: some Initializer, made: some Initializer,
      shape: [Int] = [784, 128], dtype: ScalarType = .float32
    ) {
      self.testDescription = testDescription
      self.promised = promised
      self.made = made
      self.shape = shape
      self.dtype = dtype
    }
  }

  private static func mistakes() throws -> [Mistake] {
    let fanOut = try VarianceScalingInitializer(scale: 2, mode: .fanOut)
    let limit = 0.3 / 3.0.squareRoot()
    let wide = 0.3 * 3.0.squareRoot()
    return [
      Mistake(
        "He by fanOut", promised: .heNormal(),
        made: fanOut),
      Mistake(
        "He by fanOut, bfloat16", promised: .heUniform(),
        made: try VarianceScalingInitializer(
          scale: 2, mode: .fanOut, distribution: .uniform),
        dtype: .bfloat16),
      Mistake(
        "He for Glorot of nearly square", promised: .glorotUniform(),
        made: .lecunUniform(), shape: [512, 480]),
      Mistake(
        "the deviation as variance",
        promised: RandomNormalInitializer(standardDeviation: 0.05),
        made: RandomNormalInitializer(standardDeviation: 0.05.squareRoot())),
      Mistake(
        "a limit without √3", promised: RandomUniformInitializer(in: -0.3..<0.3),
        made: RandomUniformInitializer(in: -limit..<limit)),
      Mistake(
        "a limit of √3 too much, 100 elements",
        promised: RandomUniformInitializer(in: -0.3..<0.3),
        made: RandomUniformInitializer(in: -wide..<wide),
        shape: [100]),
      Mistake(
        "cut off without correction",
        promised: try VarianceScalingInitializer(
          scale: 2, mode: .fanIn, distribution: .untruncatedNormal),
        made: RandomNormalInitializer(
          standardDeviation: (2.0 / 784).squareRoot(), isTruncated: true)),
      Mistake(
        "a uniform of the same deviation",
        promised: RandomNormalInitializer(standardDeviation: 1),
        made: RandomUniformInitializer(in: -3.0.squareRoot()..<3.0.squareRoot()),
        shape: [64, 64]),
      Mistake(
        "from 0 on", promised: RandomUniformInitializer(in: -0.05..<0.05),
        made: RandomUniformInitializer(in: 0..<0.05), shape: [100]),
      Mistake(
        "another constant", promised: .constant(0.1), made: .constant(0.1001),
        shape: [3]),
      Mistake(
        "a tenth of the gain", promised: .orthogonal(),
        made: .orthogonal(gain: 0.9), shape: [64, 64]),
      Mistake(
        "no identity", promised: .identity(gain: 2), made: .identity(gain: 1.99),
        shape: [10, 12]),
    ]
  }

  @Test(arguments: try mistakes())
  func `a classic mistake is found`(mistake: Mistake) throws {
    func variable(_ initializer: some Initializer) throws -> Variable {
      var graph = VariableGraph()
      try graph.declare(
        "v", shape: mistake.shape, dtype: mistake.dtype, initializer: initializer)
      return try graph.variable(named: "v")
    }
    let promise = try variable(mistake.promised).promise
    for seed in 0..<Int64(20) {
      let moments = try Self.moments(variable(mistake.made), seed: seed)
      let check = DistributionCheck(promise, of: moments, as: mistake.dtype)
      #expect(check.verdict == .deviates, "seed \(seed)")
      #expect(check.reason != nil)
    }
  }

  @Test func `values that are not finite are never promised`() {
    var moments = Moments()
    moments.notFiniteCount = 1
    let check = DistributionCheck(
      .normal(mean: 0, standardDeviation: 1), of: moments, as: .float32)
    #expect(check.verdict == .deviates)
    #expect(check.reason == "values that are not finite 1.0 where 0.0 is promised")
  }

  @Test func `an outlier of a normal is found`() {
    var moments = Moments(of: [Double](repeating: 0, count: 50).span.bytes, as: .float64)
    moments.maximum = 9
    let check = DistributionCheck(
      .normal(mean: 0, standardDeviation: 1), of: moments, as: .float64)
    #expect(
      check.reason == "largest distance from the mean, in deviations, 9.0")
  }

  @Test func `where nothing is promised nothing is checked`() {
    let moments = Moments(of: [1.0, 2].span.bytes, as: .float64)
    #expect(DistributionCheck(nil, of: moments, as: .float64).verdict == .notChecked)
    let empty = DistributionCheck(.constant(1), of: Moments(), as: .float64)
    #expect(empty.verdict == .notChecked)
    let unbounded = ValueDistribution.uniform(low: -.infinity, high: 1)
    #expect(DistributionCheck(unbounded, of: moments, as: .float64).verdict == .notChecked)
    let within = DistributionCheck(.within(1...2), of: moments, as: .float64)
    #expect(within.verdict == .fits)
    #expect(DistributionCheck(.within(1.5...2), of: moments, as: .float64).verdict == .deviates)
  }
}
