internal import Filling
internal import Store
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// The values of all variables of a runtime at one moment. It shares their memory: a variable that
/// changes later gets a copy.
struct RuntimeSnapshot: Sendable {
  /// Where the value of a variable is.
  enum Value: Sendable {
    case inMemory(Tensor, isAssigned: Bool)
    /// In the runtime's checkpoint, which is in the store that is saved to.
    case stored(checkpoint: String)
  }

  let graph: VariableGraph
  let jobCount: Int
  /// One for each variable of the graph, in order.
  let values: [Value]

  /// The values with their digests and statistics, worked out on several cores.
  func hashed() async throws -> [SavedValue] {
    try await withThrowingTaskGroup(of: (Int, SavedValue).self) { group in
      var hashed = [SavedValue?](repeating: nil, count: values.count)
      var running = 0
      for (place, value) in values.enumerated() {
        switch value {
        case .stored(let checkpoint): hashed[place] = .stored(checkpoint: checkpoint)
        case .inMemory(let tensor, let isAssigned):
          if running == jobCount, let (done, value) = try await group.next() {
            hashed[done] = value
            running -= 1
          }
          running += 1
          let variable = graph.variables[place]
          group.addTask { (place, Self.hash(tensor, of: variable, isAssigned: isAssigned)) }
        }
      }
      for try await (done, value) in group { hashed[done] = value }
      return hashed.compactMap(\.self)
    }
  }

  /// Hashes each chunk and the whole in one pass.
  private static func hash(
    _ tensor: Tensor, of variable: Variable, isAssigned: Bool
  ) -> SavedValue {
    tensor.withBytes { bytes in
      var builder = DigestBuilder()
      var moments = Moments()
      var chunks: [FilledChunk] = []
      for number in 0..<Chunking.count(ofBytes: bytes.byteCount) {
        let range = Chunking.range(ofChunk: number, in: bytes.byteCount)
        let part = bytes.extracting(range)
        moments.merge(Moments(of: part, as: tensor.scalarType.measurable))
        chunks.append(
          FilledChunk(
            variable: variable.name, number: number, storage: tensor.storage, range: range,
            digest: builder.append(digesting: part)))
      }
      let filled = FilledVariable(
        of: variable, digest: builder.finish(), moments: moments,
        preview: Tensor.preview(of: bytes, as: tensor.scalarType), isAssigned: isAssigned)
      return .filled(chunks, filled, isAssigned: isAssigned)
    }
  }
}

extension Runtime {
  /// The values of all variables at one moment; those that are nowhere are made first.
  func snapshot(for target: CheckpointStore) async throws -> RuntimeSnapshot {
    let isSameStore = store === target
    while true {
      let missing = graph.variables.filter { made[$0.name] == nil }
      if !missing.isEmpty, isSameStore {
        _ = try await materialize(matching: missing.map { GlobPattern(exactly: $0.name) })
      } else {
        for variable in missing { _ = try await value(of: variable.name) }
      }
      // A value can have been released meanwhile. From here on nothing comes in between.
      if isSameStore || graph.variables.allSatisfy({ made[$0.name] != nil }) { break }
    }
    let values = graph.variables.map { variable in
      made[variable.name].map {
        RuntimeSnapshot.Value.inMemory($0, isAssigned: assigned.contains(variable.name))
      } ?? .stored(checkpoint: checkpoint)
    }
    return RuntimeSnapshot(graph: graph, jobCount: configuration.jobCount, values: values)
  }
}
