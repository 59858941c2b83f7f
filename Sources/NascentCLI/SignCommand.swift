import ArgumentParser
import Foundation
import Nascent

/// `nascent sign`: a signature over files, or over what a checkpoint is.
struct SignCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "sign",
    abstract:
      "Signs model files, a folder of them, or a checkpoint of a store, with a private key.",
    discussion: """
      The signature is in the form of OpenSSF Model Signing, which model_signing verifies as well. That of
      a checkpoint is about its declarations and values: it holds for every store that has them, also for
      one of digests without bytes.

      Examples:
        openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
        openssl pkey -in key.pem -pubout -out public.pem
        nascent sign gpt2.safetensors --key key.pem --signature gpt2.safetensors.sig
        nascent sign model-folder --key key.pem --signature model-folder/model.sig
        nascent sign gpt2.db --key key.pem --signature gpt2.db.sig
      """)

  @OptionGroup var target: SigningTarget
  @Option(help: "A private key on the curve P-256, in PEM.") var key: String
  @Option(help: "The file to write.") var signature: String
  @OptionGroup var checkpoint: CheckpointOption
  @Flag(help: "Print one JSON document.") var json = false

  func validate() throws {
    let written = URL(filePath: signature).standardizedFileURL
    if (target.paths + [key]).contains(where: { URL(filePath: $0).standardizedFileURL == written })
    {
      throw ValidationError("The signature cannot be written over what is signed, or over the key.")
    }
  }

  func run() async throws {
    let key = try SigningKey(pem: SigningFile.read(key), file: key)
    let statement: SignedStatement
    var inputs = [self.key]
    if try target.isStore {
      let store = try CheckpointStore(path: target.paths[0], for: .read)
      statement = try store.signedStatement(of: checkpoint.checkpoint)
      inputs += try store.filePaths()
    } else {
      let files = try target.files(ignoring: ModelFiles.gitPaths, signature: signature)
      statement = try SignedStatement(of: files)
      inputs += files.paths
    }
    try SigningFile.checkReplaceable(signature)
    let bundle = try key.sign(statement)
    try await FileAccess.write(to: signature, sparing: inputs) { try $0(bundle.data) }
    if json {
      var document = SigningTarget.document(statement, key: key.verifyingKey)
      document["signature"] = .string(signature)
      Console.print(json: .object(document))
    } else {
      Console.print("\(SigningTarget.summary(statement)), to \(signature)")
      Console.print("key \(key.verifyingKey.hint)")
    }
  }
}

/// What is signed or checked: the arguments of both commands.
struct SigningTarget: ParsableArguments {
  @Argument(
    help: "A file, a folder, some files of one folder, or a store.") var paths: [String]
  @Option(
    help: "A path inside the folder to leave out, with all below it; may be given several times.")
  var ignore: [String] = []

  /// True for one path that names a SQLite file.
  var isStore: Bool {
    get throws {
      var isFolder: ObjCBool = false
      guard paths.count == 1,
        FileManager.default.fileExists(atPath: paths[0], isDirectory: &isFolder)
      else { return false }
      return try !isFolder.boolValue && StoreFile.isSQLite(paths[0])
    }
  }

  /// The files, without those of `ignored`, of `--ignore`, and the signature's own.
  func files(
    ignoring ignored: [String], signature: String, isPart: Bool = false
  ) throws -> ModelFiles {
    try ModelFiles(
      at: paths, ignoring: ignored, andThoseAt: [signature] + ignore, isPart: isPart)
  }

  /// One line about what a statement is about.
  static func summary(_ statement: SignedStatement) -> String {
    if let checkpoint = statement.checkpoint {
      return
        "signed checkpoint \(checkpoint.name.debugDescription) of \(checkpoint.values.count) values"
    }
    let count = statement.resources.count
    return
      "signed \(count) \(count == 1 ? "file" : "files") of model \(statement.name.debugDescription)"
  }

  /// What both commands say of a statement in JSON.
  static func document(_ statement: SignedStatement, key: VerifyingKey) -> [String: JSONValue] {
    var document: [String: JSONValue] = [
      "key": .string(key.hint), "model": .string(statement.name),
      "files": .array(
        statement.resources.map {
          ["name": .string($0.name), "sha256": .string($0.digest.hex)]
        }),
    ]
    if let checkpoint = statement.checkpoint {
      document["checkpoint"] = .string(checkpoint.name)
      document["specFingerprint"] = .string(checkpoint.specFingerprint.hex)
      document["contentDigest"] = .string(checkpoint.contentDigest.hex)
    }
    return document
  }
}

/// A file that is no signature would be replaced by one.
struct NoSignatureError: Error, CustomStringConvertible {
  let path: String
  var description: String {
    """
    Cannot write the signature to "\(path)": a file is there that is no signature, and would be lost; nothing was \
    changed.
    Give the signature another path, or remove that file.
    """
  }
}

/// Keys and signatures, which are small files.
enum SigningFile {
  /// Refuses to replace a file that is no signature, such as a part of the model.
  ///
  /// - Throws: `NoSignatureError`.
  static func checkReplaceable(_ path: String) throws {
    // A device or a pipe, and what is not there, lose nothing.
    guard let file = try? ReadableFile(path: path), file.byteCount > 0 else { return }
    guard (try? SignatureBundle(parsing: read(path), file: path)) == nil else { return }
    throw NoSignatureError(path: path)
  }

  /// Reads a file that is not longer than a bundle may be.
  static func read(_ path: String) throws -> Data {
    let file = try ReadableFile(path: path)
    // One byte more than is allowed tells the reader of bundles that there are too many.
    return Data(try file.bytes(in: 0..<min(file.byteCount, SignatureBundle.maximumByteCount + 1)))
  }
}
