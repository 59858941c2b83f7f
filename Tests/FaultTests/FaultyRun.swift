#if os(Linux)
  import Foundation
  import Nascent
  import TestSupport

  /// `nascent materialize` of one small graph, as a process in whose way a fault is put: `faults.c` says
  /// what there is.
  struct FaultyRun {
    /// What a store of the graph must hold in the end.
    struct Expectation: Sendable {
      let graph: VariableGraph
      let contentDigest: Digest
      var variableCount: Int { graph.variables.count }
    }

    let folder: TemporaryFolder
    private let manifest: String
    var store: String { folder.path("s.db") }

    /// Writes the manifest.
    init(_ graph: VariableGraph? = nil) throws {
      folder = try TemporaryFolder()
      manifest = folder.path("g.json")
      try Self.manifest(graph).write(to: URL(filePath: manifest))
    }

    /// A graph, or the usual one, as a manifest.
    static func manifest(_ graph: VariableGraph? = nil) throws -> Data {
      try GraphManifest(registry: .standard).data(from: graph ?? self.graph())
    }

    /// Runs to the end, whichever it is.
    ///
    /// - Parameter other: Another name of the store.
    /// - Parameter seed: The graph's, in place of its own.
    func callAsFunction(
      store other: String? = nil, seed: Int? = nil, fault: String? = nil, counts: String? = nil,
      log: String? = nil,
      killedAfter seconds: Double? = nil
    ) throws -> ChildProcess {
      var environment = ["LD_PRELOAD": try Self.library.get(), "NASCENT_FAULT_CLOCK": "1000"]
      environment["NASCENT_FAULT"] = fault
      environment["NASCENT_FAULT_COUNTS"] = counts
      environment["NASCENT_FAULT_LOG"] = log
      return try ChildProcess.run(
        ChildProcess.nascent,
        ["materialize", manifest, "--store", other ?? store]
          + (seed.map { ["--seed", "\($0)"] } ?? []),
        environment: environment, killedAfter: seconds)
    }

    /// How often each kind of call is made by a run without a fault.
    static func callCounts(_ graph: VariableGraph? = nil) throws -> [String: Int] {
      try FaultyRun(graph).callCounts()
    }

    /// How often each kind of call is made by a run without a fault from here on.
    func callCounts() throws -> [String: Int] {
      let path = folder.path("counts")
      guard try self(counts: path).status == 0 else {
        throw FaultLibraryError(message: "no counts")
      }
      return try Self.counts(in: path)
    }

    /// What a run wrote of its calls.
    static func counts(in path: String) throws -> [String: Int] {
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
      return Dictionary(
        lines.map { line in
          let parts = line.split(separator: " ")
          return (String(parts[0]), Int(parts[1]) ?? 0)
        }
      ) { first, _ in first }
    }

    /// The graph and its content digest, from a run in memory's reach without any fault.
    static func expectation(_ graph: VariableGraph? = nil) async throws -> Expectation {
      let graph = try graph ?? self.graph()
      let folder = try TemporaryFolder()
      let report = try await Runtime(
        graph: graph, store: CheckpointStore(path: folder.path("s.db"))
      )
      .materialize()
      guard let digest = report.contentDigest else {
        throw FaultLibraryError(message: "a whole run has a content digest")
      }
      return Expectation(graph: graph, contentDigest: digest)
    }

    /// As few calls as a run of all kinds of variables can do with.
    ///
    /// - Parameter rows: Of its largest variable, 800 bytes each.
    static func smallGraph(rows: Int = 300) throws -> VariableGraph {
      var graph = VariableGraph(seed: 6)
      try graph.declare("kernel", shape: [64, 64], initializer: .heUniform())
      try graph.declare("bias", shape: [64], initializer: .zeros)
      try graph.declare("mix", shape: [24, 24], initializer: .orthogonal())
      try graph.declare("half", shape: [rows, 400], dtype: .float16, initializer: .normal())
      try graph.tie("head", to: "kernel")
      return graph
    }

    /// Large and small variables, whole-tensor, equal and tied ones: some megabytes.
    private static func graph() throws -> VariableGraph {
      var graph = VariableGraph(seed: 5)
      try graph.declare("embedding", shape: [200, 100], initializer: .heNormal())
      for layer in 0..<4 {
        try graph.scope("layer\(layer)") { graph in
          try graph.declare("kernel", shape: [64, 64], initializer: .heUniform())
          try graph.declare("bias", shape: [64], initializer: .zeros)
          try graph.declare("mix", shape: [24, 24], initializer: .orthogonal())
        }
      }
      try graph.declare("half", shape: [300, 2000], dtype: .float16, initializer: .normal())
      try graph.tie("head", to: "embedding")
      return graph
    }

    /// `faults.c`, compiled with Swift's own C compiler; the path of the library.
    static let library: Result<String, any Error> = Result {
      let folder = FileManager.default.temporaryDirectory.appending(
        path: "nascent-faults-\(ProcessInfo.processInfo.processIdentifier)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let path = folder.appending(path: "faults.so").path
      let source = ProjectFiles.root.appending(path: "Tests/FaultTests/faults.c").path
      let compiler = ChildProcess.isInstalled("clang") ? "clang" : "cc"
      let compiled = try ChildProcess.run(
        compiler, ["-shared", "-fPIC", "-O1", "-o", path, source, "-lsqlite3"])
      guard compiled.status == 0 else { throw FaultLibraryError(message: compiled.errors) }
      return path
    }
  }

  /// The library of faults cannot be made or used.
  struct FaultLibraryError: Error {
    let message: String
  }
#endif
