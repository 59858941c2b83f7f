internal import Initializers
internal import Tensors
public import VariableGraph

extension CheckpointStore {
  /// The shares in which something is missing that a merge did not find, so that workers can make them.
  ///
  /// - Parameter report: What the merge reported.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Returns: Shares of the number that most parts were made in; `nil` where the parts are no shares, or a
  ///   part of the graph cannot be read here.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`.
  public func missingShares(
    after report: MergeReport, of checkpoint: String = "initial"
  ) throws -> [Share]? {
    guard let count = report.shareCounts.first, count <= Self.maximumShareCount else { return nil }
    let graph: VariableGraph
    do {
      graph = try self.graph(of: checkpoint)
    } catch is InitializerError {
      return nil
    }
    let table = ShareTable(of: graph, count: count)
    let places = NameTable(byName: graph.variables.enumerated().map { ($1.name, $0) })
    var indices: Set<Int> = []
    for missing in report.missing {
      guard let place = places[missing.name] else { continue }
      for chunks in missing.chunks.isEmpty ? [0..<1] : missing.chunks {
        let first = table.index(ofChunk: chunks.lowerBound, of: place)
        let last = table.index(ofChunk: chunks.upperBound - 1, of: place)
        indices.formUnion(first...last)
      }
    }
    return indices.sorted().compactMap { Share(index: $0, of: count) }
  }

  /// A file may say any number; of more shares than this no list is made.
  private static let maximumShareCount = 1 << 22
}
