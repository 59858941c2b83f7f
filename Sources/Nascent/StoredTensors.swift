internal import Checkpointing
internal import Interchange
internal import TensorMemory
internal import Tensors

/// The stored values of a checkpoint as a source of tensors.
struct StoredTensors: TensorSource {
  private let store: CheckpointStore
  private let checkpoint: String
  private let variables: [StoredVariable]
  let entries: [TensorEntry]

  /// - Throws: `TensorError` where a variable is too large for this machine.
  init(_ variables: [StoredVariable], of store: CheckpointStore, checkpoint: String) throws {
    self.store = store
    self.checkpoint = checkpoint
    self.variables = variables
    entries = try variables.map {
      try TensorEntry(name: $0.name, shape: $0.shape, scalarType: $0.scalarType)
    }
  }

  var formatName: String { "store" }

  /// Every chunk that is read is checked against its digest.
  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    let variable = variables[index]
    let first = offset / variable.scalarType.byteCount
    let range = first..<first + span.byteCount / variable.scalarType.byteCount
    let tensor = try store.tensor(of: variable, elements: range, checkpoint: checkpoint)
    tensor.withBytes { span.copy($0) }
  }
}
