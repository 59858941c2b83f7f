package import Foundation
internal import Tensors
internal import VariableGraph

/// What is signed: an in-toto statement that a model consists of certain files, or of the values of a
/// checkpoint.
///
/// - Source: OpenSSF Model Signing 1.0; in-toto Attestation Framework, Statement 1.
public struct SignedStatement: Sendable, Hashable {
  static let payloadType = "application/vnd.in-toto+json"
  static let statementType = "https://in-toto.io/Statement/v1"
  static let predicateType = "https://model_signing/signature/v1.0"
  private static let algorithm = "sha256"

  /// The name of the model; it is told, not checked: a folder may be renamed.
  public let name: String
  /// The files, in the order in which they were signed.
  public let resources: [SignedResource]
  /// Paths from the model's folder that were left out, with all below them.
  public let ignoredPaths: [String]
  /// The checkpoint, where one was signed.
  public let checkpoint: SignedCheckpoint?

  /// States that a model is those files.
  ///
  /// - Throws: `SigningError.Code.inputOutput`, `FileAccessError`.
  public init(of files: ModelFiles) throws {
    name = files.name
    resources = try files.resources()
    ignoredPaths = files.ignoredPaths
    checkpoint = nil
  }

  /// States what a checkpoint is.
  public init(of checkpoint: SignedCheckpoint) {
    name = checkpoint.name
    resources = [checkpoint.resource]
    ignoredPaths = []
    self.checkpoint = checkpoint
  }

  /// True for a model that is one file, whose name is told and not signed.
  public var isOneFile: Bool { resources.map(\.name) == [SignedResource.onlyFile] }

  /// The digest of all digests in order, under which other documents can name the model.
  var rootDigest: Digest {
    var digest = DigestBuilder()
    for resource in resources { digest.append(resource.digest.bytes) }
    return digest.finish()
  }

  var json: JSONValue {
    var serialization: [String: JSONValue] = [
      "method": "files", "hash_type": .string(Self.algorithm), "allow_symlinks": false,
    ]
    if !ignoredPaths.isEmpty {
      serialization["ignore_paths"] = .array(ignoredPaths.map(JSONValue.string))
    }
    var predicate: [String: JSONValue] = [
      "serialization": .object(serialization),
      "resources": .array(
        resources.map {
          [
            "name": .string($0.name), "algorithm": .string(Self.algorithm),
            "digest": .string($0.digest.hex),
          ]
        }),
    ]
    if let checkpoint { predicate["nascent"] = checkpoint.json }
    return [
      "_type": .string(Self.statementType),
      "subject": [["name": .string(name), "digest": ["sha256": .string(rootDigest.hex)]]],
      "predicateType": .string(Self.predicateType),
      "predicate": .object(predicate),
    ]
  }

  /// Reads a payload whose signature holds.
  ///
  /// - Throws: `SigningError` with the codes `malformedBundle`, `unsupportedBundle`.
  package init(parsing payload: Data, file: String) throws {
    let reader = StatementReader(file: file)
    let statement = try reader.object(try reader.document(payload, "payload"), "the payload")
    for (member, wanted) in [
      ("_type", Self.statementType), ("predicateType", Self.predicateType),
    ] {
      let found = try reader.text(statement[member], member)
      guard found == wanted else {
        throw SigningError.unsupported(
          file, because: "its \(member) is \(found.prefix(80).debugDescription), not \"\(wanted)\"")
      }
    }
    let subjects = try reader.list(statement["subject"], "subject")
    guard subjects.count == 1 else {
      throw SigningError.malformed(file, because: "it has \(subjects.count) subjects, not one")
    }
    let subject = try reader.object(subjects[0], "subject")
    let predicate = try reader.object(statement["predicate"], "predicate")
    name = try reader.text(subject["name"], "name")
    ignoredPaths = try Self.ignoredPaths(
      try reader.object(predicate["serialization"], "serialization"), reader)
    resources = try reader.list(predicate["resources"], "resources").map {
      try Self.resource(try reader.object($0, "resources"), reader)
    }
    guard !resources.isEmpty else {
      throw SigningError.malformed(file, because: "it signs no file")
    }
    guard Set(resources.map { Array($0.name.utf8) }).count == resources.count else {
      throw SigningError.malformed(file, because: "it names a file twice")
    }
    checkpoint = try predicate["nascent"].map { try SignedCheckpoint(json: $0, reader: reader) }
    let digest = try reader.digest(
      try reader.object(subject["digest"], "digest")["sha256"], "the subject's digest")
    guard digest == rootDigest else {
      throw SigningError.malformed(
        file, because: "its subject has the digest \(digest), and its files have \(rootDigest)")
    }
    if let checkpoint, resources != [checkpoint.resource] {
      throw SigningError.malformed(
        file, because: "its file is not the fingerprint of its checkpoint")
    }
  }

  private static func ignoredPaths(
    _ serialization: [String: JSONValue], _ reader: StatementReader
  ) throws -> [String] {
    for (member, wanted) in [("method", "files"), ("hash_type", algorithm)] {
      let found = try reader.text(serialization[member], member)
      guard found == wanted else {
        throw SigningError.unsupported(
          reader.file, because: "its \(member) is \(found.prefix(80).debugDescription)")
      }
    }
    guard serialization["allow_symlinks"] == .bool(false) else {
      throw SigningError.unsupported(
        reader.file, because: "it was made with links to other files allowed")
    }
    guard let paths = serialization["ignore_paths"] else { return [] }
    return try reader.list(paths, "ignore_paths").map { try reader.text($0, "ignore_paths") }
  }

  private static func resource(
    _ members: [String: JSONValue], _ reader: StatementReader
  ) throws -> SignedResource {
    let name = try reader.text(members["name"], "name")
    guard SignedResource.isCanonical(name) else {
      throw SigningError.malformed(
        reader.file, because: "it names a file \(name.prefix(200).debugDescription)")
    }
    let algorithm = try reader.text(members["algorithm"], "algorithm")
    guard algorithm == Self.algorithm else {
      throw SigningError.unsupported(
        reader.file, because: "it has digests by \(algorithm.prefix(80).debugDescription)")
    }
    return SignedResource(name: name, digest: try reader.digest(members["digest"], "digest"))
  }
}
