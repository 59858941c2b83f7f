internal import Foundation
internal import Tensors
internal import VariableGraph

/// Reads the members of a bundle or of a statement, and says which one is not as it must be.
struct StatementReader {
  /// The name of the bundle's file.
  let file: String

  func document(_ data: Data, _ what: String) throws -> JSONValue {
    do {
      return try JSONValue(parsing: data)
    } catch {
      throw SigningError.malformed(file, because: "its \(what) is not JSON: \(error)")
    }
  }

  func object(_ value: JSONValue?, _ name: String) throws -> [String: JSONValue] {
    guard case .object(let members)? = value else { throw failure(name, "an object") }
    return members
  }

  func list(_ value: JSONValue?, _ name: String) throws -> [JSONValue] {
    guard case .array(let values)? = value else { throw failure(name, "a list") }
    return values
  }

  func text(_ value: JSONValue?, _ name: String) throws -> String {
    guard case .string(let text)? = value else { throw failure(name, "a text") }
    return text
  }

  func base64(_ value: JSONValue?, _ name: String) throws -> Data {
    guard let data = Data(base64Encoded: try text(value, name)) else {
      throw failure(name, "a text in Base64")
    }
    return data
  }

  func digest(_ value: JSONValue?, _ name: String) throws -> Digest {
    guard let digest = try? Digest(hex: text(value, name)) else {
      throw failure(name, "a SHA-256 of 64 hexadecimal digits")
    }
    return digest
  }

  private func failure(_ name: String, _ wanted: String) -> SigningError {
    SigningError.malformed(file, because: "\(name) is missing or not \(wanted)")
  }
}
