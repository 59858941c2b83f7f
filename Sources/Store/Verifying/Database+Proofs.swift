internal import GRDB
internal import StoreAccess
internal import Tensors

extension Database {
  /// The digests of a payload's chunks; `nil` where one is missing or has another length.
  func chunkDigests(ofPayload id: Int64, byteCount: Int) throws -> [Digest]? {
    guard byteCount >= 0 else { return nil }
    let all = 0..<Chunking.count(ofBytes: byteCount)
    // Chunks that no value of this length has are wrong, too.
    return try chunkDigests(ofPayload: id, all, byteCount: byteCount, until: Int64.max)
  }

  /// The same of some chunks.
  ///
  /// - Parameter last: The highest number that is looked for.
  private func chunkDigests(
    ofPayload id: Int64, _ chunks: Range<Int>, byteCount: Int, until last: Int64
  ) throws -> [Digest]? {
    var digests: [Digest] = []
    var isWhole = true
    try statement(.digestsOfPayload).withRows(
      [.integer(id), .integer(chunks.lowerBound), .integer(last)]
    ) { row in
      let number = chunks.lowerBound + digests.count
      guard isWhole, number < chunks.upperBound, row.integer(0) == number,
        row.integer(1) == Chunking.range(ofChunk: number, in: byteCount).count,
        let digest = Digest(bytes: row.bytes(2))
      else {
        isWhole = false
        return
      }
      digests.append(digest)
    }
    return isWhole && digests.count == chunks.count ? digests : nil
  }

  /// True where the recorded digests of chunks of a value give its root: those of their subtrees are read,
  /// each of 64 chunks, and the digests of the other subtrees.
  ///
  /// - Complexity: O(*k* + *n* / 64) for *k* chunks of *n*.
  func isProven(_ chunks: ClosedRange<Int>, of variable: StoredVariable) throws -> Bool {
    guard let payload = variable.payloadID, let root = variable.root else { return false }
    let count = Chunking.subtreeCount(ofBytes: variable.byteCount)
    guard count > 1 else { return try tree(of: variable) != nil }
    let recorded = try subtrees(ofPayload: payload)
    guard let recorded, recorded.count == count,
      DigestTree(subtrees: recorded).root(byteCount: variable.byteCount) == root
    else { return false }
    let wanted =
      chunks.lowerBound / Chunking.subtreeChunkCount...chunks.upperBound
      / Chunking.subtreeChunkCount
    for number in wanted {
      let leaves = Chunking.chunks(ofSubtree: number, in: variable.byteCount)
      let digests = try chunkDigests(
        ofPayload: payload, leaves, byteCount: variable.byteCount,
        until: Int64(leaves.upperBound - 1))
      guard let digests, DigestTree(chunks: digests).subtrees == [recorded[number]] else {
        return false
      }
    }
    return true
  }

  /// The recorded digests of a payload's subtrees; `nil` where there are none.
  private func subtrees(ofPayload id: Int64) throws -> [Digest]? {
    try statement(.subtreesOfPayload).first(.integer(id)) { row in
      row.isNull(0) ? nil : Digest.list(bytes: row.bytes(0))
    } ?? nil
  }

  /// The tree of a variable's payload, whether its bytes are stored or only the recipe is; `nil` where its
  /// digests are not there, or do not give the recorded root.
  func tree(of variable: StoredVariable) throws -> DigestTree? {
    guard let payload = variable.payloadID, let root = variable.root else { return nil }
    let tree: DigestTree?
    let recorded = try subtrees(ofPayload: payload)
    if variable.isRecipe {
      tree = recorded.map { DigestTree(subtrees: $0) }
    } else {
      tree = try chunkDigests(ofPayload: payload, byteCount: variable.byteCount)
        .map { DigestTree(chunks: $0) }
      guard tree?.recordedSubtrees(isRecipe: false) == recorded else { return nil }
    }
    guard let tree,
      tree.subtrees.count == Chunking.subtreeCount(ofBytes: variable.byteCount),
      tree.root(byteCount: variable.byteCount) == root
    else { return nil }
    return tree
  }
}

extension DigestTree {
  /// What the column `subtrees` has: of a recipe all, and of stored bytes where there are several, so that the
  /// digests of a few chunks can be proved without the others.
  func recordedSubtrees(isRecipe: Bool) -> [Digest]? {
    let subtrees = subtrees
    return isRecipe || subtrees.count > 1 ? subtrees : nil
  }
}

extension StatementValue {
  /// Digests one behind the other, or null.
  static func digests(_ digests: [Digest]?) -> StatementValue {
    guard let digests else { return .null }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(digests.count * Digest.byteCount)
    for digest in digests { digest.write(to: &bytes) }
    return .bytes(bytes)
  }
}
