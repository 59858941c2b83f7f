internal import GRDB
internal import StoreAccess
internal import Tensors

extension Database {
  /// The digests of a payload's chunks; `nil` where one is missing or has another length.
  func chunkDigests(ofPayload id: Int64, byteCount: Int) throws -> [Digest]? {
    guard byteCount >= 0 else { return nil }
    let count = Chunking.count(ofBytes: byteCount)
    var digests: [Digest] = []
    var isWhole = true
    try statement(.digestsOfPayload).withRows([.integer(id)]) { row in
      guard isWhole, digests.count < count, row.integer(0) == digests.count,
        row.integer(1) == Chunking.range(ofChunk: digests.count, in: byteCount).count,
        let digest = Digest(bytes: row.bytes(2))
      else {
        isWhole = false
        return
      }
      digests.append(digest)
    }
    return isWhole && digests.count == count ? digests : nil
  }

  /// The tree of a variable's payload, whether its bytes are stored or only the recipe is; `nil` where its
  /// digests are not there, or do not give the recorded root.
  func tree(of variable: StoredVariable) throws -> DigestTree? {
    guard let payload = variable.payloadID, let root = variable.root else { return nil }
    let tree: DigestTree?
    if variable.isRecipe {
      let subtrees = try statement(.subtreesOfPayload).first(.integer(payload)) { row in
        row.isNull(0) ? nil : Digest.list(bytes: row.bytes(0))
      }
      tree = (subtrees ?? nil).map { DigestTree(subtrees: $0) }
    } else {
      tree = try chunkDigests(ofPayload: payload, byteCount: variable.byteCount)
        .map { DigestTree(chunks: $0) }
    }
    guard let tree,
      tree.subtrees.count == Chunking.subtreeCount(ofBytes: variable.byteCount),
      tree.root(byteCount: variable.byteCount) == root
    else { return nil }
    return tree
  }

  /// Gives the payloads and checkpoints of an older version, in a file that was just brought to this one,
  /// their roots and content digests; a recipe keeps digests of subtrees in place of those of chunks.
  ///
  /// A payload whose digests are damaged gets no root, and its checkpoint no content digest.
  func addProofs() throws {
    for proof in try missingProofs() {
      try statement(.setProof).withRows(proof.values) { _ in }
      if proof.subtrees != nil { try run(.deleteChunksOfPayload, ["id": proof.payload]) }
    }
    for id in try statement(.checkpointsWithContent).map(body: { $0.integer(0) }) {
      try run(.setContentDigest, ["digest": contentDigest(of: id)?.data, "id": id])
    }
  }

  /// The same for a connection that only reads; nothing is written to the file.
  func noteProofs() throws {
    for proof in try missingProofs() { try statement(.noteProof).withRows(proof.values) { _ in } }
    for id in try statement(.checkpointsWithContent).map(body: { $0.integer(0) }) {
      try run(.noteContent, ["digest": contentDigest(of: id)?.data, "id": id])
    }
  }

  private struct Proof {
    let payload: Int64
    let root: Digest
    /// Of a recipe.
    let subtrees: [Digest]?

    var values: [StatementValue] {
      [.integer(payload), .bytes(root.bytes), .digests(subtrees)]
    }
  }

  private func missingProofs() throws -> [Proof] {
    try statement(.payloadsWithoutRoot).map { row in
      (id: row.integer(0), byteCount: Int(row.integer(1)), isRecipe: row.integer(2) != 0)
    }.compactMap { payload in
      guard
        let chunks = try chunkDigests(ofPayload: payload.id, byteCount: payload.byteCount)
      else { return nil }
      let tree = DigestTree(chunks: chunks)
      return Proof(
        payload: payload.id, root: tree.root(byteCount: payload.byteCount),
        subtrees: payload.isRecipe ? tree.subtrees : nil)
    }
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
