/// Rows in columns; the first row is the heading.
///
/// Where a line would be longer than `width`, the widest columns are cut until it fits: names, in the first
/// column, at their beginning, because their ends tell them apart; other cells at their end.
struct TextTable {
  private let rows: [[String]]
  private let rightAligned: Set<Int>

  /// A table; numbers' columns are named in `rightAligned`.
  init(_ rows: [[String]], rightAligned: Set<Int> = []) {
    self.rows = rows
    self.rightAligned = rightAligned
  }

  /// No column is cut to fewer characters than this.
  private static let minimumColumnWidth = 8
  private static let gap = "  "

  /// The table as lines.
  ///
  /// - Parameter width: How long a line may be; `nil` for as long as it gets.
  /// - Parameter heading: What is done with the first line when it is complete.
  func text(width: Int?, heading: (String) -> String = { $0 }) -> String {
    let widths = columnWidths(within: width)
    var lines = rows.map { row in
      row.enumerated().map { column, cell in
        let shown = Self.cut(cell, to: widths[column], atStart: column == 0)
        let padding = String(repeating: " ", count: widths[column] - shown.count)
        if rightAligned.contains(column) { return padding + shown }
        return column == row.count - 1 ? shown : shown + padding
      }.joined(separator: Self.gap)
    }
    if let first = lines.first { lines[0] = heading(first) }
    return lines.joined(separator: "\n")
  }

  private func columnWidths(within limit: Int?) -> [Int] {
    let columns = rows.map(\.count).max() ?? 0
    var widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap.count * max(columns - 1, 0) - limit
    // Numbers that are cut are other numbers.
    let cuttable = widths.indices.filter { !rightAligned.contains($0) }
    while excess > 0 {
      guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }),
        widths[widest] > Self.minimumColumnWidth
      else { break }
      let next = cuttable.filter { widths[$0] < widths[widest] }.map { widths[$0] }.max() ?? 0
      let floor = max(next, Self.minimumColumnWidth, widths[widest] - excess)
      excess -= widths[widest] - floor
      widths[widest] = floor
    }
    return widths
  }

  /// A text of at most `width` characters, 2 or more, with an ellipsis where some are missing.
  private static func cut(_ text: String, to width: Int, atStart: Bool) -> String {
    guard text.count > width else { return text }
    return atStart ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }
}
