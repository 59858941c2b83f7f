import Nascent
import Testing

@testable import Filling

struct WorkUnitsTests {
  private func units(_ parts: [VariablePart]) -> [WorkUnit] {
    var units = WorkUnits(of: parts)
    var found: [WorkUnit] = []
    while let unit = units.next {
      found.append(unit)
      units.advance()
    }
    return found
  }

  private func part(_ count: Int, _ initializer: some Initializer = .zeros) throws -> VariablePart {
    var graph = VariableGraph()
    return VariablePart(
      try graph.declare("v", shape: [count], dtype: .int8, initializer: initializer))
  }

  @Test func `small variables are gathered, large ones cut into chunks`() throws {
    let small = try part(1 << 20)
    let large = try part((2 << 20) + 1)
    let empty = try part(0)
    #expect(
      units([small, large, empty, small, small, small, small, small, large])
        == [
          .batch(0..<1), .chunk(variable: 1, number: 0), .chunk(variable: 1, number: 1),
          .chunk(variable: 1, number: 2), .batch(2..<7), .batch(7..<8),
          .chunk(variable: 8, number: 0), .chunk(variable: 8, number: 1),
          .chunk(variable: 8, number: 2),
        ])
    #expect(units([]) == [])
    #expect(
      units([VariablePart(large.variable, chunks: 1..<2)]) == [.chunk(variable: 0, number: 1)])
    let tiny = try part(1)
    #expect(
      units(Array(repeating: tiny, count: 2050))
        == [.batch(0..<1024), .batch(1024..<2048), .batch(2048..<2050)])
  }

  @Test func `a variable that is made as a whole is one unit`() throws {
    var graph = VariableGraph()
    let variable = try graph.declare("v", shape: [1024, 512], initializer: .orthogonal())
    #expect(units([VariablePart(variable)]) == [.whole(variable: 0)])
  }

  /// As a list they would be 67 million units, 1.6 GB, before the first is made.
  @Test func `the units of 64 TiB are cut when it is their turn`() throws {
    let variable = try part(1 << 46)
    var units = WorkUnits(of: [variable])
    for number in 0..<1000 {
      #expect(units.next == .chunk(variable: 0, number: number))
      units.advance()
    }
    let last = VariablePart(variable.variable, chunks: (1 << 26) - 1..<1 << 26)
    #expect(self.units([last]) == [.chunk(variable: 0, number: (1 << 26) - 1)])
  }

  @Test func `the memory of a unit is counted without a trap`() throws {
    #expect(WorkUnit.aligned(0) == 0)
    #expect(WorkUnit.aligned(9) == 16)
    #expect(WorkUnit.aligned(Int.max - 7) == Int.max - 7)
    for byteCount in [Int.max - 6, Int.max] { #expect(WorkUnit.aligned(byteCount) == Int.max) }
  }
}
