internal import Foundation
internal import GRDB
public import Tensors
public import VariableGraph

/// What a store says about one variable.
public struct StoredVariable: Sendable {
  /// The name.
  public let name: String
  /// The sizes of the axes.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType
  /// The number of bytes.
  public let byteCount: Int
  /// The Keras config object of the initializer.
  public let initializer: JSONValue
  /// The variable whose value this is, for an alias.
  public let aliasOf: String?
  /// The SHA-256 of the bytes, where they were made.
  public let digest: Digest?
  /// True where only the digests are stored.
  public let isRecipe: Bool
  /// True where the bytes are stored.
  public var isMaterialized: Bool { digest != nil && !isRecipe }
  /// What the manifest said besides.
  public let metadata: [String: JSONValue]

  let id: Int64
  /// The config object exactly as it is stored: reading numbers does not keep 1.0 apart from 1.
  let initializerText: String
  let position: Int
  let payloadID: Int64?
  let fingerprint: Digest
  let fingerprintVersion: Int
  let initializerVersion: Int
  let seedOrigin: String
  let graphSeed: Int64?
  let dialect: String

  init(row: Row, path: String) throws {
    func broken(_ column: String) -> CheckpointError {
      CheckpointError.notAStore(path, because: "column \(column) of a variable is malformed")
    }
    name = row["name"]
    guard let dimensions = try? JSONValue(parsing: Data((row["shape"] as String).utf8)),
      case .array(let sizes) = dimensions
    else { throw broken("shape") }
    shape = try Shape(
      sizes.map { size in
        guard case .integer(let size) = size, let size = Int(exactly: size) else {
          throw broken("shape")
        }
        return size
      })
    guard let type = ScalarType(rawValue: row["dtype"]) else { throw broken("dtype") }
    scalarType = type
    byteCount = row["byte_count"]
    guard try byteCount == shape.byteCount(of: type) else { throw broken("byte_count") }
    guard let config = try? JSONValue(parsing: Data((row["initializer"] as String).utf8)) else {
      throw broken("initializer")
    }
    initializer = config
    initializerText = row["initializer"]
    guard let metadata = try? JSONValue(parsing: Data((row["metadata"] as String).utf8)),
      case .object(let members) = metadata
    else { throw broken("metadata") }
    self.metadata = members
    guard let fingerprint = Digest(bytes: row["fingerprint"] as Data) else {
      throw broken("fingerprint")
    }
    self.fingerprint = fingerprint
    id = row["id"]
    position = row["position"]
    aliasOf = row["alias_of"]
    payloadID = row["payload_id"]
    digest = (row["sha256"] as Data?).flatMap { Digest(bytes: $0) }
    isRecipe = row["is_recipe"] ?? false
    fingerprintVersion = row["fingerprint_version"]
    initializerVersion = row["initializer_version"]
    seedOrigin = row["seed_origin"]
    graphSeed = row["graph_seed"]
    dialect = row["dialect"]
  }
}
