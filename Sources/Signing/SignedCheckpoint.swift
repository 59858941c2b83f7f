internal import Foundation
public import Tensors
internal import VariableGraph

/// What is signed of a checkpoint: what it declares and what its values are, but not how a store keeps
/// them.
public struct SignedCheckpoint: Sendable, Hashable {
  /// The version of this form.
  static let format = "nascent.checkpoint/1"

  /// The value of a variable; an alias has none of its own.
  public struct Value: Sendable, Hashable {
    /// The variable's name.
    public let name: String
    /// Its type.
    public let dtype: String
    /// Its shape as JSON: `[784,128]`.
    public let shape: String
    /// The root of the tree over its chunks, which every value has: the SHA-256 of all bytes is not known of
    /// one that several workers made parts of.
    public let root: Digest

    /// Describes a value.
    public init(name: String, dtype: String, shape: String, root: Digest) {
      self.name = name
      self.dtype = dtype
      self.shape = shape
      self.root = root
    }
  }

  /// The name of the checkpoint.
  public let name: String
  /// The fingerprint of all declarations.
  public let specFingerprint: Digest
  /// The digest of all values.
  public let contentDigest: Digest
  /// The values, so that one that differs can be named.
  public let values: [Value]

  /// Describes a checkpoint.
  public init(name: String, specFingerprint: Digest, contentDigest: Digest, values: [Value]) {
    self.name = name
    self.specFingerprint = specFingerprint
    self.contentDigest = contentDigest
    self.values = values
  }

  /// The line that `nascent fingerprint` prints of the checkpoint: a file of this line is what is signed
  /// for tools that do not know stores.
  public var line: String { "\(specFingerprint.hex) \(contentDigest.hex)\n" }

  /// The only resource of the checkpoint's statement.
  var resource: SignedResource {
    SignedResource(name: SignedResource.onlyFile, digest: Digest(of: Data(line.utf8)))
  }

  var json: JSONValue {
    [
      "format": .string(Self.format), "checkpoint": .string(name),
      "specFingerprint": .string(specFingerprint.hex),
      "contentDigest": .string(contentDigest.hex),
      "variables": .array(
        values.map {
          [
            "name": .string($0.name), "dtype": .string($0.dtype), "shape": .string($0.shape),
            "root": .string($0.root.hex),
          ]
        }),
    ]
  }

  init(json: JSONValue, reader: StatementReader) throws {
    let members = try reader.object(json, "nascent")
    let format = try reader.text(members["format"], "format")
    guard format == Self.format else {
      throw SigningError.newerCheckpoint(reader.file, format: format)
    }
    name = try reader.text(members["checkpoint"], "checkpoint")
    specFingerprint = try reader.digest(members["specFingerprint"], "specFingerprint")
    contentDigest = try reader.digest(members["contentDigest"], "contentDigest")
    values = try reader.list(members["variables"], "variables").map { value in
      let value = try reader.object(value, "variables")
      return Value(
        name: try reader.text(value["name"], "name"),
        dtype: try reader.text(value["dtype"], "dtype"),
        shape: try reader.text(value["shape"], "shape"),
        root: try reader.digest(value["root"], "root"))
    }
    guard Set(values.map { Array($0.name.utf8) }).count == values.count else {
      throw SigningError.malformed(reader.file, because: "it names a variable twice")
    }
  }
}
