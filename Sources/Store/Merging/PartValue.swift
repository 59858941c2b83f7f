internal import Filling
internal import GRDB
internal import StoreAccess
internal import Tensors

/// What a part has of one variable.
struct PartValue {
  /// A payload of the part.
  struct Payload {
    let id: Int64
    let isRecipe: Bool
  }

  let variable: StoredVariable
  let whole: Payload?
  /// Some chunks.
  let partial: Payload?
  /// The first elements as text, where the first chunk is among those.
  let partialPreview: String?
  /// What the part says about the whole value and its promise; `nil` in one of an older version.
  let verdict: RecordedVerdict?
  var name: String { variable.name }

  /// Reads a row of the statement `valuesOfCheckpoint`.
  init(row: borrowing StatementRow, path: String) throws {
    variable = try StoredVariable(row: row, path: path)
    whole =
      variable.hasValue
      ? variable.payloadID.map { Payload(id: $0, isRecipe: row.integer(17) != 0) } : nil
    partial = row.optionalInteger(21).map { Payload(id: $0, isRecipe: row.integer(22) != 0) }
    partialPreview = row.optionalText(23)
    verdict = RecordedVerdict(verdict: row.optionalText(24), deviation: row.optionalText(25))
  }
}

/// What the store has of the same variable.
struct OwnValue {
  let fingerprint: Digest?
  let byteCount: Int
  let whole: (id: Int64, isRecipe: Bool, root: Digest?)?
  let partial: (id: Int64, isRecipe: Bool)?
}

extension Database {
  /// What a checkpoint has of a variable; `nil` where it is not declared.
  func ownValue(of name: String, in checkpoint: Int64) throws -> OwnValue? {
    try statement(.ownValue).first(.integer(checkpoint), .text(name)) { row in
      OwnValue(
        fingerprint: Digest(bytes: row.bytes(0)), byteCount: Int(row.integer(1)),
        whole: row.optionalInteger(2).map {
          ($0, row.integer(3) != 0, Digest(bytes: row.bytes(4)))
        },
        partial: row.optionalInteger(5).map { ($0, row.integer(6) != 0) })
    }
  }

  /// The bytes of the chunks that a payload has, as ranges in order.
  func chunkRuns(of payload: Int64, byteCount: Int) throws -> [Range<Int>] {
    let count = Chunking.count(ofBytes: byteCount)
    guard count > 0 else { return [] }
    var runs: [Range<Int>] = []
    var next = 0
    for gap in try missingChunks(of: payload, in: 0..<count) + [count..<count] {
      if next < gap.lowerBound {
        runs.append(
          Chunking.range(ofChunk: next, in: byteCount)
            .lowerBound..<Chunking.range(ofChunk: gap.lowerBound - 1, in: byteCount).upperBound)
      }
      next = gap.upperBound
    }
    return runs
  }
}
