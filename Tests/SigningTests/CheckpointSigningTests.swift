import Foundation
import Nascent
import TestSupport
import Testing

/// A checkpoint's signature is about declarations and values, whatever store has them.
struct CheckpointSigningTests {
  private let folder: TemporaryFolder
  private let path: String
  private let graph: VariableGraph

  init() async throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    graph = try Self.graph()
    try await Self.materialize(graph, path)
  }

  private static func graph(seed: Int64 = 1, tied: String = "kernel") throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.declare("kernel", shape: [300, 1000], initializer: .heUniform())
    try graph.declare("bias", shape: [10], initializer: .zeros)
    try graph.declare("gain", shape: [10], dtype: .bfloat16, initializer: .constant(1.5))
    try graph.tie("tied", to: tied)
    return graph
  }

  private static func materialize(
    _ graph: VariableGraph, _ path: String, isRecipe: Bool = false, checkpoint: String = "initial"
  ) async throws {
    let store = try CheckpointStore(path: path)
    let runtime = Runtime(graph: graph, store: store, checkpoint: checkpoint)
    _ = try await runtime.materialize(isRecipe: isRecipe)
  }

  private func store(_ path: String? = nil) throws -> CheckpointStore {
    try CheckpointStore(path: path ?? self.path, for: .read)
  }

  private func signed() throws -> SignedCheckpoint {
    let bundle = try SigningVector.signingKey().sign(try store().signedStatement())
    return try #require(try bundle.statement(signedBy: SigningVector.verifyingKey()).checkpoint)
  }

  private func problems(_ path: String, of checkpoint: String = "initial") throws -> [String] {
    try store(path).signatureReport(of: checkpoint, against: signed()).problems.map {
      "\($0.kind) \($0.name)"
    }
  }

  private func sqlite(_ path: String, _ sql: String) throws {
    let result = try ChildProcess.run("sqlite3", [path, sql])
    #expect(result.status == 0, "\(result.errors)")
  }

  @Test func `the statement is what the store says of itself`() throws {
    let summary = try store().checkpoint(named: "initial")
    let signed = try signed()
    #expect(signed.specFingerprint.hex == summary.specFingerprint)
    #expect(signed.contentDigest.hex == summary.contentDigest)
    #expect(signed.values.map(\.name) == ["bias", "gain", "kernel"])
    let line = try ChildProcess.run(ChildProcess.nascent, ["fingerprint", path]).output
    #expect(signed.line == line)
    #expect(
      try store().signedStatement().resources.map(\.digest) == [Digest(of: Data(line.utf8))])
  }

  @Test func `it outlives VACUUM and another page size`() throws {
    let before = try store().signedStatement()
    try sqlite(path, "PRAGMA page_size = 4096; VACUUM")
    #expect(try store().signedStatement() == before)
    #expect(try problems(path).isEmpty)
  }

  @Test func `a recipe has the statement of the filled store`() async throws {
    let recipe = folder.path("recipe.db")
    try await Self.materialize(graph, recipe, isRecipe: true)
    #expect(try store(recipe).signedStatement() == store().signedStatement())
    let report = try store(recipe).signatureReport(against: signed())
    #expect(report.problems.isEmpty)
    #expect(Set(report.withoutBytes) == ["kernel", "bias", "gain"])
    #expect(report.verified.isEmpty)
    try await Self.materialize(graph, recipe)
    #expect(try problems(recipe).isEmpty)
  }

  @Test func `a recipe that several workers made has the statement of one machine`() async throws {
    let merged = folder.path("merged.db")
    var parts: [String] = []
    for index in 0..<2 {
      let part = folder.path("part-\(index).db")
      let runtime = Runtime(graph: graph, store: try CheckpointStore(path: part))
      _ = try await runtime.materialize(share: Share(index: index, of: 2), isRecipe: true)
      parts.append(part)
    }
    _ = try await CheckpointStore(path: merged).merge(parts)
    #expect(try store(merged).variable("kernel", in: "initial").digest == nil)
    #expect(try store(merged).signedStatement() == store().signedStatement())
    #expect(try problems(merged).isEmpty)
    let theirs = try SigningVector.signingKey().sign(store(merged).signedStatement())
    let signed = try theirs.statement(signedBy: SigningVector.verifyingKey()).checkpoint
    #expect(try store().signatureReport(against: #require(signed)).problems.isEmpty)
  }

  @Test func `damaged bytes are named, whatever digest the store records`() throws {
    let tensor = try store().tensor(named: "kernel").data()
    let signed = try signed()
    var bytes = try Data(contentsOf: URL(filePath: path))
    let place = try #require(bytes.range(of: tensor[1_100_000..<1_100_064]))
    bytes[place.lowerBound] ^= 1
    try bytes.write(to: URL(filePath: path))
    let report = try store().signatureReport(against: signed)
    #expect(report.problems.map { "\($0.kind) \($0.name)" } == ["damaged kernel"])
    do {
      _ = try store().signedStatement()
      Issue.record("nothing was thrown")
    } catch let error as SigningError {
      #expect(error.code == .unsuitableCheckpoint)
      let damage = try #require(report.problems.first).description.dropFirst("damaged: ".count)
      #expect(
        error.message == """
          Cannot sign checkpoint "initial": it is damaged in 1 places, first \(damage).
          `nascent verify` lists them; materialize with --on-existing replace, or restore the file, first.
          """)
    }
  }

  @Test func `other values are named, and a falsified record of them is damage`() async throws {
    let other = folder.path("other.db")
    try await Self.materialize(try Self.graph(seed: 2), other)
    #expect(
      try problems(other) == [
        "changed kernel", "otherDeclarations initial", "otherContent initial",
      ])
    let content = try store().checkpoint(named: "initial").contentDigest ?? ""
    try sqlite(other, "UPDATE checkpoint SET content_digest = x'\(content)'")
    #expect(try problems(other) == ["damaged initial"])
  }

  @Test func `another declaration of the same values is named`() async throws {
    let other = folder.path("other.db")
    try await Self.materialize(try Self.graph(tied: "bias"), other)
    #expect(try problems(other) == ["otherDeclarations initial"])
    let spec = try store().checkpoint(named: "initial").specFingerprint
    try sqlite(other, "UPDATE checkpoint SET spec_fingerprint = x'\(spec)'")
    #expect(try problems(other) == ["damaged initial"])
    do {
      _ = try store(other).signedStatement()
      Issue.record("nothing was thrown")
    } catch let error as SigningError {
      #expect(
        error.message == """
          Cannot sign checkpoint "initial": it is damaged in 1 places, first its variables and \
          aliases do not have its spec fingerprint.
          `nascent verify` lists them; materialize with --on-existing replace, or restore the file, first.
          """)
    }
  }

  @Test func `another checkpoint of the same values is named`() async throws {
    try await Self.materialize(graph, path, checkpoint: "second")
    #expect(try problems(path, of: "second") == ["otherCheckpoint second"])
  }

  @Test func `a variable without a value is named, and cannot be signed`() async throws {
    let signed = try signed()
    let part = folder.path("part.db")
    let runtime = Runtime(graph: graph, store: try CheckpointStore(path: part))
    _ = try await runtime.materialize(matching: [GlobPattern("bias")])
    let report = try store(part).signatureReport(against: signed)
    #expect(report.problems.map { "\($0.kind) \($0.name)" } == ["missing kernel", "missing gain"])
    do {
      _ = try store(part).signedStatement()
      Issue.record("nothing was thrown")
    } catch let error as SigningError {
      #expect(error.code == .unsuitableCheckpoint)
      #expect(
        error.message == """
          Cannot sign checkpoint "initial": there is no value of "kernel", "gain".
          Materialize the whole graph first.
          """)
    }
  }

  @Test func `a variable more and one less are named`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("kernel", shape: [300, 1000], initializer: .heUniform())
    try graph.declare("bias", shape: [10], initializer: .zeros)
    try graph.declare("shift", shape: [10], initializer: .zeros)
    let other = folder.path("other.db")
    try await Self.materialize(graph, other)
    #expect(
      try problems(other) == [
        "missing gain", "unsigned shift", "otherDeclarations initial", "otherContent initial",
      ])
  }

  /// The fingerprint that is signed is computed from what the store says of each variable.
  @Test(arguments: [
    "Tests/Fuzz/Corpus/manifest/expressions.json", "Tests/Fuzz/Corpus/manifest/flax.json",
    "Tests/Fuzz/Corpus/manifest/jax.json", "Tests/Fuzz/Corpus/manifest/linen.json",
    "Tests/Fuzz/Corpus/manifest/numbers.json", "Tests/Fuzz/Corpus/manifest/torch.json",
  ])
  func `graphs of every dialect can be signed`(manifest: String) async throws {
    let graph = try GraphManifest(registry: .standard).graph(
      from: Data(contentsOf: ProjectFiles.root.appending(path: manifest)))
    let other = folder.path("other.db")
    try await Self.materialize(graph, other, isRecipe: true)
    let summary = try store(other).checkpoint(named: "initial")
    let signed = try #require(try store(other).signedStatement().checkpoint)
    #expect(signed.specFingerprint.hex == summary.specFingerprint)
    #expect(signed.contentDigest.hex == summary.contentDigest)
  }
}
