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
    ["--seed", "44", "--only", "mixed/n*", "--only", "mixed/ones"], ["--checkpoint", "other"],
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
    for key in ["checkpoint", "specFingerprint", "removed", "invalidated"] {
      #expect(planned[key] == done[key], "\(key)")
    }
  }

  @Test func `a plan for a store that is not there makes none`() throws {
    let (status, plan) = try run("plan", [])
    #expect(status == 0)
    #expect(!FileManager.default.fileExists(atPath: store))
    #expect(try decisions(plan) == decisions(run("materialize", []).1))
  }

  @Test func `a plan lists what is removed, invalidated and refused`() throws {
    _ = try run("materialize", [])
    var smaller = VariableGraph(seed: 42)
    for variable in try Models.mixed().variables.dropLast() {
      if variable.name == "mixed/ones" {
        try Models.declare(variable, .zeros, in: &smaller)
      } else {
        try Models.declare(variable, variable.initializer, in: &smaller)
      }
    }
    try write(smaller)
    let before = try Data(contentsOf: URL(filePath: store))
    let text = try ChildProcess.run(
      ChildProcess.nascent, ["plan", manifest, "--store", store, "--only", "mixed/he"])
    #expect(text.status == 0)
    #expect(
      text.output == """
        NAME      ACTION     BYTES  REASON
        mixed/he  skipped  2.1 MiB  unchanged
        mixed/bias: removed, the graph does not have it
        head: removed, the graph does not have it
        mixed/ones: not selected, its value is dropped because its declaration changed

        0 materialized, 1 skipped, 0 verified, 0 replaced, 0 aliased; 0 bytes to make

        11 variables, \(grouped(smaller.elementCount)) elements, \
        \(megabytes(smaller.byteCount)) MiB; seed 42, dialect tensorflow
        spec fingerprint \(smaller.fingerprint())

        """)
    let refused = try ChildProcess.run(
      ChildProcess.nascent, ["plan", manifest, "--store", store, "--on-existing", "fail"])
    #expect(refused.status == 1)
    #expect(
      refused.output.contains(
        """
        mixed/ones: refused, the policy is fail: initializer changed from \
        {"class_name":"Ones","config":{}} to {"class_name":"Zeros","config":{}}

        A run would refuse to begin: 1 in conflict
        """))
    let (status, document) = try run("plan", ["--on-existing", "verify"])
    #expect(status == 1)
    guard case .object(let members) = document, case .array(let conflicts)? = members["conflicts"]
    else { return }
    #expect(conflicts.count == 1)
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
