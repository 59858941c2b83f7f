internal import Checkpointing
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Brings the chunks of one large variable, which come in any order, into order: the digest of the
/// whole is one hash over all bytes, from the first to the last.
///
/// A value that is handed to the task that hashes and comes back with the result.
struct ChunkChain: Sendable {
  private let variable: Variable
  private let chunkCount: Int
  private var waiting: [Int: UnitFiller.Part] = [:]
  private var next = 0
  private var builder = DigestBuilder()
  private var moments = Moments()
  private var preview = ""
  /// True while a task hashes.
  private(set) var isBusy = false

  init(of variable: Variable) {
    self.variable = variable
    chunkCount = Chunking.count(ofBytes: variable.byteCount)
  }

  /// True when the last chunk has been hashed.
  var isDone: Bool { next == chunkCount }

  mutating func add(_ part: UnitFiller.Part) { waiting[part.chunk.number] = part }

  /// The chunks that can be hashed now; empty where there are none or a task is at it.
  mutating func takeReady() -> (parts: [UnitFiller.Part], builder: DigestBuilder) {
    guard !isBusy else { return ([], builder) }
    var parts: [UnitFiller.Part] = []
    while let part = waiting.removeValue(forKey: next + parts.count) { parts.append(part) }
    isBusy = !parts.isEmpty
    return (parts, builder)
  }

  /// Takes the hasher back after `parts`.
  ///
  /// - Returns: The parts as units to write; the last one finishes the variable.
  mutating func put(_ parts: [UnitFiller.Part], hashed builder: DigestBuilder) -> [FilledUnit] {
    self.builder = builder
    isBusy = false
    next += parts.count
    for part in parts {
      moments.merge(part.moments)
      if let first = part.preview { preview = first }
    }
    var units = parts.map { FilledUnit(chunks: [$0.chunk], finished: []) }
    if isDone, !units.isEmpty {
      units[units.count - 1].finished = [
        FilledVariable(
          name: variable.name, digest: builder.finish(), moments: moments, preview: preview)
      ]
    }
    return units
  }
}
