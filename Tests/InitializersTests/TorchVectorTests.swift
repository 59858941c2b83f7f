import Foundation
import Nascent
import TestSupport
import Testing

/// What PyTorch 2.13's `torch.nn.init` and Keras 3.15 on PyTorch returned, bit for bit.
struct TorchVectorTests {
  @Test func `every function has PyTorch's bytes`() async throws {
    var compared = 0
    for vector in try ReferenceVector.load("torch.json") where !isOrthogonal(vector) {
      let tensor = try await tensor(of: vector)
      #expect(tensor.digest().hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared == 478)
  }

  @Test func `every class of Keras on PyTorch has its bytes`() async throws {
    var compared = 0
    for vector in try ReferenceVector.load("keras-torch.json") where !isOrthogonal(vector) {
      let tensor = try await tensor(of: vector)
      #expect(tensor.digest().hex == vector.sha256, "\(vector)")
      compared += 1
    }
    #expect(compared == 246)
  }

  /// PyTorch decomposes in float32 by LAPACK, we in double: a column is touched by at most n
  /// reflections of error ε/2 each, so |difference| ≤ n · ε for a matrix of moderate condition; 16 is
  /// the allowance for that of a square normal matrix. Signs are exact: a wrong one would differ by
  /// 2 |q|.
  @Test(arguments: ["torch.json", "keras-torch.json"])
  func `orthogonal matrices are PyTorch's up to rounding`(file: String) async throws {
    var compared = 0
    for vector in try ReferenceVector.load(file) where isOrthogonal(vector) {
      let found = try await tensor(of: vector).array(of: Float.self)
      let columns = file == "torch.json" ? vector.shape[0] : vector.shape[vector.shape.count - 1]
      let narrow = min(columns, found.count / columns)
      // The first and the last values of rows that are not recorded whole.
      let (head, tail) = (vector.head ?? vector.floats, vector.tail ?? [])
      let pairs = Array(zip(head, found)) + zip(tail, found.suffix(tail.count))
      let worst = pairs.map { abs($0 - $1) }.max() ?? .infinity
      #expect(worst <= Float(narrow) * Float.ulpOfOne * 16, "\(vector): \(worst)")
      compared += 1
    }
    #expect(compared == (file == "torch.json" ? 12 : 6))
  }

  private func isOrthogonal(_ vector: ReferenceVector) -> Bool {
    vector.className?.lowercased().hasPrefix("orthogonal") == true
  }

  private func tensor(of vector: ReferenceVector) async throws -> Tensor {
    guard case .object(var config) = try JSONValue(parsing: vector.config) else {
      throw InitializerError(message: "no config in \(vector)")
    }
    var name = try #require(vector.className)
    if vector.call.hasPrefix("torch") {
      name = vector.call
      let draws = !["dirac_", "eye_"].contains(vector.className)
      if draws { config["seed"] = .integer(vector.seeds[0]) }
    } else if name == "Identity" {
      // Keras does not write the gain that was called with.
      config["gain"] = 1.5
    }
    return try await SingleVariable.tensor(
      name, config, shape: vector.shape, dtype: #require(ScalarType(rawValue: vector.dtype)),
      dialect: .pyTorch)
  }
}
