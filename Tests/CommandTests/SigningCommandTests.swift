import Foundation
import Nascent
import TestSupport
import Testing

/// `sign` and `verify-signature` as outsiders call them.
struct SigningCommandTests {
  private let folder: TemporaryFolder
  private let model: String
  private let store: String
  private let signature: String
  private let key = SigningVector.path("sec1.pem")
  private let publicKey = SigningVector.path("public.pem")

  init() throws {
    folder = try TemporaryFolder()
    model = try SigningVector.copyModel(to: folder)
    store = folder.path("s.db")
    signature = folder.path("s.sig")
  }

  private func nascent(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  private func sign(_ arguments: String...) throws -> ChildProcess {
    try nascent(["sign"] + arguments + ["--key", key, "--signature", signature])
  }

  private func verify(_ arguments: String...) throws -> ChildProcess {
    try nascent(
      ["verify-signature"] + arguments + ["--key", publicKey, "--signature", signature])
  }

  private func materialize(_ options: String..., seed: Int = 1, into store: String? = nil) throws {
    let manifest = folder.path("graph.json")
    let text = """
      {"seed": \(seed), "variables": [{"name": "w", "shape": [100], "initializer": "he_uniform"},
        {"name": "b", "shape": [2], "initializer": "zeros"}]}
      """
    try Data(text.utf8).write(to: URL(filePath: manifest))
    let result = try nascent(
      ["materialize", manifest, "--store", store ?? self.store, "--quiet"] + options)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func hint() throws -> String { try SigningVector.verifyingKey().hint }

  @Test func `a folder is signed and verified, its signature inside it`() throws {
    let inside = "\(model)/model.sig"
    let signed = try nascent(["sign", model, "--key", key, "--signature", inside])
    #expect(signed.output == "signed 5 files of model \"model\", to \(inside)\nkey \(try hint())\n")
    let check = ["verify-signature", model, "--key", publicKey, "--signature", inside]
    let verified = try nascent(check)
    #expect(verified.status == 0)
    #expect(verified.output == "valid; signed 5 files of model \"model\"\nkey \(try hint())\n")
    try Data([1]).write(to: URL(filePath: "\(model)/empty"))
    try Data([1]).write(to: URL(filePath: "\(model)/more"))
    let changed = try nascent(check)
    #expect(changed.status == 1)
    #expect(
      changed.output == """
        file "empty" is \(Digest(of: [1])), signed as \(Digest(of: [UInt8]()))
        file "more" is there and was not signed
        the key signed something else: 2 differences; signed 5 files of model "model"
        key \(try hint())

        """)
  }

  @Test func `one of several files is looked for under its name`() throws {
    #expect(try sign("\(model)/a.bin", "\(model)/sub-c").status == 0)
    #expect(try verify("\(model)/sub-c", "\(model)/a.bin").status == 0)
    let part = try verify("\(model)/a.bin")
    #expect(part.status == 1)
    #expect(part.output.hasPrefix("file \"sub-c\" was signed and is not there\nthe key signed"))
    #expect(try verify(model, "--ignore", "\(model)/sub").status == 1)
    #expect(
      try verify(
        model, "--ignore", "\(model)/sub", "--ignore", "\(model)/empty", "--ignore",
        "\(model)/é 重み"
      ).status == 0)
  }

  @Test func `a checkpoint is signed, and every store that has it is verified`() throws {
    try materialize()
    let signed = try sign(store)
    #expect(
      signed.output == """
        signed checkpoint "initial" of 2 values, to \(signature)
        key \(try hint())

        """)
    #expect(
      try verify(store).output
        == "valid; signed checkpoint \"initial\" of 2 values\nkey \(try hint())\n")
    let recipe = folder.path("recipe.db")
    try materialize("--recipe-only", into: recipe)
    #expect(
      try verify(recipe).output == """
        valid; signed checkpoint "initial" of 2 values
        2 without stored bytes: their digests are those that were signed
        key \(try hint())

        """)
    let other = folder.path("other.db")
    try materialize(seed: 2, into: other)
    let refused = try verify(other)
    #expect(refused.status == 1)
    #expect(refused.output.hasPrefix("variable \"w\" is float32 [100] with the root "))
    try materialize("--checkpoint", "second", into: store)
    #expect(try verify(store, "--checkpoint", "second").status == 1)
    #expect(try verify(store, "--checkpoint", "third").status == 65)
    // For tools that do not know stores, the line of its fingerprint is what was signed.
    let line = folder.path("fingerprint.txt")
    try Data(nascent(["fingerprint", store]).output.utf8).write(to: URL(filePath: line))
    #expect(try verify(line).status == 0)
  }

  @Test func `a store can be signed as a file by other tools`() throws {
    try materialize()
    let bytes = try Data(contentsOf: URL(filePath: store))
    let copy = folder.path("copy.bin")
    try bytes.write(to: URL(filePath: copy))
    let statement = try SignedStatement(of: ModelFiles(at: [copy]))
    try SigningVector.signingKey().sign(statement).data.write(to: URL(filePath: signature))
    #expect(try verify(store).status == 0)
    try materialize(seed: 2)
    #expect(try verify(store).status == 1)
  }

  @Test func `both print JSON`() throws {
    func json(_ result: ChildProcess) throws -> [String: JSONValue] {
      #expect(result.errors == "")
      guard case .object(let members) = try JSONValue(parsing: Data(result.output.utf8)) else {
        throw InitializerError(message: "not an object: \(result.output)")
      }
      return members
    }
    try materialize()
    let signed = try json(sign(store, "--json"))
    #expect(signed["signature"] == .string(signature))
    #expect(signed["checkpoint"] == "initial")
    let valid = try json(verify(store, "--json"))
    #expect(valid["valid"] == true)
    #expect(valid["problems"] == [])
    #expect(valid["contentDigest"] == signed["contentDigest"])
    #expect(valid["key"] == .string(try hint()))
    try materialize("--on-existing", "replace", seed: 3)
    let other = try json(verify(store, "--json"))
    #expect(other["valid"] == false)
    guard case .array(let problems)? = other["problems"], case .object(let first)? = problems.first
    else { throw InitializerError(message: "no problems") }
    #expect(first["kind"] == "changed")
    #expect(first["name"] == "w")
    let stranger = try json(
      nascent([
        "verify-signature", store, "--json", "--signature", signature, "--key",
        SigningVector.path("other-public.pem"),
      ]))
    #expect(stranger["valid"] == false)
  }

  @Test func `exit codes say what kind of failure it is`() throws {
    let file = "\(model)/a.bin"
    #expect(try sign(file).status == 0)
    let good = ["--key", publicKey, "--signature", signature]
    let cases: [([String], Int32)] = [
      (["verify-signature", file] + good, 0),
      (["verify-signature", "\(model)/sub-c"] + good, 1),
      (
        [
          "verify-signature", file, "--key", SigningVector.path("other-public.pem"), "--signature",
          signature,
        ], 1
      ),
      (["verify-signature", file], 64),
      (["sign", file, "--key", key, "--signature", file], 64),
      (["sign", file, "--key", key, "--signature", key], 64),
      (["verify-signature", file, "--key", key, "--signature", signature], 65),
      (["verify-signature", file, "--key", publicKey, "--signature", file], 65),
      (["verify-signature", file, "--key", publicKey, "--signature", folder.path("none")], 65),
      (["verify-signature", folder.path("none")] + good, 65),
      (
        [
          "sign", file, "--key", SigningVector.path("encrypted-sec1.pem"), "--signature", signature,
        ], 65
      ),
      (["sign", folder.path("none"), "--key", key, "--signature", signature], 65),
      (["sign", model, model, "--key", key, "--signature", signature], 65),
      (["sign", file, "--key", key, "--signature", "/nonexistent/folder/s.sig"], 74),
    ]
    for (arguments, status) in cases {
      let result = try nascent(arguments)
      #expect(result.status == status, "\(arguments) \(result.errors)")
      #expect(status <= 1 || !result.errors.isEmpty, "\(arguments)")
    }
  }
}
