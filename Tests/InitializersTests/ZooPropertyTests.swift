import Nascent
import TestSupport
import Testing

/// What the papers promise of their initial values.
struct ZooPropertyTests {
  private func values(
    _ initializer: some Initializer, _ shape: [Int], dtype: ScalarType = .float64
  ) async throws -> [Double] {
    var graph = VariableGraph(seed: 5)
    try graph.declare("v", shape: shape, dtype: dtype, initializer: initializer)
    return try await Runtime(graph: graph).value(of: "v").doubles()
  }

  /// A Hadamard matrix has orthogonal columns; entries are ±2^(−m/2) rounded once (ε/2), so a sum of
  /// n products of two has an error of at most n · 2^−m · 2 ε ≤ 2 ε.
  @Test(arguments: [(8, 3), (16, 16), (64, 40), (2, 1)])
  func `columns of ZerO are orthonormal for a power of two`(rows: Int, columns: Int) async throws {
    let matrix = try await values(ZerOInitializer(layout: WeightLayout(.outIn)), [rows, columns])
    for a in 0..<columns {
      for b in 0..<columns {
        let product = (0..<rows).reduce(0.0) {
          $0 + matrix[$1 * columns + a] * matrix[$1 * columns + b]
        }
        #expect(abs(product - (a == b ? 1 : 0)) <= 2 * .ulpOfOne)
      }
    }
  }

  @Test func `an identity convolution gives its input back`() async throws {
    let kernel = try await values(DiracInitializer(layout: WeightLayout(.oihw)), [2, 2, 3, 3])
    let image = (0..<32).map { Double($0 * $0 % 17) }
    for output in 0..<2 {
      for y in 0..<4 {
        for x in 0..<4 {
          var sum = 0.0
          for input in 0..<2 {
            for (dy, dx) in [-1, 0, 1].flatMap({ dy in [-1, 0, 1].map { (dy, $0) } })
            where 0..<4 ~= y + dy && 0..<4 ~= x + dx {
              let weight = kernel[((output * 2 + input) * 3 + dy + 1) * 3 + dx + 1]
              sum += weight * image[(input * 4 + y + dy) * 4 + x + dx]
            }
          }
          #expect(sum == image[(output * 4 + y) * 4 + x])
        }
      }
    }
  }

  /// Rows of values v and −v: where all inputs are equal, differences are 0 exactly.
  @Test(arguments: [[4, 4], [9, 4], [3, 8], [1, 5], [2, 3], [5, 3, 2, 2]])
  func `the end of a branch of IDInit takes differences and leaves no output without a weight`(
    shape: [Int]
  ) async throws {
    let layout = try WeightLayout(shape.count == 2 ? .outIn : .oihw)
    let matrix = try await values(IDInitInitializer(.zero, layout: layout), shape)
    let columns = matrix.count / shape[0]
    for row in 0..<shape[0] {
      let weights = matrix[row * columns..<(row + 1) * columns].filter { $0 != 0 }
      #expect(weights.sorted() == [-1e-6, 1e-6])
    }
  }

  @Test func `every unit of a sparse weight has its number of connections`() async throws {
    for (layout, shape) in [(WeightLayout.Name.outIn, [30, 100]), (.inOut, [100, 30])] {
      let initializer = try SparseInitializer(connections: 15, layout: WeightLayout(layout))
      let matrix = try await values(initializer, shape)
      for unit in 0..<30 {
        let row = (0..<100).map { matrix[layout == .outIn ? unit * 100 + $0 : $0 * 30 + unit] }
        #expect(row.count { $0 != 0 } == 15)
      }
      #expect(
        initializer.locality(in: .tensorFlow) == (layout == .outIn ? .row : .tensor))
    }
  }

  /// The softplus of the bias is log-uniform between the bounds; a mean of n samples of U(0, 1) has the
  /// deviation 1/√(12 n), and five of them are allowed.
  @Test func `softplus of Mamba's bias is log-uniform`() async throws {
    let count = 20_000
    let bias = try await values(MambaStepBiasInitializer(seed: 1), [count])
    let (low, high) = (PortableMath.log(0.001), PortableMath.log(0.1))
    let shares = bias.map { value in
      (PortableMath.log(PortableMath.log(1 + PortableMath.exp(value))) - low) / (high - low)
    }
    #expect(shares.allSatisfy { $0 > -1e-9 && $0 < 1 + 1e-9 })
    let mean = shares.reduce(0, +) / Double(count)
    #expect(abs(mean - 0.5) <= 5 / (12 * Double(count)).squareRoot())
  }

  /// HiPPO-LegS has the eigenvalues −1 … −N: it is lower triangular with them on its diagonal.
  @Test func `HiPPO's LegS matrix is triangular with the integers on its diagonal`() async throws {
    let matrix = try await values(HiPPOInitializer(.a, measure: .legS), [6, 6])
    for n in 0..<6 {
      #expect(matrix[n * 6 + n] == -Double(n + 1))
      for k in n + 1..<6 where k < 6 { #expect(matrix[n * 6 + k] == 0) }
    }
  }

  /// sin² + cos² of one angle; each is rounded once, to half a unit of a number below 1.
  @Test func `sines and cosines of a position lie on the unit circle`() async throws {
    let table = try await values(SinusoidalTableInitializer(), [300, 32])
    for pair in 0..<300 * 16 {
      let (sine, cosine) = (table[2 * pair], table[2 * pair + 1])
      #expect(abs(sine * sine + cosine * cosine - 1) <= 4 * .ulpOfOne)
    }
  }

  @Test func `deviations are those that the formulas say`() async throws {
    // The deviation of n normal samples has the relative deviation 1/√(2 n); five are allowed.
    let shape = [256, 512]
    let count = Double(256 * 512)
    let initializers: [any DistributionInitializer] = [
      try DepthScaledNormalInitializer(layers: 12), try SmallInitializer(width: 512),
      try WangInitializer(width: 512, layers: 12),
      try FixupInitializer(branches: 54, layout: WeightLayout(.inOut)),
      try DeepNormInitializer(
        encoderLayers: 6, decoderLayers: 6, part: .encoder, layout: WeightLayout(.inOut)),
      try MuPInitializer(
        standardDeviation: 0.02, baseShape: [64, 128], layout: WeightLayout(.inOut)),
      try SirenInitializer(layout: WeightLayout(.inOut)),
    ]
    for initializer in initializers {
      let sample = try await sample(initializer, shape)
      let expected = try initializer.distribution(for: Shape(shape)).standardDeviation
      let found = (sample.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
      #expect(
        abs(found / expected - 1) <= 5 / (2 * count).squareRoot(),
        "\(initializer.configuration)")
    }
  }

  private func sample(_ initializer: some Initializer, _ shape: [Int]) async throws -> [Double] {
    try await values(initializer, shape, dtype: .float32)
  }

  @Test func `an empty weight is made by every initializer that a layout fits`() async throws {
    let registry = InitializerRegistry.standard
    for name in [
      "ZerO", "IDInit", "Dirac", "Siren", "Sparse", "DeltaOrthogonal", "LoRA", "DeepNorm",
    ] {
      for shape in [[0, 5, 3], [3, 0, 4], [3, 4, 0]] {
        let initializer = try registry.initializer(
          [
            "class_name": .string(name),
            "config": name == "DeepNorm"
              ? ["layout": "oihw", "encoder_layers": 2] : ["layout": "oihw"],
          ])
        var graph = VariableGraph()
        // More inputs than outputs are refused by some; no shape may trap.
        guard (try? declare(initializer, shape, in: &graph)) != nil else { continue }
        #expect(try await Runtime(graph: graph).value(of: "v").byteCount == 0)
      }
    }
  }

  private func declare(
    _ initializer: some Initializer, _ shape: [Int], in graph: inout VariableGraph
  ) throws {
    try graph.declare("v", shape: shape, initializer: initializer)
  }

  @Test func `shapes of enormous axes are refused or made, and never trap`() async throws {
    let huge = Int.max
    for name in InitializerRegistry.standard.entries.map(\.className) {
      guard let initializer = try? InitializerRegistry.standard.initializer(.string(name)) else {
        continue
      }
      for shape in [[0, huge], [huge, 0], [0, huge, 1, 1], [0], [], [1, 1, 0, 1], [0, 0, 0]] {
        var graph = VariableGraph()
        guard (try? declare(initializer, shape, in: &graph)) != nil else { continue }
        if !shape.isEmpty {
          _ = try? await Runtime(graph: graph).value(of: "v")
        }
        _ = try graph.explanation(of: "v").lines
      }
    }
  }
}
