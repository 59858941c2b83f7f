public import Filling
internal import Synchronization
public import Tensors
public import VariableGraph

/// Makes values again, to compare them with the digests of a store, to read recipes, and to mend.
public struct Regeneration: Sendable {
  /// A variable whose remade value is another than the stored digest says.
  public typealias Mismatch = VerificationReport.Mismatch

  let graph: VariableGraph
  private let configuration: RuntimeConfiguration
  private let evaluation: Evaluation

  /// Prepares to remake the variables of a graph.
  public init(
    graph: VariableGraph, configuration: RuntimeConfiguration = RuntimeConfiguration()
  ) {
    self.graph = graph
    self.configuration = configuration
    evaluation = Evaluation(graph, configuration)
  }

  /// What makes the elements of a variable.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`, `RuntimeError.Code.fillFailed`, `CancellationError`.
  public func elements(of name: String) async throws -> RemadeElements {
    let variable = try graph.variable(named: name)
    do {
      return RemadeElements(
        isElementwise: variable.isElementwise,
        source: RemadeSource(
          variable: variable, target: try await evaluation.target(for: variable)))
    } catch {
      throw RuntimeError.fillFailed(variable, error)
    }
  }

  /// True where any range of a variable's elements is made alone, and where there is no such variable.
  package func isElementwise(_ name: String) -> Bool { graph[name]?.isElementwise ?? true }

  /// The variables whose values differ from `digests`; variables without digests are left out.
  ///
  /// A value that came from outside cannot be made again: the digest that its declaration says counts.
  ///
  /// - Throws: `RuntimeError.Code.fillFailed`, `CancellationError`.
  public func mismatches(with digests: NameTable<ValueDigest>) async throws -> [Mismatch] {
    let variables = graph.variables.filter { digests[$0.name] != nil }
    let found = Mutex(
      variables.compactMap { variable -> Mismatch? in
        guard let declared = variable.initializer.declaredDigest,
          let stored = digests[variable.name]?.sha256, stored != declared
        else { return nil }
        return Mismatch(name: variable.name, expected: stored, found: declared)
      })
    let made = variables.filter { $0.initializer.declaredDigest == nil }
    let byteCounts = NameTable(byName: made.lazy.map { ($0.name, $0.byteCount) })
    let trees = Mutex<NameTable<DigestTree>>([:])
    let pipeline = FillPipeline(
      graph: graph, parts: made.map { VariablePart($0) }, configuration: configuration,
      evaluation: evaluation
    ) { units in
      for unit in units {
        trees.withLock { trees in
          for chunk in unit.chunks {
            trees[chunk.variable, default: DigestTree()].append(chunk.digest)
          }
        }
        for variable in unit.finished {
          let tree =
            trees.withLock { $0.removeValue(forKey: NameKey(variable.name)) } ?? DigestTree()
          guard let expected = digests[variable.name], let byteCount = byteCounts[variable.name]
          else { continue }
          let root = tree.root(byteCount: byteCount)
          if let digest = expected.sha256, digest != variable.digest {
            let mismatch = Mismatch(name: variable.name, expected: digest, found: variable.digest)
            found.withLock { $0.append(mismatch) }
          } else if expected.root != root {
            let mismatch = Mismatch(name: variable.name, expected: expected.root, found: root)
            found.withLock { $0.append(mismatch) }
          }
        }
      }
    }
    try await pipeline.run()
    return found.withLock { $0 }
  }
}

/// How deep a verification looks.
public enum VerificationLevel: String, Sendable, Hashable, CaseIterable {
  /// Stored bytes are hashed, and rows are compared with their fingerprints and digests.
  case stored
  /// The values are made again as well, and compared.
  case regenerate
}

extension CheckpointStore {
  /// The graph that a checkpoint was declared with, by initializers that are given.
  package func declaredGraph(
    of checkpoint: String, _ registry: InitializerRegistry
  ) throws -> VariableGraph {
    let summary = try recordedCheckpoint(named: checkpoint)
    var graph = VariableGraph(seed: summary.seed, dialect: try Dialect(named: summary.dialect))
    let stored = try declaredVariables(in: checkpoint)
    for variable in stored where variable.aliasOf == nil {
      try graph.declare(
        variable.name, shape: variable.shape.dimensions, dtype: variable.scalarType,
        initializer: registry.initializer(variable.initializer), metadata: variable.metadata)
    }
    for variable in stored {
      if let target = variable.aliasOf { try graph.tie(variable.name, to: target) }
    }
    // What a fingerprint does not name, such as the order, can yet be part of what is drawn.
    let declared = stored.filter { $0.aliasOf == nil }
    for (variable, (_, fingerprint)) in zip(declared, graph.fingerprints())
    where variable.fingerprint != fingerprint {
      throw CheckpointError.damagedDeclaration(variable.name, checkpoint: checkpoint)
    }
    return graph
  }

  /// Makes the values of a checkpoint again, and adds to a report of its stored bytes which are others.
  package func regenerating(
    _ report: VerificationReport, _ registry: InitializerRegistry
  ) async throws -> VerificationReport {
    // What is not declared as it was cannot be made again.
    guard report.flaws.isEmpty else { return report }
    let graph = try declaredGraph(of: report.checkpoint, registry)
    let stored = try variables(in: report.checkpoint)
    let digests = NameTable(
      byName: stored.filter { !$0.isAssigned }.compactMap { variable in
        variable.valueDigest.map { (variable.name, $0) }
      })
    return VerificationReport(
      report, mismatches: try await Regeneration(graph: graph).mismatches(with: digests),
      assigned: stored.filter(\.isAssigned).map(\.name),
      imported: graph.variables.filter { $0.initializer.declaredDigest != nil }.map(\.name))
  }
}

/// The elements of a variable, by its initializer.
private struct RemadeSource: ElementSource {
  let variable: Variable
  let target: FillTarget

  func fill(_ span: inout MutableRawSpan, elements range: Range<Int>) throws {
    do {
      try variable.initializer.fill(&span, elements: range, of: target)
    } catch {
      throw RuntimeError.fillFailed(variable, error)
    }
  }
}
