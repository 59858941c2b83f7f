internal import Tensors
public import VariableGraph

/// How a checkpoint of another model is restored into a graph.
///
///     let configuration = RestoreConfiguration(
///       strippedPrefix: "module.", nameMaps: [try NameMap("layers.*.attn", to: "blocks.*.attention")],
///       transpositions: [.init("*.kernel")], casts: ["*"])
///
/// What is not allowed here does not happen: nothing is cast or transposed silently. Consent is given by
/// patterns of names, and these are the graph's.
public struct RestoreConfiguration: Sendable, Hashable {
  /// An order of axes that the checkpoint's tensors are brought into.
  public struct Transposition: Sendable, Hashable {
    /// Which variables.
    public let match: GlobPattern
    /// Axis *i* of the variable is axis `axes[i]` of the stored tensor; `nil` reverses all axes.
    public let axes: [Int]?

    /// Transposes the variables that match, square ones as well; those of fewer than two axes stay as
    /// they are where the axes are reversed.
    public init(_ match: GlobPattern, axes: [Int]? = nil) {
      self.match = match
      self.axes = axes
    }
  }

  /// What is cut from the names of the checkpoint that begin with it, before the maps.
  public var strippedPrefix: String
  /// How names change; the first map that matches counts, and a name that none matches stays.
  public var nameMaps: [NameMap]
  /// What is put before every name, after the maps.
  public var addedPrefix: String
  /// Which variables of the graph are restored; the others are left as they are.
  public var selection: [GlobPattern]
  /// Which tensors are transposed; the first that matches counts.
  public var transpositions: [Transposition]
  /// Which variables may get values of another dtype. Floating-point numbers are rounded to nearest; a
  /// value that would become another number, or infinite, is an error.
  public var casts: [GlobPattern]

  /// The checkpoint as it is, for all variables, unless said otherwise.
  public init(
    strippedPrefix: String = "", nameMaps: [NameMap] = [], addedPrefix: String = "",
    selection: [GlobPattern] = ["*"], transpositions: [Transposition] = [],
    casts: [GlobPattern] = []
  ) {
    self.strippedPrefix = strippedPrefix
    self.nameMaps = nameMaps
    self.addedPrefix = addedPrefix
    self.selection = selection
    self.transpositions = transpositions
    self.casts = casts
  }

  /// The checkpoint as it is, for all variables.
  public static let exact = RestoreConfiguration()

  /// The graph's name for a variable of the checkpoint.
  public func name(for stored: String) -> String {
    let bare =
      stored.hasPrefix(strippedPrefix) ? String(stored.dropFirst(strippedPrefix.count)) : stored
    let renamed = nameMaps.lazy.compactMap { $0.renamed(bare) }.first
    return addedPrefix + (renamed ?? bare)
  }

  /// The order of axes for a variable; `nil` where they stay.
  func axes(for variable: Variable) -> [Int]? {
    guard let transposition = transpositions.first(where: { $0.match.matches(variable.name) })
    else { return nil }
    if let axes = transposition.axes { return axes }
    return variable.shape.rank < 2 ? nil : (0..<variable.shape.rank).reversed()
  }
}
