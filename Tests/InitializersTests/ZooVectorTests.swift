import Foundation
import Nascent
import TestSupport
import Testing

/// What NumPy, SciPy, TensorFlow and JAX gave for the formulas; see `Tests/Vectors/make_zoo.py`.
struct ZooVectorTests {
  private static let classNames = [
    "GlorotUniform", "VarianceScaling", "DepthScaledNormal", "SmallInit", "WangInit", "Fixup",
    "TFixup", "DeepNorm", "MuP", "Siren", "LoRA", "MambaDtProjection", "ZerO", "IDInit", "Dirac",
    "ForgetGateBias", "LayerScale", "ReZero", "HiPPO", "S4D", "S4DLogStep", "MambaALog",
    "MambaDtBias", "Mamba2ALog", "SinusoidalTable", "RotaryTable", "Linspace", "Range", "OneHot",
    "Sparse", "DeltaOrthogonal", "STFT",
  ]

  @Test(arguments: classNames)
  func `every value is the reference's`(className: String) async throws {
    var compared = 0
    for vector in try ZooVector.load()
    where vector.className == className && isAvailable(vector.dialect) {
      let tensor = try await tensor(of: vector)
      if vector.ulps == 0, vector.absolute == 0 {
        #expect(tensor.data() == vector.bytes, "\(vector)")
      } else {
        expectClose(try tensor.array(of: Double.self), vector)
      }
      compared += 1
    }
    #expect(compared >= 4)
  }

  @Test func `every row of the file belongs to a class that is compared`() throws {
    let vectors = try ZooVector.load()
    #expect(vectors.count > 900)
    #expect(Set(vectors.map(\.className)) == Set(Self.classNames))
  }

  @Test func `a part alone is that part of the whole`() async throws {
    for vector in try ZooVector.load()
    where isAvailable(vector.dialect) && vector.scalarType == .float32 {
      let graph = try graph(of: vector)
      let count = vector.shape.reduce(1, *)
      guard graph.variables[0].isElementwise, count > 2 else { continue }
      let part = count / 3..<count - count / 5
      let slice = try await Runtime(graph: graph).slice(of: "v", part)
      #expect(
        slice.data() == vector.bytes[part.lowerBound * 4..<part.upperBound * 4], "\(vector)")
    }
  }

  @Test func `every configuration reads back as it was written`() throws {
    for vector in try ZooVector.load() {
      let initializer = try vector.initializer()
      let again = try InitializerRegistry.standard.initializer(initializer.configuration.json)
      #expect(again.configuration == initializer.configuration)
      #expect(again.seeding == initializer.seeding)
    }
  }

  private func isAvailable(_ dialect: String) -> Bool {
    Dialect.all.contains { $0.name == dialect }
  }

  private func graph(of vector: ZooVector) throws -> VariableGraph {
    var graph = VariableGraph(dialect: try Dialect(named: vector.dialect))
    try declare(vector.initializer(), vector, in: &graph)
    return graph
  }

  private func declare(
    _ initializer: some Initializer, _ vector: ZooVector, in graph: inout VariableGraph
  ) throws {
    try graph.declare(
      "v", shape: vector.shape, dtype: vector.scalarType, initializer: initializer)
  }

  private func tensor(of vector: ZooVector) async throws -> Tensor {
    try await Runtime(graph: graph(of: vector)).value(of: "v")
  }

  private func expectClose(
    _ found: [Double], _ vector: ZooVector, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = (try? vector.expected()) ?? []
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    for (a, b) in zip(found, expected) {
      let tolerance = vector.ulps * b.ulp + vector.absolute
      #expect(abs(a - b) <= tolerance, "\(vector): \(a), \(b)", sourceLocation: sourceLocation)
    }
  }
}
