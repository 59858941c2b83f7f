import Foundation
import Nascent
import TestSupport
import Testing

/// What JAX 0.10.2 and Keras 3.15 on JAX returned on an x86-64 CPU, bit for bit.
struct JAXVectorTests {
  @Test func `every function of jax.nn.initializers has JAX's bytes`() async throws {
    var compared = 0
    for vector in try ReferenceVector.load("jax.json")
    where vector.className != nil && !vector.call.hasSuffix("orthogonal") {
      var config = try parameters(of: vector)
      config["seed"] = .integer(vector.seeds[0])
      let tensor = try await tensor(vector, vector.call, config, .tensorFlow)
      #expect(tensor.digest().hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared == 342)
  }

  @Test func `every class of Keras has the bytes of Keras on JAX`() async throws {
    var compared = 0
    for vector in try ReferenceVector.load("keras-jax.json")
    where vector.className != "Orthogonal" {
      var config = try parameters(of: vector)
      // Keras writes Identity without its gain; the rows were called with this one.
      if vector.className == "Identity" { config["gain"] = 1.5 }
      let tensor = try await tensor(vector, vector.className ?? "", config, .jax)
      #expect(tensor.digest().hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared == 246)
  }

  @Test func `split, fold_in and bits have JAX's words`() throws {
    var compared = 0
    for vector in try ReferenceVector.load("jax.json") where vector.className == nil {
      let key = ThreefryKey(seed: vector.seeds[0])
      let found =
        switch vector.call {
        case "jax.random.split5":
          (0..<5).map { key.split(into: 5, at: $0) }.flatMap { [$0.first, $0.second] }
        case "jax.random.fold_in_9": [key.folding(9).first, key.folding(9).second]
        default: ThreefryStream(key: key).bits(0..<37, of: 37)
        }
      #expect(found == vector.words, "\(vector)")
      compared += 1
    }
    #expect(compared == 6)
  }

  /// JAX decomposes in float32 by LAPACK, we in double; the bound is that of the TensorFlow test:
  /// n · ε with an allowance of 16 for the condition of a square normal matrix. A wrong sign would
  /// differ by 2 |q|.
  @Test(arguments: ["jax.json", "keras-jax.json"])
  func `orthogonal matrices are JAX's up to rounding`(file: String) async throws {
    var compared = 0
    for vector in try ReferenceVector.load(file)
    where vector.call.lowercased().hasSuffix("orthogonal") {
      var config = try parameters(of: vector)
      config["seed"] = .integer(vector.seeds[0])
      let isKeras = file.hasPrefix("keras")
      let tensor = try await tensor(
        vector, isKeras ? vector.className ?? "" : vector.call, config, .jax)
      let found = try tensor.array(of: Float.self)
      let columns = vector.shape.last ?? 1
      let tolerance = Float(min(columns, found.count / columns)) * Float.ulpOfOne * 16
      let (head, tail) = (vector.head ?? vector.floats, vector.tail ?? [])
      let pairs = Array(zip(head, found)) + zip(tail, found.suffix(tail.count))
      let worst = pairs.map { abs($0 - $1) }.max() ?? 0
      #expect(!pairs.isEmpty && worst <= tolerance, "\(vector): \(worst)")
      compared += 1
    }
    #expect(compared == (file == "jax.json" ? 18 : 6))
  }

  private func parameters(of vector: ReferenceVector) throws -> [String: JSONValue] {
    guard case .object(let config) = try JSONValue(parsing: vector.config) else { return [:] }
    return config
  }

  private func tensor(
    _ vector: ReferenceVector, _ className: String, _ config: [String: JSONValue],
    _ dialect: Dialect
  ) async throws -> Tensor {
    try await SingleVariable.tensor(
      className, config, shape: vector.shape,
      dtype: try #require(ScalarType(rawValue: vector.dtype)), dialect: dialect)
  }
}
