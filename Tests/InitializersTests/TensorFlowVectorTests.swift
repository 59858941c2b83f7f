import Foundation
import Nascent
import TensorMemory
import TestSupport
import Testing

/// What TensorFlow 2.21's `init_ops_v2` and Keras 3.15 on TensorFlow returned, bit for bit.
struct TensorFlowVectorTests {
  @Test(arguments: ["tensorflow.json", "tensorflow-other.json", "keras-tensorflow.json"])
  func `every initializer has the framework's bytes`(file: String) async throws {
    var compared = 0
    for vector in try ReferenceVector.load(file) where isExact(vector, file) {
      let tensor = try await tensor(of: vector)
      #expect(tensor.digest().hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared > 150)
  }

  @Test(arguments: ["tensorflow.json", "tensorflow-other.json"])
  func `stateless random functions have TensorFlow's bytes`(file: String) throws {
    var compared = 0
    for vector in try ReferenceVector.load(file) where vector.className == nil {
      let count = vector.shape.reduce(1, *)
      let stream = PhiloxStream(
        seed: SeedPair(
          UInt64(bitPattern: vector.seeds[0]), UInt64(bitPattern: vector.seeds[1])))
      let storage = try TensorStorage(byteCount: count * 4)
      storage.fill(0..<count * 4) { span in
        switch vector.call {
        case "tf.random.stateless_uniform":
          stream.fillUniform(&span, elements: 0..<count, from: 0, to: 1, as: .float32)
        case "tf.random.stateless_normal":
          stream.fillNormal(
            &span, elements: 0..<count, mean: 0, standardDeviation: 1, as: .float32)
        default:
          stream.fillTruncatedNormal(
            &span, elements: 0..<count, mean: 0, standardDeviation: 1, as: .float32)
        }
      }
      storage.seal()
      let digest = storage.withData(in: 0..<count * 4) { Digest(of: $0) }
      #expect(digest.hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared > 100)
  }

  /// TensorFlow decomposes in float32 by Eigen, we in double: each rounding of the library's
  /// Householder steps is at most ε/2, and a column is touched by at most n of them, so
  /// |difference| ≤ n · ε for a matrix whose condition is moderate; n is the number of columns.
  /// The sign convention is exact: a wrong sign would differ by 2 |q|.
  @Test(arguments: ["tensorflow.json", "tensorflow-other.json", "keras-tensorflow.json"])
  func `orthogonal matrices are TensorFlow's up to rounding`(file: String) async throws {
    var compared = 0
    for vector in try ReferenceVector.load(file)
    where vector.className == "Orthogonal" && vector.hex != nil {
      let expected = floats(vector.hex ?? "")
      let tensor = try await tensor(of: vector)
      let found = try tensor.array(of: Float.self)
      let columns = vector.shape.last ?? 1
      let narrow = min(columns, found.count / columns)
      // The condition number of a square normal matrix grows with n; 16 is its allowance.
      let tolerance = Float(narrow) * Float.ulpOfOne * 16
      let worst = zip(expected, found).map { abs($0 - $1) }.max() ?? 0
      #expect(worst <= tolerance, "\(vector): \(worst)")
      compared += 1
    }
    #expect(compared >= 5)
  }

  /// Keras writes `Identity` without its gain, so its rows do not say what was called.
  private func isExact(_ vector: ReferenceVector, _ file: String) -> Bool {
    guard let name = vector.className, name != "Orthogonal" else { return false }
    return !(file == "keras-tensorflow.json" && name == "Identity")
  }

  private func tensor(of vector: ReferenceVector) async throws -> Tensor {
    let config = try JSONValue(parsing: vector.config)
    let initializer = try InitializerRegistry.keras.initializer(
      .object(["class_name": .string(vector.className ?? ""), "config": config]))
    var graph = VariableGraph()
    let type = try #require(ScalarType(rawValue: vector.dtype))
    try declare(initializer, vector.shape, type, in: &graph)
    return try await Runtime(graph: graph).value(of: "v")
  }

  private func declare(
    _ initializer: some Initializer, _ shape: [Int], _ type: ScalarType,
    in graph: inout VariableGraph
  ) throws {
    try graph.declare("v", shape: shape, dtype: type, initializer: initializer)
  }

  private func floats(_ hex: String) -> [Float] {
    let digits = hex.compactMap(\.hexDigitValue)
    let bytes = stride(from: 0, to: digits.count, by: 2).map {
      UInt32(digits[$0] << 4 | digits[$0 + 1])
    }
    return stride(from: 0, to: bytes.count, by: 4).map { start in
      let pattern =
        bytes[start] | bytes[start + 1] << 8 | bytes[start + 2] << 16 | bytes[start + 3] << 24
      return Float(bitPattern: pattern)
    }
  }
}
