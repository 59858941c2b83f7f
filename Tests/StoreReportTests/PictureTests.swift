import Nascent
import TestSupport
import Testing

/// Counts and means of cells against their definition.
struct PictureTests {
  @Test func `cells count what lies in them, and the outermost what lies outside`() {
    var cells = CellCounts(range: -1...1, cellCount: 4)
    let values: [Double] = [-5, -1, -0.6, -0.5, 0, 0.49, 0.5, 1, 7, .nan, .infinity]
    cells.add(values.span.bytes, as: .float64)
    #expect(cells.counts == [3, 1, 2, 3])
    #expect(cells.total == 9)
    #expect((0...4).map(cells.edge) == [-1, -0.5, 0, 0.5, 1])
    cells.add([UInt8(0), 200].span.bytes, as: .uint8)
    #expect(cells.counts == [3, 1, 3, 4])
  }

  @Test func `a grid has the means of its cells, however the elements are cut`() {
    var generator = SeededGenerator(state: 3)
    for _ in 0..<200 {
      let rows = Int.random(in: 1...40, using: &generator)
      let columns = Int.random(in: 1...40, using: &generator)
      let side = Int.random(in: 1...12, using: &generator)
      var values = (0..<rows * columns).map { _ in
        Double(Int.random(in: -50...50, using: &generator))
      }
      if values.count > 3 { values[3] = .nan }
      var grid = CellMeans(rows: rows, columns: columns, side: side)
      var place = 0
      while place < values.count {
        let end = min(values.count, place + Int.random(in: 1...64, using: &generator))
        grid.add(Array(values[place..<end]).span.bytes, from: place, as: .float64)
        place = end
      }
      var sums = [Double](repeating: 0, count: grid.gridRows * grid.gridColumns)
      var counts = sums
      for (place, value) in values.enumerated() where value.isFinite {
        let cell =
          place / columns * grid.gridRows / rows * grid.gridColumns
          + place % columns * grid.gridColumns / columns
        sums[cell] += value
        counts[cell] += 1
      }
      // Sums of small integers are exact.
      #expect(grid.means == zip(sums, counts).map { $1 == 0 ? nil : $0 / $1 })
    }
  }
}
