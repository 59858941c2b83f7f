import Foundation
import Nascent
import TestSupport
import Testing

/// Signatures that model_signing made are right, and ours say the same of the same files.
struct RecordedSignatureTests {
  private func statement(_ signature: String) throws -> SignedStatement {
    try SignatureBundle(parsing: SigningVector.data(signature), file: signature)
      .statement(signedBy: SigningVector.verifyingKey())
  }

  private func files(_ path: String, ignoring ignored: [String] = []) throws -> ModelFiles {
    try ModelFiles(at: [SigningVector.path(path)], ignoring: ignored)
  }

  @Test func `a folder that model_signing signed is verified`() throws {
    let signed = try statement("folder.sig")
    #expect(signed.name == "model")
    #expect(
      signed.resources.map(\.name) == ["a.bin", "empty", "sub/b.bin", "sub-c", "é 重み"])
    #expect(Set(signed.ignoredPaths) == Set(ModelFiles.gitPaths))
    #expect(try signed.problems(with: files("model", ignoring: signed.ignoredPaths)).isEmpty)
  }

  @Test func `a file that model_signing signed is verified`() throws {
    let signed = try statement("file.sig")
    #expect(signed.name == "a.bin")
    #expect(signed.isOneFile)
    #expect(try signed.problems(with: files("model/a.bin")).isEmpty)
    let problems = try signed.problems(with: files("model/sub-c"))
    #expect(problems.map(\.kind) == [.changed])
  }

  @Test func `what model_signing left out is left out`() throws {
    let signed = try statement("ignored.sig")
    #expect(signed.resources.map(\.name) == ["a.bin", "sub-c", "é 重み"])
    #expect(try signed.problems(with: files("model", ignoring: signed.ignoredPaths)).isEmpty)
    let all = try signed.problems(with: files("model"))
    #expect(all.map(\.kind) == [.unsigned, .unsigned])
    #expect(all.map(\.name) == ["empty", "sub/b.bin"])
  }

  @Test func `we state what model_signing states`() throws {
    let theirs = try statement("folder.sig")
    let ours = try SignedStatement(of: files("model", ignoring: theirs.ignoredPaths))
    #expect(ours == theirs)
    #expect(
      try SignedStatement(of: files("model/a.bin")).resources == statement("file.sig").resources)
  }

  @Test(arguments: ["sec1.pem", "pkcs8.pem"])
  func `keys of both forms sign, and the public key verifies`(name: String) throws {
    let key = try SigningKey(pem: SigningVector.data(name), file: name)
    #expect(
      key.verifyingKey.pem == String(decoding: try SigningVector.data("public.pem"), as: UTF8.self))
    let statement = try SignedStatement(of: files("model"))
    let bundle = try key.sign(statement)
    let read = try SignatureBundle(parsing: bundle.data, file: "ours.sig")
    #expect(try read.statement(signedBy: SigningVector.verifyingKey()) == statement)
  }

  @Test func `a key with Windows' ends of lines is the same key`() throws {
    let text = String(decoding: try SigningVector.data("public.pem"), as: UTF8.self)
    let key = try VerifyingKey(
      pem: Data(text.replacing("\n", with: "\r\n").utf8), file: "public.pem")
    #expect(key.pem == text)
    #expect(
      key.hint == "\(Digest(of: Data(text.utf8)))")
  }
}
