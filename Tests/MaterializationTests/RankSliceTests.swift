import Nascent
import TestSupport
import Testing

/// How ranks share an axis.
struct RankSliceTests {
  private static let worldSizes = [1, 2, 3, 7, 64]

  @Test func `places are those of torch chunk`() throws {
    // torch.chunk(torch.arange(10), 4) has 3, 3, 3, 1; of 5 in 4: 2, 2, 1 and none.
    func sizes(_ size: Int, _ count: Int) -> [Int] {
      (0..<count).compactMap { RankSlice(rank: $0, of: count)?.places(of: size).count }
    }
    #expect(sizes(10, 4) == [3, 3, 3, 1])
    #expect(sizes(5, 4) == [2, 2, 1, 0])
    #expect(sizes(8, 4) == [2, 2, 2, 2])
    #expect(sizes(0, 3) == [0, 0, 0])
    #expect(sizes(1, 3) == [1, 0, 0])
    #expect(RankSlice(rank: 3, of: 3) == nil)
    #expect(RankSlice(rank: -1, of: 3) == nil)
    let last = try #require(RankSlice(rank: .max - 1, of: .max))
    #expect(last.places(of: 10) == 10..<10)
  }

  @Test func `slices along every axis of the real models' shapes are the whole, each once`() throws
  {
    let models = try Models.real() + [("llama-3.1-70b", Models.llama70B())]
    for (name, graph) in models {
      for shape in Set(graph.variables.map(\.shape)) where shape.rank > 0 {
        for axis in 0..<shape.rank {
          for count in Self.worldSizes {
            let runs = try (0..<count).map { rank in
              try #require(RankSlice(rank: rank, of: count, axis: axis)).runs(in: shape)
            }
            let made = runs.map { $0.count * $0.length }
            #expect(made == runs.map(\.shape.elementCount))
            #expect(made.reduce(0, +) == shape.elementCount, "\(name) \(shape) \(axis) \(count)")
            let size = shape.dimensions[axis]
            let share = (size + count - 1) / count * (size == 0 ? 0 : shape.elementCount / size)
            #expect(made.allSatisfy { $0 <= share }, "\(name) \(shape) \(axis) \(count)")
            // The first runs lie one behind the other from the first element on.
            var next = 0
            for rank in runs where rank.count > 0 {
              #expect(rank.run(0).lowerBound == next)
              next = rank.run(0).upperBound
              #expect(rank.run(rank.count - 1).upperBound <= shape.elementCount)
            }
          }
        }
      }
    }
  }

  @Test func `slices of a tensor are its elements`() throws {
    let shape = try Shape([3, 5, 4])
    let tensor = try Tensor((0..<60).map(Float.init), shape: shape)
    for axis in -3..<3 {
      let cut = axis < 0 ? axis + 3 : axis
      for count in [1, 2, 3, 7] {
        for rank in 0..<count {
          let slice = try #require(RankSlice(rank: rank, of: count, axis: axis))
          let found = try tensor.slice(slice)
          let places = slice.places(of: shape.dimensions[cut])
          let expected = (0..<60).filter { element in
            let index = [element / 20, element / 4 % 5, element % 4][cut]
            return places.contains(index)
          }
          #expect(try found.doubles() == expected.map(Double.init))
        }
      }
    }
  }

  @Test func `an axis that is not there is named`() throws {
    let slice = try #require(RankSlice(rank: 0, of: 2, axis: 2))
    let error = #expect(throws: TensorError.self) { try slice.runs(in: Shape([4, 5])) }
    #expect(
      error?.message == """
        Cannot cut a tensor of shape [4, 5] along axis 2: its axes are 0 to 1, or -2 to -1.
        Name one of its axes; what has none is the same on every rank.
        """)
    let scalar = #expect(throws: TensorError.self) { try slice.runs(in: .scalar) }
    #expect(scalar?.code == .axisOutOfBounds)
  }
}
