import Foundation
import Nascent
import TestSupport
import Testing

struct RuntimeAssigningTests {
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph(seed: 3)
    try graph.declare("w", shape: [4], initializer: .ones)
    try graph.declare("u", shape: [300_000], initializer: .normal())
    try graph.tie("second", to: "w")
    return graph
  }

  private func vector(_ values: [Float]) throws -> Tensor {
    try Tensor(values, shape: .vector(values.count))
  }

  @Test func `an assigned value is the variable's, under all its names`() async throws {
    let runtime = Runtime(graph: try graph())
    #expect(try await !runtime.isAssigned("w"))
    try await runtime.assign("second", vector([1, 2, 3, 4]))
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 2, 3, 4])
    #expect(try await runtime.slice(of: "second", 1..<3).array(of: Float.self) == [2, 3])
    #expect(try await runtime.isAssigned("w"))
    #expect(await runtime.fillCounts.isEmpty)
    #expect(try await runtime.materialize(matching: ["w"]).outcomes.map(\.reason) == ["assigned"])
  }

  @Test func `parts of an assigned value are its own`() async throws {
    let runtime = Runtime(graph: try graph())
    try await runtime.assign("w", vector([1, 2, 3, 4]))
    var parts: [Float] = []
    try await runtime.forEachPart(of: "w", 1..<4) { parts += try $0.array(of: Float.self) }
    #expect(parts == [2, 3, 4])
  }

  @Test func `a value of another shape or dtype is refused`() async throws {
    let runtime = Runtime(graph: try graph())
    await #expect {
      try await runtime.assign("w", vector([1, 2, 3]))
    } throws: { error in
      "\(error)" == """
        Cannot assign a float32 tensor of shape [3] to variable "w", which is float32 [4].
        Give a value of the declared shape and dtype; nothing is cast.
        """
    }
    await #expect(throws: RuntimeError.self) {
      try await runtime.assign("w", Tensor([1, 2, 3, 4] as [Double], shape: .vector(4)))
    }
    await #expect(throws: GraphError.self) { try await runtime.assign("x", vector([1])) }
    #expect(try await !runtime.isAssigned("w"))
  }

  @Test func `an update changes the value where it lies`() async throws {
    let runtime = Runtime(graph: try graph())
    let place = ObjectIdentifier(try await runtime.value(of: "w").storage)
    for _ in 0..<3 {
      try await runtime.update("w", as: Float.self) { values in
        for index in values.indices { values[index] += Float(index) }
      }
    }
    let value = try await runtime.value(of: "w")
    #expect(try value.array(of: Float.self) == [1, 4, 7, 10])
    #expect(ObjectIdentifier(value.storage) == place)
    #expect(try await runtime.isAssigned("w"))
  }

  @Test func `a reader keeps the value that it got`() async throws {
    let runtime = Runtime(graph: try graph())
    let before = try await runtime.value(of: "w")
    try await runtime.update("w", as: Float.self) { $0[0] = 5 }
    #expect(try before.array(of: Float.self) == [1, 1, 1, 1])
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [5, 1, 1, 1])
  }

  @Test func `an update makes the value first, once`() async throws {
    let graph = try graph()
    let runtime = Runtime(graph: graph)
    let first = try await Runtime(graph: graph).value(of: "u").doubles(in: 0..<2)
    let count = try await runtime.update("u", as: Float.self) { values in
      values[0] = 0
      return values.count
    }
    #expect(count == 300_000)
    #expect(await runtime.fillCounts == ["u": 1])
    #expect(try await runtime.value(of: "u").doubles(in: 0..<2) == [0, first[1]])
  }

  @Test func `updates of many tasks are all counted`() async throws {
    let runtime = Runtime(graph: try graph())
    try await withThrowingTaskGroup { group in
      for _ in 0..<100 {
        group.addTask { try await runtime.update("w", as: Float.self) { $0[2] += 1 } }
      }
      try await group.waitForAll()
    }
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 1, 101, 1])
  }

  @Test func `bytes change, too, and another type is refused`() async throws {
    let runtime = Runtime(graph: try graph())
    try await runtime.updateBytes("w") { $0.store(2 as Float, at: 4) }
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 2, 1, 1])
    await #expect(throws: TensorError.self) {
      try await runtime.update("w", as: Double.self) { $0[0] = 1 }
    }
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 2, 1, 1])
  }

  @Test func `a released value is made again as declared`() async throws {
    let runtime = Runtime(graph: try graph())
    try await runtime.assign("w", vector([1, 2, 3, 4]))
    await runtime.release("second")
    #expect(try await !runtime.isAssigned("w"))
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 1, 1, 1])
  }

  @Test func `materializing stores what is declared, not what was assigned`() async throws {
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    let runtime = Runtime(graph: try graph(), store: store)
    try await runtime.assign("w", vector([1, 2, 3, 4]))
    _ = try await runtime.materialize()
    #expect(try store.tensor(named: "w").array(of: Float.self) == [1, 1, 1, 1])
    #expect(try await runtime.value(of: "w").array(of: Float.self) == [1, 2, 3, 4])
  }

  @Test func `a step cannot be restored without a store`() async throws {
    let runtime = Runtime(graph: try graph())
    await #expect {
      try await runtime.restore(step: .latest)
    } throws: { error in
      "\(error)" == """
        Cannot restore a step: the runtime has no store.
        Make the runtime with a store, or say which store to restore from.
        """
    }
  }
}
