internal import GRDB
internal import StoreAccess
internal import Tensors

/// Values of which only some chunks are there: what a share has of a variable that is cut.
///
/// 1. *begun*: the first chunk makes an incomplete payload that belongs to the variable;
/// 2. *grown*: runs and merges add chunks, in any order, across any number of processes' lives;
/// 3. *completed*: with the last chunk the payload becomes the variable's value. Or it is removed, when the
///    variable is declared anew or gets a value from elsewhere.
extension Database {
  /// The chunks in `range` that a payload does not have, as ranges in order.
  func missingChunks(of payload: Int64, in range: Range<Int>) throws -> [Range<Int>] {
    var missing: [Range<Int>] = []
    var next = range.lowerBound
    try statement(.chunkNumbers).withRows(
      [.integer(payload), .integer(range.lowerBound), .integer(range.upperBound - 1)]
    ) { row in
      let number = Int(row.integer(0))
      if next < number { missing.append(next..<number) }
      next = number + 1
    }
    if next < range.upperBound { missing.append(next..<range.upperBound) }
    return missing
  }

  /// Removes chunks of an incomplete payload, and blocks that nobody else has.
  func removeChunks(_ chunks: ClosedRange<Int>, of payload: Int64) throws {
    let bounds: [StatementValue] = [
      .integer(payload), .integer(chunks.lowerBound), .integer(chunks.upperBound),
    ]
    try statement(.unsealPartial).run(.integer(payload))
    var blocks: Set<Int64> = []
    try statement(.chunksOfPayload).withRows(bounds) { row in
      if !row.isNull(3) { blocks.insert(row.integer(3)) }
    }
    try statement(.deleteChunks).withRows(bounds) { _ in }
    for block in blocks.sorted() { try removeUnusedBlock(block) }
  }

  /// Removes an incomplete payload from its variable, and what nobody else has.
  func removePartial(payload: Int64) throws {
    try statement(.unsealPartial).run(.integer(payload))
    try statement(.deletePartial).run(.integer(payload))
    try removePayloads([payload])
  }

  /// Removes a block that no chunk lies in.
  func removeUnusedBlock(_ block: Int64) throws {
    try statement(block < 0 ? .deleteUnusedOuterBlock : .deleteUnusedBlock).run(.integer(block))
  }
}
