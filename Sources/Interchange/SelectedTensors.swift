public import TensorMemory

/// Some tensors of a source, in another order and under other names.
///
/// What stands beside the source's tensors is not said of them.
public struct SelectedTensors: TensorSource {
  private let base: any TensorSource
  private let indexes: [Int]
  /// The tensors under their new names.
  public let entries: [TensorEntry]

  /// Selects tensors.
  ///
  /// - Parameter base: Where the tensors are read from.
  /// - Parameter selection: Places in the source's `entries`, and names.
  public init(_ base: some TensorSource, _ selection: [(index: Int, name: String)]) {
    self.base = base
    indexes = selection.map(\.index)
    let known = base.entries
    entries = selection.map { index, name in
      var entry = known[index]
      entry.name = name
      return entry
    }
  }

  /// The format of the source.
  public var formatName: String { base.formatName }

  /// Reads a part of a tensor; see `TensorSource`.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try base.read(into: &span, at: offset, of: indexes[index])
  }

  /// Where a tensor lies; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? { base.location(of: indexes[index]) }

  /// Checks for damage; see `TensorSource`.
  public func validate(_ index: Int) throws { try base.validate(indexes[index]) }
}
