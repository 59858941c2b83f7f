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
  /// What else is wrong: with the structure of the file, with declarations and digests; as sentences
  /// without an end.
  public let flaws: [String]
  /// True where nothing is damaged.
  public var isIntact: Bool { damages.isEmpty && flaws.isEmpty }
}

extension CheckpointStore {
  /// Hashes the stored bytes of every variable, chunk by chunk and as a whole, compares declarations
  /// and digests with the fingerprints and the content digest of the checkpoint, and has SQLite check the
  /// structure of the whole file. Of a recipe there are digests only.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter isIncluded: Which variables; all unless said otherwise.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading; damage is reported,
  ///   not thrown.
  public func verify(
    _ checkpoint: String = "initial", where isIncluded: (StoredVariable) -> Bool = { _ in true }
  ) throws -> VerificationReport {
    let tally = readers.tally
    return try read { db in
      let id = try knownCheckpointID(of: checkpoint, db)
      let rows = try storedVariables(of: id, db)
      let problems = try db.statement(.checkFile).map { $0.text(0) }
      let flaws =
        try problems.filter { $0 != "ok" }
        + CheckpointSeal(checkpoint: checkpoint).flaws(in: rows, id: id, .values, db)
      let all = rows.filter { $0.aliasOf == nil && isIncluded($0) }
      let stored = all.filter(\.isMaterialized)
      let chunks = try stored.map { variable in
        try db.chunks(of: variable, covering: 0..<variable.byteCount)
      }
      // This connection's transaction stays open, so that the others see the same state.
      let results = try readers.concurrently(readers.count, beside: db) { number, db in
        try stride(from: number, to: stored.count, by: readers.count).map { place in
          let reader = ChunkReader(db, variable: stored[place], tally: tally)
          return (place, try reader.verify(chunks[place]))
        }
      }
      var damages = results.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
      for (place, variable) in stored.enumerated() where damages[place].isEmpty {
        if try db.tree(of: variable) == nil { damages[place] = [variable.damagedDigests] }
      }
      damages += try partialDamages(of: all, in: checkpoint, db)
      let rowDamages = try db.rowDamages(among: all, of: id)
      let isDamagedRow = NameSet(names: rowDamages.map(\.variable))
      damages.append(rowDamages)
      let recipes = all.filter(\.isRecipe)
      let damagedRecipes = try recipes.filter { try db.tree(of: $0) == nil }
      return VerificationReport(
        verified: zip(stored, damages).filter(\.1.isEmpty).map(\.0.name)
          .filter { !isDamagedRow.contains($0) },
        unmaterialized: all.filter { !$0.isMaterialized }.map(\.name),
        damages: damages.flatMap { $0 } + damagedRecipes.map(\.damagedDigests), flaws: flaws)
    }
  }

  /// Hashes the chunks of values of which only some are there.
  private func partialDamages(
    of variables: [StoredVariable], in checkpoint: String, _ db: Database
  ) throws -> [[Damage]] {
    guard let id = try db.checkpointID(of: checkpoint) else { return [] }
    let partials = try db.statement(.partials).map(.integer(id)) { row in
      (name: row.text(0), payload: row.integer(1), isRecipe: row.integer(5) != 0)
    }
    guard !partials.isEmpty else { return [] }
    let byName = NameTable(byName: variables.lazy.map { ($0.name, $0) })
    return try partials.filter { !$0.isRecipe }.compactMap { partial in
      guard let variable = byName[partial.name] else { return nil }
      let reader = ChunkReader(db, variable: variable, tally: readers.tally)
      return try db.chunkRuns(of: partial.payload, byteCount: variable.byteCount).flatMap { run in
        try reader.verify(db.chunks(of: variable, covering: run, in: partial.payload))
      }
    }
  }
}
