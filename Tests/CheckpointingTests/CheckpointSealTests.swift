import Foundation
import GRDB
import Nascent
import TestSupport
import Testing

/// Rows that were changed with their indexes, as no flipped bit does it, are not those of a fingerprint.
struct CheckpointSealTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
  }

  private func change(_ sql: String) throws {
    try DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
  }

  private static func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 3)
    try graph.declare("own", shape: [4, 6], initializer: .glorotUniform(seed: 7))
    try graph.declare("drawn", shape: [4, 6], initializer: .heNormal())
    try graph.declare("zeros", shape: [0, 4], initializer: .zeros)
    try graph.declare("sum", as: .value("own") + "drawn")
    try graph.tie("alias", to: "own")
    return graph
  }

  @Test(arguments: [
    ("UPDATE variable SET initializer = replace(initializer, '7', '8') WHERE name = 'own'", "own"),
    ("UPDATE variable SET initializer_version = 2 WHERE name = 'drawn'", "drawn"),
    ("UPDATE variable SET shape = '[6,4]' WHERE name = 'drawn'", "drawn"),
    ("UPDATE variable SET shape = '[0,5]' WHERE name = 'zeros'", "zeros"),
    ("UPDATE variable SET dtype = 'int32' WHERE name = 'drawn'", "drawn"),
    ("UPDATE variable SET dialect = 'jax' WHERE name = 'drawn'", "drawn"),
    ("UPDATE variable SET seed_origin = 'none' WHERE name = 'own'", "own"),
    ("UPDATE variable SET graph_seed = 4 WHERE name = 'drawn'", "drawn"),
    ("UPDATE variable SET graph_seed = NULL WHERE name = 'drawn'", "drawn"),
    (
      "UPDATE variable SET fingerprint = randomblob(32) WHERE name = 'sum'", "sum"
    ),
    (
      "UPDATE variable SET initializer = replace(initializer, 'drawn', 'own') WHERE name = 'sum'",
      "sum"
    ),
  ])
  func `a changed declaration is named when it is read`(sql: String, name: String) async throws {
    _ = try await Runtime(graph: Self.graph(), store: CheckpointStore(path: path)).materialize()
    try change(sql)
    let store = try CheckpointStore(path: path, for: .read)
    let message = """
      Checkpoint "initial" is damaged: the declaration of variable "\(name)" does not have its fingerprint.
      Restore the file from a copy, or materialize the graph into a new store; `nascent verify` lists \
      all that is wrong.
      """
    for read in [
      { _ = try store.variables(in: "initial") }, { _ = try store.variable(name, in: "initial") },
      { _ = try store.tensor(named: name) }, { _ = try store.slice(of: name, elements: 0..<1) },
      { _ = try store.description(of: name, in: "initial") }, { _ = try store.graph() },
      { _ = try store.descriptions(in: "initial") },
    ] as [() throws -> Void] {
      #expect {
        try read()
      } throws: {
        "\($0)" == message && ($0 as? CheckpointError)?.code == .damaged
      }
    }
    let flaws = try store.verify().flaws
    #expect(flaws.contains("the declaration of variable \"\(name)\" does not have its fingerprint"))
    // Another variable's row is proved by itself.
    let other = name == "own" ? "drawn" : "own"
    let expected = try await Runtime(graph: Self.graph()).value(of: other)
    #expect(try store.tensor(named: other).isIdentical(to: expected))
  }

  @Test(arguments: [
    (
      "UPDATE variable SET name = 'other' WHERE name = 'zeros'",
      "its variables and aliases do not have its spec fingerprint"
    ),
    (
      "UPDATE variable SET alias_of = 'drawn' WHERE name = 'alias'",
      "its variables and aliases do not have its spec fingerprint"
    ),
    (
      "DELETE FROM variable WHERE name = 'zeros'",
      "its variables and aliases do not have its spec fingerprint"
    ),
    (
      "UPDATE variable SET alias_of = 'nobody' WHERE name = 'alias'",
      "alias \"alias\" stands for a variable that is not there"
    ),
    (
      "UPDATE variable SET initializer = '{}' WHERE name = 'alias'",
      "alias \"alias\" is declared otherwise than its variable"
    ),
    ("UPDATE checkpoint SET seed = 4", "its seed is not the one that its variables draw from"),
    ("UPDATE checkpoint SET dialect = 'klingon'", "there is no dialect \"klingon\""),
    (
      "UPDATE checkpoint SET spec_fingerprint = randomblob(32)",
      "its variables and aliases do not have its spec fingerprint"
    ),
    (
      "UPDATE variable SET fingerprint_version = 2 WHERE name = 'own'",
      "variable \"own\" has a fingerprint of another kind"
    ),
  ])
  func `a changed checkpoint is damaged`(sql: String, reason: String) async throws {
    _ = try await Runtime(graph: Self.graph(), store: CheckpointStore(path: path)).materialize()
    try change(sql)
    let store = try CheckpointStore(path: path, for: .read)
    #expect(throws: CheckpointError.self) { try store.variables(in: "initial") }
    #expect(try store.verify().flaws.contains(reason))
  }

  @Test(arguments: [
    "UPDATE checkpoint SET content_digest = randomblob(32)",
    """
    UPDATE variable SET payload_id = (SELECT payload_id FROM variable WHERE name = 'drawn')
    WHERE name = 'own'
    """,
  ])
  func `the digest of another value is damage, and no value is made again of less`(
    sql: String
  ) async throws {
    _ = try await Runtime(graph: Self.graph(), store: CheckpointStore(path: path)).materialize()
    try change(sql)
    let store = try CheckpointStore(path: path, for: .read)
    #expect(try store.graph().fingerprint() == Self.graph().fingerprint())
    #expect(
      try store.verify().flaws.contains("the digests of its values do not have its content digest"))
    for read in [
      { _ = try store.variables(in: "initial") }, { _ = try store.tensor(named: "own") },
      { _ = try store.checkpoint(named: "initial") },
    ] as [() throws -> Void] {
      #expect {
        try read()
      } throws: {
        ($0 as? CheckpointError)?.code == .damaged
      }
    }
  }

  @Test func `graphs of every dialect read back`() async throws {
    let store = try CheckpointStore(path: path)
    let graphs = try [
      "a": Models.mixed(), "b": Models.jax(.jax), "c": Models.jax(.jaxOriginal),
      "d": Models.jax(.flaxNNX), "e": Models.jax(.flaxLinen, seed: 1 << 40),
      "f": TorchModels.lenet(), "g": TorchModels.transformerLayer(seed: -1),
      "h": TorchModels.embeddingLSTM(),
    ]
    for (name, graph) in graphs.sorted(by: { $0.key < $1.key }) {
      let runtime = Runtime(graph: graph, store: store, checkpoint: name)
      _ = try await runtime.materialize(matching: ["none"])
      #expect(try store.verify(name).flaws == [], "\(name)")
      #expect(try store.graph(of: name).fingerprint() == graph.fingerprint(), "\(name)")
    }
  }

  /// Flax's keys have 32 bits of a seed: rows of an equal one are not written anew.
  @Test func `another seed that draws the same is no damage`() async throws {
    let store = try CheckpointStore(path: path)
    for seed in [5, 5 + 1 << 32] as [Int64] {
      let graph = try Models.jax(.flaxNNX, seed: seed)
      _ = try await Runtime(graph: graph, store: store).materialize()
      #expect(try store.verify().flaws == [])
    }
  }

  @Test(arguments: [Dialect.tensorFlow, .flaxNNX])
  func `what is kept for variables that are not bound is no damage`(dialect: Dialect) async throws {
    func graph(isBound: Bool, seed: Int64 = 1) throws -> VariableGraph {
      var graph = VariableGraph(seed: seed, dialect: dialect)
      try graph.declare("w", shape: [.unknown, 2], initializer: .heNormal())
      try graph.declare("v", shape: [3], initializer: .normal())
      try graph.declare("u", shape: [3], initializer: .ones)
      try graph.tie("t", to: "w")
      if isBound { try graph.bind("w", shape: [4, 2]) }
      return graph
    }
    let store = try CheckpointStore(path: path)
    // First without `w`, whose place in Flax's streams counts all the same.
    for (isBound, seed) in [(false, 1), (true, 1), (false, 2), (true, 2)] as [(Bool, Int64)] {
      let runtime = Runtime(graph: try graph(isBound: isBound, seed: seed), store: store)
      guard seed == 1 else {
        // The declaration of `w` that stays is of the other seed.
        await #expect {
          try await runtime.materialize(matching: ["v", "u"])
        } throws: {
          "\($0)".contains("w: it draws from seed 1, and the graph's is 2")
        }
        continue
      }
      _ = try await runtime.materialize(matching: ["v", "u"])
      #expect(try store.verify().flaws == [], "\(isBound) \(seed)")
      #expect(try store.tensor(named: "v").isIdentical(to: await runtime.value(of: "v")))
    }
  }
}
