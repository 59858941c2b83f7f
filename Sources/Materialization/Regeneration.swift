internal import Checkpointing
internal import Evaluation
internal import Synchronization
public import Tensors
public import VariableGraph

/// Makes values again and compares them with the digests of a store, without writing.
public struct Regeneration: Sendable {
  /// A variable whose remade value is another than the stored digest says.
  public struct Mismatch: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// The stored digest.
    public let expected: Digest
    /// The digest of the value as it is made now.
    public let found: Digest
  }

  private let graph: VariableGraph
  private let configuration: RuntimeConfiguration

  /// Prepares to remake the variables of a graph.
  public init(
    graph: VariableGraph, configuration: RuntimeConfiguration = RuntimeConfiguration()
  ) {
    self.graph = graph
    self.configuration = configuration
  }

  /// The variables whose values differ from `digests`; variables without a digest are left out.
  ///
  /// - Throws: `RuntimeError.Code.fillFailed`, `CancellationError`.
  public func mismatches(with digests: [String: Digest]) async throws -> [Mismatch] {
    let found = Mutex<[Mismatch]>([])
    let pipeline = FillPipeline(
      graph: graph, variables: graph.variables.filter { digests[$0.name] != nil },
      configuration: configuration, evaluation: Evaluation(graph, configuration)
    ) { units in
      for variable in units.flatMap(\.finished) {
        if let expected = digests[variable.name], expected != variable.digest {
          let mismatch = Mismatch(
            name: variable.name, expected: expected, found: variable.digest)
          found.withLock { $0.append(mismatch) }
        }
      }
    }
    try await pipeline.run()
    return found.withLock { $0 }
  }
}
