public import Foundation
import Nascent

/// What a framework returned for one call of an initializer; a row of `Tests/Vectors/*.json`.
public struct ReferenceVector: Decodable, Sendable, CustomStringConvertible {
  /// The framework's own name of the call.
  public let call: String
  /// The Keras class; `nil` for a plain random function.
  public let className: String?
  /// The Keras config as JSON.
  public let config: Data
  /// The seed of a class, or the pair of seeds of a random function.
  public let seeds: [Int64]
  /// The size of each axis.
  public let shape: [Int]
  /// The name of the dtype.
  public let dtype: String
  /// The SHA-256 of the raw little-endian bytes.
  public let sha256: String
  /// All bytes as hexadecimal digits, up to 64 elements.
  public let hex: String?
  /// The first values of a row of more than 64 elements, where they are of float32.
  public let head: [Float]?
  /// The last values of such a row.
  public let tail: [Float]?

  private enum Keys: String, CodingKey {
    case call, config, seed, shape, dtype, sha256, hex, head, tail
    case className = "class_name"
  }

  /// Reads one value.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    call = try container.decode(String.self, forKey: .call)
    className = try container.decodeIfPresent(String.self, forKey: .className)
    let config = try container.decode([String: JSONValue].self, forKey: .config)
    self.config = Data(JSONValue.object(config.filter { $0.value != .null }).canonicalText.utf8)
    if let pair = try? container.decode([Int64].self, forKey: .seed) {
      seeds = pair
    } else {
      seeds = try container.decodeIfPresent(Int64.self, forKey: .seed).map { [$0] } ?? []
    }
    shape = try container.decode([Int].self, forKey: .shape)
    dtype = try container.decode(String.self, forKey: .dtype)
    sha256 = try container.decode(String.self, forKey: .sha256)
    hex = try container.decodeIfPresent(String.self, forKey: .hex)
    head = try container.decodeIfPresent(String.self, forKey: .head).map(ReferenceVector.floats)
    tail = try container.decodeIfPresent(String.self, forKey: .tail).map(ReferenceVector.floats)
  }

  /// The text for people.
  public var description: String {
    "\(call) config=\(String(decoding: config, as: UTF8.self)) seeds=\(seeds) \(shape) \(dtype)"
  }

  /// The rows of a file in `Tests/Vectors`.
  public static func load(_ file: String) throws -> [ReferenceVector] {
    let url = ProjectFiles.root.appending(path: "Tests/Vectors/\(file)")
    return try JSONDecoder().decode([ReferenceVector].self, from: Data(contentsOf: url))
  }
}

/// Files of the checkout.
public enum ProjectFiles {
  /// The top folder.
  public static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
}
