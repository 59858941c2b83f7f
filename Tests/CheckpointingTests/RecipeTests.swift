import Foundation
import Nascent
import TestSupport
import Testing

/// Digests without bytes: what they cost, and what is made of them.
struct RecipeTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
  }

  private var file: StoreFile { StoreFile(path: path) }

  private func store(_ name: String = "s.db") throws -> CheckpointStore {
    try CheckpointStore(path: folder.path(name))
  }

  private func run(
    _ graph: VariableGraph, in name: String = "s.db", isRecipe: Bool = true
  ) async throws -> MaterializationReport {
    try await Runtime(graph: graph, store: store(name)).materialize(isRecipe: isRecipe)
  }

  /// All kinds of initializers, and expressions over them.
  private func mixed(seed: Int64 = 42) throws -> VariableGraph {
    var graph = try Models.mixed(seed: seed)
    try graph.declare("copy", as: .transpose("mixed/orthogonal"))
    try graph.declare("norm", as: .value("mixed/orthogonal").norm(axes: [0]))
    return graph
  }

  /// 64 MiB and a bit more.
  private static let largeCount = (64 << 18) + 300_001

  private func large() throws -> (VariableGraph, CountedInitializer<some Initializer>) {
    let initializer = CountedInitializer(RandomUniformInitializer(seed: 7))
    var graph = VariableGraph()
    try graph.declare("large", shape: [Self.largeCount], initializer: initializer)
    return (graph, initializer)
  }

  @Test func `a recipe has a digest for each 64 MiB, and no chunks`() async throws {
    _ = try await run(large().0)
    #expect(try file.number("SELECT count(*) FROM chunk") == 0)
    #expect(try file.number("SELECT count(*) FROM block") == 0)
    #expect(try file.number("SELECT length(subtrees) FROM payload") == 2 * 32)
    let variable = try store().variable("large", in: "initial")
    #expect(variable.isRecipe && variable.valueDigest != nil)
    #expect(try store().verify().isIntact)
  }

  @Test func `a recipe takes as much room as its names and one digest for 64 MiB`() async throws {
    var graph = VariableGraph()
    for number in 0..<100 {
      try graph.declare(
        "layers.\(number).self_attention.q_projection.weight", shape: [1000, 30 + number],
        initializer: .uniform())
    }
    _ = try await run(graph)
    let payloads = try file.number("SELECT count(*) FROM payload")
    #expect(payloads == 100)
    let byteCount = try file.number(
      """
      SELECT sum(pgsize - unused) FROM dbstat
      WHERE name IN ('variable', 'payload', 'payload_by_digest', 'variable_by_payload',
        'sqlite_autoindex_variable_1')
      """)
    // The whole Llama-3.1-70B table has 725 variables and 4,449 digests of 64 MiB.
    let empty =
      try file.number("PRAGMA page_size")
      * file.number(
        "SELECT count(*) FROM sqlite_schema WHERE rootpage > 0")
    print("recipes: \(byteCount / 100) bytes a variable, \(empty) bytes for empty tables")
    #expect(byteCount / 100 * 725 + 4449 * 32 + empty < 2_000_000)
  }

  @Test func `a slice makes the parts that it touches, and no more`() async throws {
    let (graph, initializer) = try large()
    _ = try await run(graph)
    let maker = Regeneration(graph: graph)
    let store = try store()
    _ = initializer.takeCount()
    let last = Self.largeCount
    for (range, made) in [
      (5..<9, 64 << 18), (last - 3..<last, 300_001),
      ((64 << 18) - 2..<(64 << 18) + 2, last), (0..<0, 0),
    ] {
      let slice = try await store.value(of: "large", elements: range, making: maker)
      #expect(initializer.takeCount() == made, "\(range)")
      let expected = try await Runtime(graph: graph).slice(of: "large", range)
      #expect(slice.isIdentical(to: expected), "\(range)")
      _ = initializer.takeCount()
    }
  }

  @Test func `every value of a recipe is the one that a run makes`() async throws {
    let graph = try mixed()
    _ = try await run(graph)
    let store = try store()
    let runtime = Runtime(graph: graph)
    for name in graph.variables.map(\.name) + ["head"] {
      let expected = try await runtime.value(of: name)
      #expect(try await store.value(of: name).isIdentical(to: expected), "\(name)")
      let count = expected.shape.elementCount
      let range = count / 3..<count - count / 4
      let slice = try await store.value(of: name, elements: range)
      #expect(slice.isIdentical(to: try expected.slice(elements: range)), "\(name)")
    }
    #expect(store.readByteCount == 0)
  }

  @Test func `another value than the recipe's is an error that names variable and part`()
    async throws
  {
    let (graph, _) = try large()
    _ = try await run(graph)
    var other = VariableGraph()
    try other.declare("large", shape: [Self.largeCount], initializer: .uniform(seed: 8))
    let maker = Regeneration(graph: other)
    let store = try store()
    await #expect {
      _ = try await store.value(
        of: "large", elements: Self.largeCount - 1..<Self.largeCount, making: maker)
    } throws: { error in
      guard let error = error as? CheckpointError else { return false }
      return error.code == .otherValue
        && error.message.contains(
          """
          Variable "large" of checkpoint "initial" is a recipe, and elements 16777216..<17077217, as they \
          are made now, have the digest
          """)
        && error.message.hasSuffix(
          """
          The recipe is damaged, or was made by a program that makes other values; materialize with \
          --on-existing replace to take the new values.
          """)
    }
  }

  @Test func `a value of which only the recipe is stored is not read as bytes`() async throws {
    _ = try await run(mixed())
    let store = try store()
    #expect {
      try store.tensor(named: "mixed/he")
    } throws: {
      "\($0)" == """
        Of variable "mixed/he" of checkpoint "initial" only the recipe is stored.
        Ask for it with `value(of:)`, which makes and checks it, or materialize it first.
        """
    }
    await #expect {
      try await store.value(of: "mixed/bias", elements: 3..<18)
    } throws: {
      ($0 as? CheckpointError)?.code == .rangeOutOfBounds
    }
  }

  @Test func `filling a recipe in changes no digest, and leaves no recipe behind`() async throws {
    let recipe = try await run(mixed())
    let whole = try await run(mixed(), isRecipe: false)
    #expect(whole.contentDigest == recipe.contentDigest)
    #expect(whole.count(of: .materialized) == 14)
    #expect(whole.outcomes.first?.reason == "only the recipe was stored")
    #expect(try file.number("SELECT count(*) FROM payload WHERE is_recipe = 1") == 0)
    #expect(try store().verify().isIntact)
  }

  @Test(arguments: ["sha256", "root"])
  func `a value that is not what its recipe says is not stored`(column: String) async throws {
    var graph = VariableGraph(seed: 4)
    try graph.declare("a", shape: [700_000], initializer: .normal())
    try graph.declare("b", shape: [3], initializer: .normal())
    _ = try await run(graph)
    let other = String(repeating: "ab", count: 32)
    try file.change(
      """
      UPDATE payload SET \(column) = x'\(other)' WHERE id =
        (SELECT payload_id FROM variable WHERE name = 'b')
      """)
    let before = try file.dump()
    await #expect {
      try await run(graph, isRecipe: false)
    } throws: {
      ($0 as? CheckpointError)?.code == .damaged
        && "\($0)".contains("the row of variable \"b\", or of its value, does not have its seal")
    }
    #expect(try file.dump() == before)
    // Who asks for the new value gets it.
    let replaced = try await Runtime(graph: graph, store: store()).materialize(policy: .replace)
    #expect(replaced.outcomes.map(\.action) == [.replaced, .replaced])
    #expect(replaced.outcomes[1].reason == "remade: its row was damaged")
    #expect(try store().verify().isIntact)
  }

  @Test(arguments: [
    "UPDATE payload SET subtrees = x'' WHERE byte_count > 0", "UPDATE payload SET subtrees = NULL",
    "UPDATE payload SET subtrees = x'00'", "UPDATE payload SET subtrees = zeroblob(32)",
    "UPDATE payload SET subtrees = zeroblob(320000)", "UPDATE payload SET root = NULL",
    "UPDATE payload SET root = zeroblob(32)",
    "UPDATE variable SET shape = '[1000,300000]', byte_count = 1200000000",
    "UPDATE variable SET shape = '[1152921504606846975]', byte_count = 4611686018427387900",
  ])
  func `a recipe whose digests do not give its root is damaged`(sql: String) async throws {
    var graph = VariableGraph(seed: 4)
    try graph.declare("b", shape: [3], initializer: .normal())
    _ = try await run(graph)
    try file.change(sql)
    let store = try CheckpointStore(path: path, for: .read)
    let report = try store.verify()
    // The seal binds the root; the root binds the digests below it.
    let isBelowRoot = sql.contains("SET subtrees")
    #expect(report.damages.map(\.part) == (isBelowRoot ? [.digests] : [.row, .digests]))
    #expect(report.damages.allSatisfy { $0.variable == "b" })
    await #expect {
      try await store.value(of: "b")
    } throws: {
      ($0 as? CheckpointError)?.code == .damaged
    }
  }

  @Test(arguments: ["safetensors", "npz"])
  func `a recipe is exported as its value is`(format: String) async throws {
    _ = try await run(mixed())
    _ = try await run(mixed(), in: "whole.db", isRecipe: false)
    let paths = [folder.path("a.\(format)"), folder.path("b.\(format)")]
    let report = try await store().export(to: paths[0])
    _ = try await store("whole.db").export(to: paths[1])
    let files = try paths.map { try Data(contentsOf: URL(filePath: $0)) }
    #expect(files[0] == files[1])
    #expect(report.contentDigest.hex == (try store().checkpoint(named: "initial")).contentDigest)
  }

  @Test func `a recipe is restored as its value is`() async throws {
    let graph = try mixed()
    _ = try await run(graph)
    let runtime = Runtime(graph: graph)
    let report = try await runtime.restore(from: store())
    #expect(report.isComplete)
    let expected = try await Runtime(graph: graph).value(of: "copy")
    #expect(try await runtime.value(of: "copy").isIdentical(to: expected))
  }
}
