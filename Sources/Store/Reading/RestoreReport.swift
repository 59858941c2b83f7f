public import Tensors

/// How a checkpoint fits a graph: what can be restored and how, and everything that cannot.
public struct RestoreReport: Sendable, CustomStringConvertible {
  /// Where the value of a variable comes from.
  public struct Source: Sendable, Hashable {
    /// The name in the graph.
    public let name: String
    /// The name in the checkpoint.
    public let storedName: String
    /// The shape in the graph.
    public let shape: Shape
    /// The shape in the checkpoint.
    public let storedShape: Shape
    /// The dtype in the graph.
    public let scalarType: ScalarType
    /// The dtype in the checkpoint.
    public let storedType: ScalarType
    /// The order that the axes are brought into, where they change.
    public let axes: [Int]?
    /// True where the value is the one that the graph's declaration makes.
    package let isInitial: Bool
  }

  /// A variable that both have, with another shape or dtype.
  public struct Mismatch: Sendable, Hashable {
    /// The name in the graph.
    public let name: String
    /// Shape and dtype in the graph, such as `float32 [784, 128]`.
    public let declared: String
    /// Shape and dtype in the store.
    public let stored: String
    /// What would make it fit, where something would.
    public let remedy: String?
  }

  /// Where the values come from, for each variable of the graph that can be restored, in order.
  public let sources: [Source]
  /// Variables and aliases of the graph that can be restored.
  public let restorable: [String]
  /// Variables of the graph that the checkpoint does not have, or has without bytes.
  public let missing: [String]
  /// Variables of the checkpoint that the graph does not have, by their names in the checkpoint.
  public let unexpected: [String]
  /// Variables with another shape or dtype. Nothing is cast or transposed without consent.
  public let mismatching: [Mismatch]
  /// Variables of the graph that are not selected.
  public let leftOut: [String]

  /// True when every selected variable can be restored.
  public var isRestorable: Bool { missing.isEmpty && mismatching.isEmpty }
  /// True when every selected variable can be restored, and nothing is left over.
  public var isComplete: Bool { isRestorable && unexpected.isEmpty }
  /// Those with another name in the checkpoint.
  public var renamed: [Source] { sources.filter { NameKey($0.name) != NameKey($0.storedName) } }
  /// Those with their axes in another order.
  public var transposed: [Source] { sources.filter { $0.axes != nil } }
  /// Those with another dtype.
  public var cast: [Source] { sources.filter { $0.scalarType != $0.storedType } }

  /// The counts, then a line for each variable that changes on its way or does not fit.
  public var description: String {
    let changes = [
      (renamed.count, "renamed"), (transposed.count, "transposed"), (cast.count, "cast"),
    ]
    .filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    var lines = [
      """
      \(restorable.count) restorable\(changes.isEmpty ? "" : " (\(changes.joined(separator: ", ")))"), \
      \(missing.count) missing, \(unexpected.count) unexpected, \(mismatching.count) mismatching\
      \(leftOut.isEmpty ? "" : ", \(leftOut.count) left out")
      """
    ]
    lines += renamed.map { "  renamed: \($0.storedName) to \($0.name)" }
    lines += transposed.map {
      "  transposed: \($0.name) from \($0.storedShape) to \($0.shape), axes \($0.axes ?? [])"
    }
    lines += cast.map { "  cast: \($0.name) from \($0.storedType) to \($0.scalarType)" }
    lines += missing.map { "  missing: \($0)" }
    lines += unexpected.map { "  unexpected: \($0)" }
    lines += mismatching.map {
      "  mismatching: \($0.name) is \($0.declared) in the graph and \($0.stored) in the store"
        + ($0.remedy.map { "; \($0)" } ?? "")
    }
    return lines.joined(separator: "\n")
  }
}
