internal import GRDB
internal import StoreAccess
internal import Tensors

/// What a verification found.
public struct VerificationReport: Sendable {
  /// The names of variables whose bytes have their digests.
  public let verified: [String]
  /// The names of variables that have no stored bytes.
  public let unmaterialized: [String]
  /// Every damaged place.
  public let damages: [Damage]
  /// What the content digest should be, where it is not what the variables' digests give.
  public let contentMismatch: ContentMismatch?
  /// True where nothing is damaged.
  public var isIntact: Bool { damages.isEmpty && contentMismatch == nil }
}

extension CheckpointStore {
  /// Hashes the stored bytes of every variable, chunk by chunk and as a whole, and the digests up to the
  /// content digest. Of a recipe there are digests only.
  ///
  /// - Parameter isIncluded: Which variables; all unless said otherwise.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading; damage is reported,
  ///   not thrown.
  public func verify(
    _ checkpoint: String = "initial", where isIncluded: (StoredVariable) -> Bool = { _ in true }
  ) throws -> VerificationReport {
    let tally = readers.tally
    return try read { db in
      let all = try variables(in: checkpoint, db)
        .filter { $0.aliasOf == nil && isIncluded($0) }
      let stored = all.filter(\.isMaterialized)
      let chunks = try stored.map { variable in
        try db.chunks(of: variable, covering: 0..<variable.byteCount)
      }
      // This connection's transaction stays open, so that the others see the same state.
      let results = try readers.concurrently(readers.count) { number, db in
        try stride(from: number, to: stored.count, by: readers.count).map { place in
          let reader = ChunkReader(db, variable: stored[place], tally: tally)
          return (place, try reader.verify(chunks[place]))
        }
      }
      var damages = results.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
      for (place, variable) in stored.enumerated() where damages[place].isEmpty {
        if try db.tree(of: variable) == nil { damages[place] = [variable.damagedDigests] }
      }
      let recipes = all.filter(\.isRecipe)
      let damagedRecipes = try recipes.filter { try db.tree(of: $0) == nil }
      return VerificationReport(
        verified: zip(stored, damages).filter(\.1.isEmpty).map(\.0.name),
        unmaterialized: all.filter { !$0.isMaterialized }.map(\.name),
        damages: damages.flatMap { $0 } + damagedRecipes.map(\.damagedDigests),
        contentMismatch: try contentMismatch(of: checkpoint, db))
    }
  }

  /// Compares the recorded content digest with the variables' digests, where there is one.
  func contentMismatch(of checkpoint: String, _ db: Database) throws -> ContentMismatch? {
    let recorded = try db.statement(.findCheckpoint).first(.text(checkpoint)) {
      (id: $0.integer(0), digest: Digest(bytes: $0.bytes(1)))
    }
    guard let recorded, let expected = recorded.digest else { return nil }
    let found = try db.contentDigest(of: recorded.id)
    return found == expected ? nil : ContentMismatch(expected: expected, found: found)
  }
}
