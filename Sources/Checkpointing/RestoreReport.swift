internal import Tensors
public import VariableGraph

/// How a checkpoint fits a graph: what can be restored, and everything that cannot.
public struct RestoreReport: Sendable, CustomStringConvertible {
  /// A variable that both have, with another shape or dtype.
  public struct Mismatch: Sendable, Hashable {
    /// The name.
    public let name: String
    /// Shape and dtype in the graph, such as `float32 [784, 128]`.
    public let declared: String
    /// Shape and dtype in the store.
    public let stored: String
  }

  /// Variables and aliases of the graph that the checkpoint has with the same shape and dtype.
  public let restorable: [String]
  /// Variables of the graph that the checkpoint does not have, or has without bytes.
  public let missing: [String]
  /// Variables of the checkpoint that the graph does not have.
  public let unexpected: [String]
  /// Variables with another shape or dtype. Nothing is cast.
  public let mismatching: [Mismatch]

  /// True when every variable of the graph can be restored, and nothing is left over.
  public var isComplete: Bool { missing.isEmpty && unexpected.isEmpty && mismatching.isEmpty }

  /// The counts, then a line for each variable that does not fit.
  public var description: String {
    var lines = [
      """
      \(restorable.count) restorable, \(missing.count) missing, \(unexpected.count) unexpected, \
      \(mismatching.count) mismatching
      """
    ]
    lines += missing.map { "  missing: \($0)" }
    lines += unexpected.map { "  unexpected: \($0)" }
    lines += mismatching.map {
      "  mismatching: \($0.name) is \($0.declared) in the graph and \($0.stored) in the store"
    }
    return lines.joined(separator: "\n")
  }
}

extension CheckpointStore {
  /// Compares a checkpoint with a graph, without reading values.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`.
  public func restoreReport(
    for graph: VariableGraph, from checkpoint: String = "initial"
  ) throws -> RestoreReport {
    let stored = try variables(in: checkpoint)
    let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
    let names = graph.variables.map(\.name) + graph.aliases.map(\.name)
    var restorable: [String] = []
    var missing: [String] = []
    var mismatching: [RestoreReport.Mismatch] = []
    for name in names {
      guard let declared = graph[name], let entry = byName[name],
        byName[entry.aliasOf ?? name]?.isMaterialized == true
      else {
        missing.append(name)
        continue
      }
      if declared.shape == entry.shape, declared.scalarType == entry.scalarType {
        restorable.append(name)
      } else {
        mismatching.append(
          RestoreReport.Mismatch(
            name: name, declared: "\(declared.scalarType) \(declared.shape)",
            stored: "\(entry.scalarType) \(entry.shape)"))
      }
    }
    let known = Set(names)
    return RestoreReport(
      restorable: restorable, missing: missing,
      unexpected: stored.map(\.name).filter { !known.contains($0) }, mismatching: mismatching)
  }
}
