internal import Checkpointing
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Fills and hashes units: pure work, on whatever thread.
struct UnitFiller: Sendable {
  let graph: VariableGraph
  let variables: [Variable]

  /// A chunk with the moments of its elements.
  struct Part: Sendable {
    let variable: Int
    let chunk: FilledChunk
    let moments: Moments
    let preview: String?
  }

  /// The filled chunks of a unit, in order. Variables without bytes have none.
  func fill(_ unit: WorkUnit) throws -> [Part] {
    let storage = try TensorStorage(byteCount: unit.byteCount(in: variables))
    var places: [(variable: Int, number: Int, range: Range<Int>)] = []
    switch unit {
    case .batch(let batch):
      var offset = 0
      for index in batch {
        let byteCount = variables[index].byteCount
        let range = offset..<offset + byteCount
        try fill(storage, range, index, 0..<variables[index].shape.elementCount)
        if byteCount > 0 { places.append((index, 0, range)) }
        offset += WorkUnit.aligned(byteCount)
      }
    case .chunk(let index, let number):
      let width = variables[index].scalarType.byteCount
      let bytes = Chunking.range(ofChunk: number, in: variables[index].byteCount)
      try fill(
        storage, 0..<bytes.count, index, bytes.lowerBound / width..<bytes.upperBound / width)
      places = [(index, number, 0..<bytes.count)]
    case .whole(let index):
      let byteCount = variables[index].byteCount
      try fill(storage, 0..<byteCount, index, 0..<variables[index].shape.elementCount)
      places = (0..<Chunking.count(ofBytes: byteCount)).map {
        (index, $0, Chunking.range(ofChunk: $0, in: byteCount))
      }
    }
    storage.seal()
    return places.map { part(storage, $0.variable, $0.number, $0.range) }
  }

  private func fill(
    _ storage: TensorStorage, _ bytes: Range<Int>, _ index: Int, _ elements: Range<Int>
  ) throws {
    let variable = variables[index]
    do {
      try storage.fill(bytes) { span in
        try variable.initializer.fill(
          &span, elements: elements, of: graph.fillTarget(for: variable))
      }
    } catch let error as CancellationError {
      throw error
    } catch {
      throw RuntimeError.fillFailed(variable.name, error)
    }
  }

  private func part(
    _ storage: TensorStorage, _ index: Int, _ number: Int, _ range: Range<Int>
  ) -> Part {
    let variable = variables[index]
    let digest = storage.withData(in: range) { Digest(of: $0) }
    let (moments, preview) = storage.withBytes { bytes -> (Moments, String?) in
      let part = bytes.extracting(range)
      let text = number == 0 ? Tensor.preview(of: part, as: variable.scalarType) : nil
      return (Moments(of: part, as: variable.scalarType.measurable), text)
    }
    return Part(
      variable: index,
      chunk: FilledChunk(
        variable: variable.name, number: number, storage: storage, range: range, digest: digest),
      moments: moments, preview: preview)
  }
}
