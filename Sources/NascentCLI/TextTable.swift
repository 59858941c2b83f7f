import Nascent

/// Rows in columns; the first row is the heading.
///
/// Where a line would be longer than `width`, the widest columns are cut until it fits: names, in the first
/// column, at their beginning, because their ends tell them apart; other cells at their end.
struct TextTable {
  private var rows: [[String]]
  /// The number of characters of each cell, row after row.
  private var lengths: [Int] = []
  private let rightAligned: Set<Int>

  /// A table; numbers' columns are named in `rightAligned`. What a terminal would obey instead of showing
  /// it is spelled out.
  init(_ rows: [[String]], rightAligned: Set<Int> = []) {
    self.rows = rows
    self.rightAligned = rightAligned
    lengths.reserveCapacity(rows.count * (rows.first?.count ?? 0))
    for (row, cells) in rows.enumerated() {
      for (column, cell) in cells.enumerated() {
        if cell.isVisibleASCII {
          lengths.append(cell.utf8.count)
        } else {
          self.rows[row][column] = cell.printable
          lengths.append(self.rows[row][column].count)
        }
      }
    }
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
    var text: [UInt8] = []
    var cellNumber = 0
    for (number, row) in rows.enumerated() {
      if number == 1 { text = Array(heading(String(decoding: text, as: UTF8.self)).utf8) }
      if number > 0 { text.append(UInt8(ascii: "\n")) }
      for (column, cell) in row.enumerated() {
        if column > 0 { text.append(contentsOf: Self.gap.utf8) }
        let length = lengths[cellNumber]
        cellNumber += 1
        let padding = repeatElement(UInt8(ascii: " "), count: max(widths[column] - length, 0))
        if rightAligned.contains(column) { text.append(contentsOf: padding) }
        let isCut = length > widths[column]
        text.append(
          contentsOf: (isCut ? Self.cut(cell, to: widths[column], atStart: column == 0) : cell)
            .utf8)
        if !rightAligned.contains(column), column < row.count - 1 {
          text.append(contentsOf: padding)
        }
      }
    }
    let table = String(decoding: text, as: UTF8.self)
    return rows.count == 1 ? heading(table) : table
  }

  private func columnWidths(within limit: Int?) -> [Int] {
    var widths = [Int](repeating: 0, count: rows.map(\.count).max() ?? 0)
    var cellNumber = 0
    for row in rows {
      for column in row.indices {
        widths[column] = max(widths[column], lengths[cellNumber])
        cellNumber += 1
      }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap.count * max(widths.count - 1, 0) - limit
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

  /// A longer text cut to `width` characters, 2 or more, with an ellipsis where some are missing.
  private static func cut(_ text: String, to width: Int, atStart: Bool) -> String {
    atStart ? "…" + text.suffix(width - 1) : text.prefix(width - 1) + "…"
  }
}
