public import Store
internal import TensorMemory
internal import Tensors
public import VariableGraph

/// A variable's histogram over the density that its initializer promises, for a terminal.
public struct VariablePlot: Sendable {
  /// The characters that a terminal can show.
  public enum Characters: Sendable, Hashable {
    /// Blocks and lines of Unicode.
    case unicode
    /// ASCII alone.
    case ascii
  }

  private let variable: StoredVariable
  private let moments: Moments
  private let range: ClosedRange<Double>?
  private let promise: ValueDistribution?
  private let check: DistributionCheck
  private let histogram: @Sendable (Int) throws -> CellCounts?

  /// Reads a variable; an alias gives the variable that it stands for.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `damaged`.
  public init(
    of name: String, in store: CheckpointStore, checkpoint: String, registry: InitializerRegistry
  ) throws {
    let variable = try store.variable(name, in: checkpoint)
    guard variable.isMaterialized else {
      throw CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
    }
    var specs = SpecTable(registry: registry)
    let promise = variable.isAssigned ? nil : specs.add(variable).promise
    @Sendable func scan(_ range: ClosedRange<Double>?, _ cellCount: Int) throws -> ReportScanner {
      let found = try store.scan(
        checkpoint, where: { NameKey($0.name) == NameKey(variable.name) },
        with: { _ in
          ReportScanner(
            scalarType: variable.scalarType,
            cells: range.map { CellCounts(range: $0, cellCount: cellCount) }, means: nil)
        }, then: { $0 })
      guard let scanned = found.first else {
        throw CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
      }
      if let damage = scanned.damages.first {
        throw CheckpointError.damaged(damage, checkpoint: checkpoint)
      }
      return scanned.scanner
    }
    let moments = try scan(nil, 1).moments
    let hasValues = moments.count > 0
    let range = HistogramRange.range(
      of: promise, minimum: hasValues ? moments.minimum : nil,
      maximum: hasValues ? moments.maximum : nil)
    self.variable = variable
    self.moments = moments
    self.promise = promise
    self.range = hasValues ? range : nil
    check = DistributionCheck(promise, of: moments, as: variable.scalarType)
    histogram = { cellCount in try scan(range, cellCount).cells }
  }

  /// The plot as lines.
  ///
  /// - Parameter width: Columns of the terminal; 20 at least are used.
  /// - Parameter height: Rows of the bars; 1 at least is used.
  /// - Parameter characters: What the terminal can show.
  /// - Throws: Errors of reading.
  public func lines(width: Int, height: Int = 12, as characters: Characters) throws -> [String] {
    var lines = [
      "\(variable.name)  \(variable.scalarType) \(variable.shape)",
      SpecTable.callText(variable.initializer),
    ]
    if let range, let cells = try histogram(max(width, 20)) {
      lines.append("")
      lines += bars(cells, height: max(height, 1), characters)
      lines.append(axis(range, width: cells.counts.count, characters))
      lines.append("")
    } else if moments.count > 0 {
      lines.append("All \(moments.count) values are \(Self.number(moments.minimum)).")
    }
    return lines + summary(characters)
  }

  private func bars(
    _ cells: CellCounts, height: Int, _ characters: Characters
  ) -> [String] {
    let total = Double(max(cells.total, 1))
    let shares = cells.counts.map { Double($0) / total }
    let expected = expectedShares(cells)
    let peak = max(shares.max() ?? 0, expected?.max() ?? 0)
    guard peak > 0 else { return [] }
    let blocks: [Character] =
      characters == .unicode
      ? [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
      : [" ", " ", " ", " ", "#", "#", "#", "#", "#"]
    let mark: Character = characters == .unicode ? "•" : "o"
    return (0..<height).reversed().map { row in
      var line = ""
      for (column, share) in shares.enumerated() {
        let level = share / peak * Double(height) - Double(row)
        let block = blocks[Int((min(max(level, 0), 1) * 8).rounded())]
        // The line of the expected density runs through the row in which it ends.
        let isExpected =
          expected.map { expected in
            let place = expected[column] / peak * Double(height)
            return place > 0 && Int(place.rounded(.up)) - 1 == row
          } ?? false
        line.append(isExpected ? mark : block)
      }
      return Self.withoutBlankEnd(line)
    }
  }

  /// The probability of each cell; what lies outside belongs to the outermost.
  private func expectedShares(_ cells: CellCounts) -> [Double]? {
    guard let promise, !promise.hasAtoms else { return nil }
    var below = 0.0
    var shares: [Double] = []
    for index in 1...cells.counts.count {
      guard
        let next = index == cells.counts.count
          ? 1 : promise.cumulative(below: cells.edge(index))
      else { return nil }
      shares.append(next - below)
      below = next
    }
    return shares
  }

  private func axis(
    _ range: ClosedRange<Double>, width: Int, _ characters: Characters
  ) -> String {
    let (low, high) = (Self.number(range.lowerBound), Self.number(range.upperBound))
    let middle = Self.number(range.lowerBound + (range.upperBound - range.lowerBound) / 2)
    let line = String(repeating: characters == .unicode ? "─" : "-", count: width)
    let room = width - low.count - middle.count - high.count
    guard room > 1 else { return "\(line)\n\(low) … \(high)" }
    // The middle number stands in the middle of the line.
    let left = max(width / 2 - middle.count / 2 - low.count, 1)
    let right = max(width - low.count - left - middle.count - high.count, 1)
    return line + "\n" + low + String(repeating: " ", count: left) + middle
      + String(repeating: " ", count: right) + high
  }

  private func summary(_ characters: Characters) -> [String] {
    var rows = [["", "measured", "promised"]]
    func add(_ name: String, _ found: Double?, _ expected: Double?) {
      guard found != nil || expected != nil else { return }
      rows.append([name, found.map(Self.number) ?? "-", expected.map(Self.number) ?? "-"])
    }
    let hasValues = moments.count > 0
    add("mean", hasValues ? moments.mean : nil, promise?.mean)
    add(
      "deviation", hasValues ? moments.standardDeviation : nil, promise?.standardDeviation)
    add("minimum", hasValues ? moments.minimum : nil, promise?.bounds?.lowerBound)
    add("maximum", hasValues ? moments.maximum : nil, promise?.bounds?.upperBound)
    add("skew", moments.skew, promise?.skew)
    add("kurtosis", moments.excessKurtosis, promise?.excessKurtosis)
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    var lines = rows.map { row in
      Self.withoutBlankEnd(
        row.enumerated().map { column, cell in
          let padding = String(repeating: " ", count: widths[column] - cell.count)
          return column == 0 ? cell + padding : padding + cell
        }.joined(separator: "  "))
    }
    if promise != nil, range != nil, promise?.hasAtoms == false {
      lines.append("\(characters == .unicode ? "•" : "o") the promised density")
    }
    lines.append(
      check.verdict.rawValue + (check.reason.map { ": \($0)" } ?? ""))
    return lines
  }

  private static func number(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(Float(value))"
  }

  private static func withoutBlankEnd(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
