import Foundation
import Nascent
import TestSupport
import Testing

/// `nascent plan --store` says what `nascent materialize` then does.
struct PlanStoreTests {
  private let folder: TemporaryFolder
  private let manifest: String
  private let store: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    store = folder.path("s.db")
    try write(Models.mixed())
  }

  private func write(_ graph: VariableGraph) throws {
    try GraphManifest(registry: .keras).data(from: graph).write(to: URL(filePath: manifest))
  }

  private func run(_ command: String, _ options: [String]) throws -> (Int32, JSONValue) {
    let result = try ChildProcess.run(
      ChildProcess.nascent, [command, manifest, "--store", store, "--json"] + options)
    return (result.status, try JSONValue(parsing: Data(result.output.utf8)))
  }

  /// Name, action and reason of every variable and alias that has an action.
  private func decisions(_ document: JSONValue) throws -> [String] {
    guard case .object(let members) = document else { return [] }
    return try ["variables", "aliases"].flatMap { key -> [String] in
      guard case .array(let entries)? = members[key] else { return [] }
      return try entries.compactMap { entry in
        guard case .object(let entry) = entry, let action = entry["action"] else { return nil }
        return try [entry["name"], action, entry["reason"]]
          .map { try #require($0).canonicalText }.joined(separator: " ")
      }
    }
  }

  @Test func `names that look alike are a warning on standard error, and a lint in the document`()
    throws
  {
    var graph = VariableGraph()
    try graph.declare("caf\u{E9}", shape: [1], initializer: .zeros)
    try graph.declare("cafe\u{301}", shape: [2], initializer: .zeros)
    try write(graph)
    let text = try ChildProcess.run(ChildProcess.nascent, ["plan", manifest])
    #expect(text.status == 0)
    #expect(text.errors.hasPrefix("warning look-alike-names: 2 names look like"))
    #expect(!text.output.contains("look-alike-names"))
    let json = try ChildProcess.run(ChildProcess.nascent, ["plan", manifest, "--json"])
    #expect(json.errors.isEmpty)
    #expect(json.output.contains("look-alike-names"))
  }

  @Test(arguments: [
    [], ["--seed", "43"], ["--on-existing", "replace"], ["--on-existing", "verify"],
    ["--only", "mixed/n*", "--only", "mixed/ones"], ["--checkpoint", "other"],
    ["--recipe-only"], ["--dialect", "jax", "--shard", "1/3"],
  ])
  func `a plan and the run after it have the same words`(options: [String]) throws {
    _ = try run("materialize", [])
    let (planStatus, plan) = try run("plan", options)
    let (runStatus, report) = try run("materialize", options)
    #expect(planStatus == 0 && runStatus == 0)
    #expect(try decisions(plan) == decisions(report))
    #expect(try !decisions(plan).isEmpty)
    guard case .object(let planned) = plan, case .object(let done) = report else { return }
    for key in ["checkpoint", "specFingerprint", "removed", "invalidated", "kept"] {
      #expect(planned[key] == done[key], "\(key)")
    }
  }

  @Test func `a plan for a store that is not there makes none`() throws {
    let (status, plan) = try run("plan", [])
    #expect(status == 0)
    #expect(!FileManager.default.fileExists(atPath: store))
    #expect(try decisions(plan) == decisions(run("materialize", []).1))
  }

  /// `mixed` without its last variable and the alias, and with other values of one.
  private func writeSmaller() throws -> VariableGraph {
    var smaller = VariableGraph(seed: 42)
    for variable in try Models.mixed().variables.dropLast() {
      if variable.name == "mixed/ones" {
        try Models.declare(variable, .zeros, in: &smaller)
      } else {
        try Models.declare(variable, variable.initializer, in: &smaller)
      }
    }
    try write(smaller)
    return smaller
  }

  private func plan(_ options: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, ["plan", manifest, "--store", store] + options)
  }

  @Test func `a plan lists what is removed, kept and refused`() throws {
    _ = try run("materialize", [])
    let smaller = try writeSmaller()
    let before = try Data(contentsOf: URL(filePath: store))
    let all = try plan()
    #expect(all.status == 0)
    #expect(
      all.output.contains(
        """
        mixed/bias: removed, the graph does not have it
        head: removed, the graph does not have it

        0 materialized, 10 skipped, 0 verified, 1 replaced, 0 aliased; 40 bytes to make
        """))
    #expect(all.output.hasSuffix("spec fingerprint \(smaller.fingerprint())\n"))
    let text = try plan("--only", "mixed/he", "--only", "mixed/b*")
    #expect(text.status == 0)
    #expect(
      text.output.hasPrefix(
        """
        NAME         ACTION     BYTES  REASON
        mixed/he     skipped  2.1 MiB  unchanged
        mixed/brain  skipped  1.5 MiB  unchanged
        mixed/bias: removed, the graph does not have it
        mixed/ones: not selected, kept as stored, though the graph declares it otherwise

        0 materialized, 2 skipped, 0 verified, 0 replaced, 0 aliased; 0 bytes to make
        """))
    let refused = try plan("--on-existing", "fail")
    #expect(refused.status == 1)
    #expect(
      refused.output.contains(
        """
        mixed/ones: refused, the policy is fail: initializer changed from \
        {"class_name":"Ones","config":{}} to {"class_name":"Zeros","config":{}}
        mixed/bias: refused, the policy is fail: the graph does not have it
        head: refused, the policy is fail: the graph does not have it

        A run would refuse to begin: 3 in conflict
        """))
    let (status, document) = try run("plan", ["--on-existing", "verify"])
    #expect(status == 1)
    guard case .object(let members) = document, case .array(let conflicts)? = members["conflicts"]
    else { return }
    #expect(conflicts.count == 3)
    #expect(try Data(contentsOf: URL(filePath: store)) == before)
  }

  @Test func `a plan and a run of a share drop what is declared anew in another share`() throws {
    _ = try run("materialize", [])
    _ = try writeSmaller()
    let text = try plan("--shard", "0/4")
    #expect(
      text.output.contains(
        "mixed/ones: not selected, its value is dropped because its declaration changed\n"))
    #expect(try run("materialize", ["--shard", "0/4"]).0 == 0)
  }

  @Test func `a selection of another seed than what stays is refused`() throws {
    _ = try run("materialize", [])
    let before = try Data(contentsOf: URL(filePath: store))
    let options = ["--seed", "44", "--only", "mixed/n*"]
    #expect(try run("plan", options).0 == 1)
    let refused = try ChildProcess.run(
      ChildProcess.nascent, ["materialize", manifest, "--store", store] + options)
    #expect(refused.status == 1)
    #expect(
      refused.errors.hasPrefix(
        """
        Checkpoint "initial" has variables that are not selected and cannot stay beside those of the graph; \
        nothing was changed:
          mixed/truncated: it draws from seed 42, and the graph's is 44
        """))
    #expect(try Data(contentsOf: URL(filePath: store)) == before)
  }

  @Test(arguments: [
    ["--only", "*"], ["--recipe-only"], ["--shard", "0/2"], ["--on-existing", "fail"],
    ["--checkpoint", "other"],
  ])
  func `options of a run without a store are refused`(options: [String]) throws {
    let result = try ChildProcess.run(ChildProcess.nascent, ["plan", manifest] + options)
    #expect(result.status == 64)
    #expect(result.errors.contains("give --store as well"))
  }

  private func grouped(_ count: Int) -> String {
    count.formatted(.number.locale(.init(identifier: "en_US")))
  }

  private func megabytes(_ count: Int) -> String {
    (Double(count) / 1_048_576).formatted(.number.precision(.fractionLength(1)))
  }
}
