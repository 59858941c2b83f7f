import Foundation
import Nascent
import StoreReport
import TestSupport
import Testing

/// The page of a store, without a browser; `make browser` has one.
struct StoreReportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func store(
    _ name: String, _ graph: VariableGraph, matching patterns: [GlobPattern] = ["*"]
  ) async throws -> CheckpointStore {
    let store = try CheckpointStore(path: folder.path("\(name).db"))
    _ = try await Runtime(graph: graph, store: store).materialize(matching: patterns)
    return store
  }

  private func data(_ html: String) throws -> [String: JSONValue] {
    let parts = html.components(separatedBy: "<script type=\"application/json\" id=\"data\">")
    try #require(parts.count == 2)
    let text = parts[1].components(separatedBy: "</script>")[0]
    guard case .object(let members) = try JSONValue(parsing: Data(text.utf8)) else {
      throw InitializerError(message: "no object")
    }
    return members
  }

  private func column(_ name: String, _ data: [String: JSONValue]) throws -> [JSONValue] {
    guard case .object(let variables)? = data["variables"],
      case .array(let values)? = variables[name]
    else { throw InitializerError(message: "no column \(name)") }
    return values
  }

  @Test func `the same store gives the same page`() async throws {
    let store = try await store("s", try Models.mixed())
    let first = try store.report()
    let again = try CheckpointStore(path: store.path, for: .read).report()
    #expect(first.html == again.html)
    #expect(first.variableCount == 13)
    #expect(first.deviating.isEmpty && first.damages.isEmpty)
    let data = try data(first.html)
    #expect(data["store"] == "s.db")
    let states = try column("state", data)
    #expect(states == Array(repeating: 0, count: 12) + [4])
    let verdicts = try column("verdict", data)
    // All fit but the empty one, of which there is nothing to check.
    #expect(verdicts == Array(repeating: 0, count: 10) + [2, 0, 0])
    #expect(data["edges"] == [[1, 12, 1]])
  }

  @Test func `no name ends the script or is put in as a mark`() async throws {
    var graph = VariableGraph()
    let names = [
      "</script><script>alert(1)</script>", "<!--<script>", "{{script}}{{data}}", "a&b\"c'd",
      "right\u{202E}left",
    ]
    for name in names { try graph.declare(name, shape: [2, 2], initializer: .normal()) }
    let html = try await store("s", graph).report().html
    #expect(html.components(separatedBy: "</script>").count == 3)
    #expect(!html.contains("<!--<script>"))
    #expect(!html.contains("</script><script>alert"))
    #expect(try column("name", data(html)) == names.map(JSONValue.string))
    // The policy keeps even a script that got in from the network.
    #expect(html.contains("content=\"default-src 'none'; "))
    #expect(html.firstMatch(of: /(?:src|href)="(?!data:|#)/) == nil)
  }

  @Test func `the name of the file is text, too`() async throws {
    let html = try await store("<b>&x", try Models.mixed(), matching: ["flag"]).report().html
    #expect(html.contains("<title>&lt;b&gt;&amp;x.db · initial</title>"))
  }

  @Test func `damage is found and said`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("a", shape: [600, 500], initializer: .normal())
    try graph.declare("b", shape: [600, 500], initializer: .normal())
    let store = try await store("s", graph)
    let change = """
      UPDATE block SET bytes = zeroblob(1048576)
      WHERE id = (SELECT block_id FROM chunk
        WHERE number = 0 AND payload_id = (SELECT payload_id FROM variable WHERE name = 'b'));
      """
    #expect(try ChildProcess.run("sqlite3", [store.path, change]).status == 0)
    let report = try CheckpointStore(path: store.path, for: .read).report()
    #expect(report.damages.map(\.variable) == ["b"])
    #expect(report.damages.map(\.chunk) == [0])
    let data = try data(report.html)
    guard case .object(let variables)? = data["variables"],
      case .object(let damages)? = variables["damages"]
    else {
      Issue.record("the page has no damages")
      return
    }
    #expect(Array(damages.keys) == ["1"])
    // What is left of the value is not compared with the promise.
    #expect(report.deviating.isEmpty)
    #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: store.path, for: .read).plot(of: "b")
    }
  }

  @Test func `rows that were changed are shown and said, not refused`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("a", shape: [60], initializer: .normal())
    try graph.declare("b", shape: [60], initializer: .normal())
    let store = try await store("s", graph)
    #expect(try CheckpointStore(path: store.path, for: .read).report().flaws.isEmpty)
    let change = "UPDATE variable SET payload_id = NULL WHERE name = 'b'"
    #expect(try ChildProcess.run("sqlite3", [store.path, change]).status == 0)
    let report = try CheckpointStore(path: store.path, for: .read).report()
    #expect(
      report.flaws == [
        "the row of variable \"b\", or of its value, does not have its seal",
        "the digests of its values do not have its content digest",
      ])
    #expect(report.damages.isEmpty)
    #expect(try data(report.html)["flaws"] == .array(report.flaws.map(JSONValue.string)))
    #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: store.path, for: .read).descriptions(in: "initial")
    }
  }

  @Test func `an initializer that is not known here is shown by its name`() async throws {
    var graph = VariableGraph()
    try graph.declare("ramp", shape: [40], initializer: Ramp())
    let report = try await store("s", graph).report()
    let data = try data(report.html)
    guard case .array(let specs)? = data["specs"], case .object(let spec)? = specs.first else {
      Issue.record("the page has no specs")
      return
    }
    #expect(spec["initializer"] == "Ramp()")
    #expect(spec["formula"] == .null)
    #expect(try column("verdict", data) == [2])
    #expect(try column("maximum", data) == [39])
  }

  @Test func `a value of another distribution deviates`() async throws {
    // Stored as constants by one registry, read as normals by another.
    var registry = InitializerRegistry.standard
    registry.register("Ramp") { _ in RandomNormalInitializer(standardDeviation: 1) }
    var graph = VariableGraph()
    try graph.declare("ramp", shape: [40, 40], initializer: Ramp())
    let report = try await store("s", graph).report(registry: registry)
    #expect(report.deviating == ["ramp"])
    #expect(report.html.contains("where 0.0 is promised"))
  }

  @Test func `statistics of a damaged or strange row do not trap`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("a", shape: [60], initializer: .normal())
    let store = try await store("s", graph)
    for change in [
      "minimum = 5, maximum = -5", "minimum = NULL, maximum = NULL", "minimum = -9e999",
      "maximum = 9e999", "minimum = -1e308, maximum = 1e308", "mean = 9e999",
    ] {
      let statement = "UPDATE payload SET \(change);"
      #expect(try ChildProcess.run("sqlite3", [store.path, statement]).status == 0)
      let report = try CheckpointStore(path: store.path, for: .read).report()
      #expect(try column("mean", data(report.html)).count == 1, "\(change)")
    }
  }

  @Test func `heat maps of many matrices get coarser`() async throws {
    var graph = VariableGraph(seed: 1)
    for number in 0..<3000 {
      try graph.declare("m\(number)", shape: [30, 30], initializer: .normal())
    }
    let html = try await store("s", graph).report().html
    // 3,000 grids of 24 × 24 in base 64 are 2.3 MB.
    #expect(html.utf8.count < 4_000_000)
    guard case .array(let grid)? = try column("grid", data(html)).last else { return }
    #expect(grid[2] == 24 && grid[3] == 24)
  }
}
