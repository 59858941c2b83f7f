import Foundation
import Nascent
import TestSupport
import Testing

/// What JAX 0.10.2 returned for all four formats, both modes of Threefry, axes and bounds, with seeds
/// beyond 32 bits; see `Tests/Vectors/make_jax.py`.
struct JAXMoreVectorTests {
  private struct Row: Decodable {
    let dialect: String
  }

  private func rows() throws -> [(vector: ReferenceVector, dialect: Dialect)] {
    let url = ProjectFiles.root.appending(path: "Tests/Vectors/jax-more.json")
    let dialects = try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
    return try zip(ReferenceVector.load("jax-more.json"), dialects).map {
      ($0, try Dialect(named: $1.dialect))
    }
  }

  @Test func `formats, modes, axes and bounds have JAX's bytes`() async throws {
    var compared = 0
    for (vector, dialect) in try rows() where vector.className != nil {
      guard case .object(var config) = try JSONValue(parsing: vector.config) else { continue }
      let isConstant = ["constant", "zeros", "ones"].contains { vector.call.hasSuffix($0) }
      if !isConstant { config["seed"] = .integer(vector.seeds[0]) }
      let tensor = try await SingleVariable.tensor(
        vector.call, config, shape: vector.shape,
        dtype: try #require(ScalarType(rawValue: vector.dtype)), dialect: dialect)
      #expect(tensor.digest().hex == vector.sha256, "\(vector) \(dialect)")
      compared += 1
    }
    #expect(compared == 339)
  }

  @Test func `keys of wide seeds and of the older mode are JAX's`() throws {
    var compared = 0
    for (vector, dialect) in try rows() where vector.className == nil {
      let key = ThreefryKey(seed: vector.seeds[0], isPartitionable: dialect.isPartitionable)
      let found =
        switch vector.call {
        case "jax.random.split5":
          (0..<5).map { key.split(into: 5, at: $0) }.flatMap { [$0.first, $0.second] }
        case "jax.random.fold_in_9": [key.folding(9).first, key.folding(9).second]
        default: ThreefryStream(key: key).bits(0..<7, of: 7)
        }
      #expect(found == vector.words, "\(vector) \(dialect)")
      compared += 1
    }
    #expect(compared == 18)
  }
}
