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
  /// A value that came from outside cannot be made again: the digest that its declaration says counts.
  ///
  /// - Throws: `RuntimeError.Code.fillFailed`, `CancellationError`.
  public func mismatches(with digests: [String: Digest]) async throws -> [Mismatch] {
    let variables = graph.variables.filter { digests[$0.name] != nil }
    let found = Mutex(
      variables.compactMap { variable -> Mismatch? in
        guard let declared = variable.initializer.declaredDigest,
          let stored = digests[variable.name], stored != declared
        else { return nil }
        return Mismatch(name: variable.name, expected: stored, found: declared)
      })
    let pipeline = FillPipeline(
      graph: graph, variables: variables.filter { $0.initializer.declaredDigest == nil },
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
