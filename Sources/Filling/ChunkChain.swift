internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Brings the chunks of one part of a large variable, which come in any order, into order: the digest of
/// a whole variable is one hash over all bytes, from the first to the last.
///
/// A value; its hasher is handed to the task that hashes and comes back with the result.
struct ChunkChain: Sendable {
  private let part: VariablePart
  private var waiting: [Int: UnitFiller.Part] = [:]
  private var next: Int
  private var builder = DigestBuilder()
  private var moments = Moments()
  private var preview = ""
  /// True while a task hashes.
  private(set) var isBusy = false

  init(of part: VariablePart) {
    self.part = part
    next = part.chunks.lowerBound
  }

  /// Chunks in order, with the hash of all before them.
  struct Link: Sendable {
    fileprivate let parts: [UnitFiller.Part]
    fileprivate var builder: DigestBuilder
    fileprivate var digests: [Digest] = []

    /// Hashes the chunks, each alone and as the next of the whole, in one pass.
    mutating func hash() {
      for part in parts {
        part.storage.withBytes { bytes in
          digests.append(builder.append(digesting: bytes.extracting(part.range)))
        }
      }
    }
  }

  /// True when the last chunk has been hashed.
  var isDone: Bool { next == part.chunks.upperBound }

  mutating func add(_ part: UnitFiller.Part) { waiting[part.number] = part }

  /// The chunks that can be hashed now; `nil` where there are none or a task is at it.
  mutating func takeReady() -> Link? {
    guard !isBusy else { return nil }
    var parts: [UnitFiller.Part] = []
    while let part = waiting.removeValue(forKey: next + parts.count) { parts.append(part) }
    isBusy = !parts.isEmpty
    return isBusy ? Link(parts: parts, builder: builder) : nil
  }

  /// Takes a link back that was hashed.
  ///
  /// - Returns: Its chunks as units to write; the last one finishes a variable that is made whole.
  mutating func put(_ link: Link) -> [FilledUnit] {
    builder = link.builder
    isBusy = false
    next += link.parts.count
    var units: [FilledUnit] = []
    for (part, digest) in zip(link.parts, link.digests) {
      moments.merge(part.moments)
      if let first = part.preview { preview = first }
      let chunk = FilledChunk(
        variable: self.part.variable.name, number: part.number, storage: part.storage,
        range: part.range,
        digest: digest, moments: self.part.isWhole ? nil : part.moments)
      units.append(FilledUnit(chunks: [chunk], finished: []))
    }
    if isDone, self.part.isWhole, !units.isEmpty {
      units[units.count - 1].finished = [
        FilledVariable(
          of: part.variable, digest: builder.finish(), moments: moments, preview: preview)
      ]
    }
    return units
  }
}
