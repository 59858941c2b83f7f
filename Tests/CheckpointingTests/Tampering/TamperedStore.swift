import Foundation
import GRDB
import Nascent
import TestSupport

/// A small store that is changed in one place at a time, and what belongs to it.
struct TamperedStore: Sendable {
  /// A checkpoint and what was declared in it.
  struct Checkpoint: Sendable {
    let name: String
    let graph: VariableGraph
    /// The names of the variables and aliases, as they are in the intact file.
    let names: [String]
  }

  let name: String
  /// The intact file, with small pages, so that copies are cheap.
  let path: String
  let checkpoints: [Checkpoint]
  /// Whose folder holds all files.
  let folder: TemporaryFolder
  /// The intact file.
  let bytes: Data
  var main: Checkpoint { checkpoints[0] }

  private init(
    _ name: String, in folder: TemporaryFolder, _ graphs: [(String, VariableGraph?)],
    fill: (String) async throws -> Void
  ) async throws {
    self.name = name
    self.folder = folder
    path = folder.path("\(name).db")
    try await fill(path)
    let (url, path) = (URL(filePath: path), path)
    try await DatabaseQueue(path: path).writeWithoutTransaction {
      try $0.execute(sql: "PRAGMA page_size = 2048; VACUUM")
    }
    bytes = try Data(contentsOf: url)
    let store = try CheckpointStore(path: path, for: .read)
    checkpoints = try graphs.map { name, graph in
      Checkpoint(
        name: name, graph: try graph ?? store.graph(of: name),
        names: try store.variables(in: name).map(\.name))
    }
  }

  /// One of the stores.
  static func named(_ name: String, in folder: TemporaryFolder) async throws -> TamperedStore? {
    switch name {
    case "values": try await values(in: folder)
    case "large": try await large(in: folder)
    case "training": try await training(in: folder)
    case "recipes": try await recipes(in: folder)
    case "flax": try await flax(in: folder)
    case "part": try await part(in: folder)
    default: nil
    }
  }

  /// All stores, in one folder.
  static func all() async throws -> [TamperedStore] {
    let folder = try TemporaryFolder()
    return try await [
      values(in: folder), large(in: folder), training(in: folder), recipes(in: folder),
      flax(in: folder),
      imported(in: folder), part(in: folder), catalog(in: folder), merged(in: folder),
    ]
  }

  /// Two variables of one size, and each kind of row that a run writes; other values of the same declarations
  /// beside them.
  private static func values(in folder: TemporaryFolder) async throws -> TamperedStore {
    func graph(seed: Int64) throws -> VariableGraph {
      var graph = VariableGraph(seed: seed)
      try graph.declare("kernel", shape: [4, 3], initializer: .heNormal())
      try graph.declare("other", shape: [4, 3], initializer: .normal(), metadata: ["kind": "w"])
      guard seed == 7 else { return graph }
      try graph.declare("half", shape: [7], dtype: .float16, initializer: .glorotUniform(seed: 7))
      try graph.declare("empty", shape: [0, 4], initializer: .zeros)
      try graph.declare("sum", as: .value("kernel") + "other")
      try graph.tie("tied", to: "kernel")
      return graph
    }
    let graphs = try [graph(seed: 7), graph(seed: 8)]
    return try await TamperedStore(
      "values", in: folder, [("initial", graphs[0]), ("second", graphs[1])]
    ) { path in
      let store = try CheckpointStore(path: path)
      _ = try await Runtime(graph: graphs[0], store: store).materialize()
      _ = try await Runtime(graph: graphs[1], store: store, checkpoint: "second").materialize()
    }
  }

  /// Three chunks, of which two have one length.
  private static func large(in folder: TemporaryFolder) async throws -> TamperedStore {
    var declared = VariableGraph(seed: 10)
    try declared.declare("table", shape: [524_300], initializer: .uniform(in: -1..<1))
    try declared.declare("bias", shape: [3], initializer: .zeros)
    let graph = declared
    return try await TamperedStore("large", in: folder, [("initial", graph)]) { path in
      _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()
    }
  }

  private static func pair(seed: Int64, dialect: Dialect = .tensorFlow) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed, dialect: dialect)
    try graph.declare("a", shape: [4, 3], initializer: .heNormal())
    try graph.declare("b", shape: [4, 3], initializer: .normal())
    try graph.declare("c", shape: [3], initializer: .zeros)
    return graph
  }

  /// Two steps with metrics and metadata, an assigned value, and one that all steps share.
  private static func training(in folder: TemporaryFolder) async throws -> TamperedStore {
    let graph = try pair(seed: 3)
    return try await TamperedStore(
      "training", in: folder, [("step-20", graph), ("step-10", graph), ("initial", graph)]
    ) { path in
      let store = try CheckpointStore(path: path)
      _ = try await Runtime(graph: graph, store: store).materialize()
      let runtime = Runtime(graph: graph, store: store)
      for step in [10, 20] {
        let values = (0..<12).map { Float($0 * step) }
        try await runtime.assign("a", Tensor(values, shape: Shape([4, 3])))
        try await store.save(
          runtime, step: step, metrics: ["loss": 1 / Double(step), "accuracy": Double(step) / 40],
          metadata: ["note": .string("after \(step)")])
      }
    }
  }

  /// Digests without bytes.
  private static func recipes(in folder: TemporaryFolder) async throws -> TamperedStore {
    var declared = try pair(seed: 4)
    try declared.declare("wide", shape: [262_200], initializer: .uniform())
    try declared.declare("sum", as: .value("a") + "b")
    try declared.tie("tied", to: "a")
    let graph = declared
    return try await TamperedStore("recipes", in: folder, [("initial", graph)]) { path in
      _ = try await Runtime(graph: graph, store: CheckpointStore(path: path))
        .materialize(isRecipe: true)
    }
  }

  /// A dialect in which the order of declaration is part of the meaning.
  private static func flax(in folder: TemporaryFolder) async throws -> TamperedStore {
    let graph = try pair(seed: 5, dialect: .flaxNNX)
    return try await TamperedStore(
      "flax", in: folder, [("initial", graph), ("stored", graph)]
    ) { path in
      let store = try CheckpointStore(path: path)
      _ = try await Runtime(graph: graph, store: store).materialize(isRecipe: true)
      _ = try await Runtime(graph: graph, store: store, checkpoint: "stored").materialize()
    }
  }

  /// Values that nothing can make again.
  private static func imported(in folder: TemporaryFolder) async throws -> TamperedStore {
    let graph = try pair(seed: 6)
    return try await TamperedStore("imported", in: folder, [("initial", nil)]) { path in
      let file = folder.path("model.safetensors")
      let source = try CheckpointStore(path: folder.path("source.db"))
      _ = try await Runtime(graph: graph, store: source).materialize()
      _ = try await source.export(to: file)
      let store = try CheckpointStore(path: path)
      _ = try await ModelImport(from: ModelFile.open(file)).store(in: store)
    }
  }

  private static func cut() throws -> VariableGraph {
    var graph = VariableGraph(seed: 9)
    try graph.declare("u", shape: [786_432], initializer: .uniform())
    try graph.declare("v", shape: [786_432], initializer: .uniform())
    return graph
  }

  /// Some chunks of two values of one size.
  private static func part(in folder: TemporaryFolder) async throws -> TamperedStore {
    let graph = try cut()
    return try await TamperedStore("part", in: folder, [("initial", graph)]) { path in
      _ = try await Runtime(graph: graph, store: CheckpointStore(path: path))
        .materialize(share: Share(index: 1, of: 3))
    }
  }

  private static func halves(in folder: TemporaryFolder, _ name: String) async throws -> [String] {
    let graph = try pair(seed: 11)
    var paths: [String] = []
    for index in 0..<2 {
      let path = folder.path("\(name)-half\(index).db")
      _ = try await Runtime(graph: graph, store: CheckpointStore(path: path))
        .materialize(share: Share(index: index, of: 2))
      paths.append(path)
    }
    return paths
  }

  /// A store whose bytes lie in others.
  private static func catalog(in folder: TemporaryFolder) async throws -> TamperedStore {
    let halves = try await halves(in: folder, "catalog")
    return try await TamperedStore("catalog", in: folder, [("initial", pair(seed: 11))]) { path in
      _ = try await CheckpointStore(path: path).merge(halves, asCatalog: true)
    }
  }

  /// A store that two parts made.
  private static func merged(in folder: TemporaryFolder) async throws -> TamperedStore {
    let halves = try await halves(in: folder, "merged")
    return try await TamperedStore("merged", in: folder, [("initial", pair(seed: 11))]) { path in
      _ = try await CheckpointStore(path: path).merge(halves)
    }
  }
}
