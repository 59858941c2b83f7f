internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Fills and measures units: pure work, on whatever thread.
struct UnitFiller: Sendable {
  let graph: VariableGraph
  let parts: [VariablePart]
  private let targets: ExpressionTargets
  private let chunkPool = MemoryPool(byteCount: Chunking.chunkByteCount)
  private let batchPool = MemoryPool(byteCount: WorkUnit.batchByteCount)

  init(graph: VariableGraph, parts: [VariablePart], evaluation: Evaluation) {
    self.graph = graph
    self.parts = parts
    targets = ExpressionTargets(evaluation, parts)
  }

  /// A chunk of a large variable with the moments of its elements. It has no digest yet: that comes
  /// for nothing when the whole variable is hashed, which goes chunk by chunk in order.
  struct Part: Sendable {
    let number: Int
    let storage: TensorStorage
    let range: Range<Int>
    let moments: Moments
    let preview: String?
  }

  /// What a unit was filled with.
  enum Filling: Sendable {
    /// Small variables, ready to be written.
    case complete(FilledUnit)
    /// Chunks of a large variable, in order.
    case parts(variable: Int, [Part])
  }

  /// Fills a unit.
  ///
  /// - Throws: `RuntimeError.Code.fillFailed`, `CancellationError`, `TensorMemoryError`.
  func fill(_ unit: WorkUnit) async throws -> Filling {
    let byteCount = unit.byteCount(in: parts)
    let pool = byteCount <= Chunking.chunkByteCount ? chunkPool : batchPool
    let storage = try TensorStorage(byteCount: byteCount, from: pool)
    switch unit {
    case .batch(let batch):
      return .complete(try await fill(storage, batch))
    case .chunk(let index, let number):
      let variable = parts[index].variable
      let width = variable.scalarType.byteCount
      let bytes = Chunking.range(ofChunk: number, in: variable.byteCount)
      try await fill(
        storage, 0..<bytes.count, index, bytes.lowerBound / width..<bytes.upperBound / width)
      storage.seal()
      return .parts(variable: index, [part(storage, index, number, 0..<bytes.count)])
    case .whole(let index):
      let variable = parts[index].variable
      let byteCount = variable.byteCount
      try await fill(storage, 0..<byteCount, index, 0..<variable.shape.elementCount)
      storage.seal()
      let parts = (0..<Chunking.count(ofBytes: byteCount)).map {
        part(storage, index, $0, Chunking.range(ofChunk: $0, in: byteCount))
      }
      return .parts(variable: index, parts)
    }
  }

  /// Small variables one behind the other. The one chunk's digest is the variable's; two are hashed
  /// at a time.
  private func fill(_ storage: TensorStorage, _ batch: Range<Int>) async throws -> FilledUnit {
    var ranges: [Range<Int>] = []
    var offset = 0
    for index in batch {
      let variable = parts[index].variable
      let byteCount = variable.byteCount
      ranges.append(offset..<offset + byteCount)
      try await fill(
        storage, offset..<offset + byteCount, index, 0..<variable.shape.elementCount)
      offset += WorkUnit.aligned(byteCount)
    }
    storage.seal()
    let digests = storage.withBytes { bytes in
      stride(from: 0, to: ranges.count, by: 2).flatMap { place -> [Digest] in
        let first = bytes.extracting(ranges[place])
        guard place + 1 < ranges.count else { return [Digest(of: first)] }
        let (a, b) = Digest.pair(of: first, and: bytes.extracting(ranges[place + 1]))
        return [a, b]
      }
    }
    var unit = FilledUnit(chunks: [], finished: [])
    for (index, (range, digest)) in zip(batch, zip(ranges, digests)) {
      let name = parts[index].variable.name
      let measured = part(storage, index, 0, range)
      if !range.isEmpty {
        unit.chunks.append(
          FilledChunk(variable: name, number: 0, storage: storage, range: range, digest: digest))
      }
      unit.finished.append(
        FilledVariable(
          of: parts[index].variable, digest: digest, moments: measured.moments,
          preview: measured.preview ?? "[]"))
    }
    return unit
  }

  private func fill(
    _ storage: TensorStorage, _ bytes: Range<Int>, _ index: Int, _ elements: Range<Int>
  ) async throws {
    let variable = parts[index].variable
    do {
      let target =
        variable.expression == nil
        ? graph.fillTarget(for: variable)
        : try await targets.target(for: variable, partOf: elements.count)
      try storage.fill(bytes) { span in
        try variable.initializer.fill(&span, elements: elements, of: target)
      }
    } catch {
      throw RuntimeError.fillFailed(variable, error)
    }
  }

  private func part(
    _ storage: TensorStorage, _ index: Int, _ number: Int, _ range: Range<Int>
  ) -> Part {
    let type = parts[index].variable.scalarType
    return storage.withBytes { bytes in
      let part = bytes.extracting(range)
      return Part(
        number: number, storage: storage, range: range,
        moments: Moments(of: part, as: type.measurable),
        preview: number == 0 ? Tensor.preview(of: part, as: type) : nil)
    }
  }
}
