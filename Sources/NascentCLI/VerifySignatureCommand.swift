import ArgumentParser
import Nascent

/// `nascent verify-signature`: is this what was signed, and by this key?
struct VerifySignatureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify-signature",
    abstract: "Checks a signature and what it signs; exit code 1 where either is not right.",
    discussion: """
      Takes signatures of `nascent sign` and, over files, of model_signing with a key. Every file that is
      there must have been signed, and every one that was signed must be there.

      Examples:
        nascent verify-signature gpt2.safetensors --key public.pem --signature gpt2.safetensors.sig
        nascent verify-signature gpt2.db --key public.pem --signature gpt2.db.sig
      """)

  @OptionGroup var target: SigningTarget
  @Option(help: "The public key of who signed, in PEM.") var key: String
  @Option(help: "The signature.") var signature: String
  @OptionGroup var checkpoint: CheckpointOption
  @Flag(help: "Print one JSON document.") var json = false

  func run() throws {
    let key = try VerifyingKey(pem: SigningFile.read(key), file: key)
    let bundle = try SignatureBundle(parsing: SigningFile.read(signature), file: signature)
    let statement: SignedStatement
    do {
      statement = try bundle.statement(signedBy: key)
    } catch let error as SigningError where json && error.code == .invalidSignature {
      Console.print(
        json: [
          "valid": false, "key": .string(key.hint),
          "problems": [["kind": "signature", "message": .string(error.message)]],
        ])
      throw ExitCode(ExitStatus.no.code)
    }
    let finding = try finding(statement)
    if json {
      Console.print(json: document(statement, key, finding))
    } else {
      printText(statement, key, finding)
    }
    guard finding.problems.isEmpty else { throw ExitCode(ExitStatus.no.code) }
  }

  private struct Finding {
    let problems: [SignatureProblem]
    let withoutBytes: [String]
  }

  private func finding(_ statement: SignedStatement) throws -> Finding {
    if let signed = statement.checkpoint, try target.isStore {
      let report = try CheckpointStore(path: target.paths[0], for: .read).signatureReport(
        of: checkpoint.checkpoint, against: signed)
      return Finding(problems: report.problems, withoutBytes: report.withoutBytes)
    }
    let files = try target.files(
      ignoring: statement.ignoredPaths, signature: signature, isPart: !statement.isOneFile)
    return Finding(problems: try statement.problems(with: files), withoutBytes: [])
  }

  private func printText(_ statement: SignedStatement, _ key: VerifyingKey, _ finding: Finding) {
    for problem in finding.problems { Console.print("\(problem)") }
    let verdict =
      finding.problems.isEmpty
      ? "valid" : "the key signed something else: \(finding.problems.count) differences"
    Console.print("\(verdict); \(SigningTarget.summary(statement))")
    if !finding.withoutBytes.isEmpty {
      Console.print(
        "\(finding.withoutBytes.count) without stored bytes: their digests are those that were signed"
      )
    }
    Console.print("key \(key.hint)")
  }

  private func document(
    _ statement: SignedStatement, _ key: VerifyingKey, _ finding: Finding
  ) -> JSONValue {
    var document = SigningTarget.document(statement, key: key)
    document["valid"] = .bool(finding.problems.isEmpty)
    document["withoutBytes"] = .array(finding.withoutBytes.map(JSONValue.string))
    document["problems"] = .array(
      finding.problems.map {
        [
          "kind": .string($0.kind.rawValue), "name": .string($0.name),
          "message": .string($0.description),
        ]
      })
    return .object(document)
  }
}
