internal import Filling
internal import GRDB
internal import StoreAccess
public import Tensors

/// What a verification found: an outcome for each variable, and what is wrong with the rows.
public struct VerificationReport: Sendable {
  /// What was found of a variable.
  public enum Finding: String, Sendable, Hashable {
    /// Its stored bytes have their digests, and its row is proved.
    case verified
    /// Bytes or digests are damaged.
    case damaged
    /// Its bytes have the digests that its row says, and nothing tells which rows of the checkpoint are damaged.
    case unproved
    /// Made again, its value is another one.
    case otherValue
    /// No bytes are stored of it.
    case withoutBytes
  }

  /// One variable.
  public struct Outcome: Sendable, Hashable {
    /// The name.
    public let name: String
    /// What was found.
    public let finding: Finding
    /// Why it is not verified, in words; `nil` where there is nothing to say.
    public let reason: String?
  }

  /// A variable whose value, made again, is another than the stored digest says.
  public struct Mismatch: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// The stored digest.
    public let expected: Digest
    /// The digest of the value as it is made now.
    public let found: Digest

    /// A difference.
    package init(name: String, expected: Digest, found: Digest) {
      self.name = name
      self.expected = expected
      self.found = found
    }
  }

  /// The checkpoint.
  public let checkpoint: String
  /// Each variable that was asked for, in the order of declaration.
  public let outcomes: [Outcome]
  /// The names of variables that have no stored bytes.
  public let unmaterialized: [String]
  /// Every damaged place.
  public let damages: [Damage]
  /// What else is wrong: with the structure of the file, with declarations and digests; as sentences
  /// without an end.
  public let flaws: [String]
  /// Values that were made again and are others; empty at the level `stored`.
  public let mismatches: [Mismatch]
  /// Variables whose values were assigned and cannot be made again; empty at the level `stored`.
  public let assigned: [String]
  /// Variables whose values came from a file and cannot be made again; empty at the level `stored`.
  public let imported: [String]

  /// The names of variables whose bytes have their digests, and whose rows are proved.
  public var verified: [String] { outcomes.filter { $0.finding == .verified }.map(\.name) }
  /// True where nothing is damaged, and no value is another one.
  public var isIntact: Bool { damages.isEmpty && flaws.isEmpty && mismatches.isEmpty }

  /// - Parameter variables: All names, and whether bytes are stored of each.
  /// - Parameter doubt: Why no row is proved, though each has its seal; `nil` where those that have it are.
  fileprivate init(
    checkpoint: String, variables: [(name: String, isStored: Bool)], damages: [Damage],
    flaws: [String], doubt: String?
  ) {
    self.checkpoint = checkpoint
    self.damages = damages
    self.flaws = flaws
    unmaterialized = variables.filter { !$0.isStored }.map(\.name)
    mismatches = []
    assigned = []
    imported = []
    let damaged = NameTable(byName: damages.map { ($0.variable, $0) })
    outcomes = variables.map { name, isStored in
      if let damage = damaged[name] {
        return Outcome(name: name, finding: .damaged, reason: "\(damage)")
      }
      guard isStored else { return Outcome(name: name, finding: .withoutBytes, reason: nil) }
      return doubt.map { Outcome(name: name, finding: .unproved, reason: $0) }
        ?? Outcome(name: name, finding: .verified, reason: nil)
    }
  }

  /// The report with what was found when the values were made again.
  package init(
    _ stored: VerificationReport, mismatches: [Mismatch], assigned: [String], imported: [String]
  ) {
    checkpoint = stored.checkpoint
    unmaterialized = stored.unmaterialized
    damages = stored.damages
    flaws = stored.flaws
    self.mismatches = mismatches
    self.assigned = assigned
    self.imported = imported
    let others = NameTable(byName: mismatches.map { ($0.name, $0) })
    outcomes = stored.outcomes.map { outcome in
      guard outcome.finding != .damaged, let other = others[outcome.name] else { return outcome }
      return Outcome(
        name: outcome.name, finding: .otherValue,
        reason: "made again it has digest \(other.found), stored \(other.expected)")
    }
  }
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
    try read { db in
      var sound: Set<SoundValue> = []
      return try verify(checkpoint, where: isIncluded, problems(db), &sound, db)
    }
  }

  /// Verifies all checkpoints, in the order of their making; bytes that several share are hashed once.
  ///
  /// - Throws: Errors of reading; damage is reported, not thrown.
  public func verifyAll() throws -> [VerificationReport] {
    try read { db in
      let names = try db.statement(.checkpointSummaries).map { $0.text(0) }
      let problems = try problems(db)
      var sound: Set<SoundValue> = []
      return try names.map { name in
        do {
          return try verify(name, where: { _ in true }, problems, &sound, db)
        } catch let error as CheckpointError where error.code == .notAStore && names.count > 1 {
          // Rows that cannot be read keep the other checkpoints from nothing.
          let flaw = error.message.split(separator: "\n").first.map(String.init) ?? error.message
          return VerificationReport(
            checkpoint: name, variables: [], damages: [], flaws: problems + [flaw], doubt: flaw)
        }
      }
    }
  }

  /// A value whose bytes were hashed and have their digests.
  private struct SoundValue: Hashable {
    let payload: Int64?
    let byteCount: Int
    let root: Digest?
    let digest: Digest?

    init(_ variable: StoredVariable) {
      payload = variable.payloadID
      byteCount = variable.byteCount
      root = variable.root
      digest = variable.digest
    }
  }

  /// What SQLite finds wrong with the structure of the file, and rows that belong to no checkpoint.
  private func problems(_ db: Database) throws -> [String] {
    try db.structureProblems(.checkFile).filter { $0 != "ok" } + db.strayRows
  }

  private func verify(
    _ checkpoint: String, where isIncluded: (StoredVariable) -> Bool, _ problems: [String],
    _ sound: inout Set<SoundValue>, _ db: Database
  ) throws -> VerificationReport {
    let tally = readers.tally
    let id = try knownCheckpointID(of: checkpoint, db)
    let rows = try storedVariables(of: id, db)
    let flaws =
      try problems + CheckpointSeal(checkpoint: checkpoint).flaws(in: rows, id: id, .values, db)
    // A row that has its seal is what was written, also beside one that has not. Where all have it and are not
    // those of the checkpoint, nobody knows which is wrong.
    let isExplained =
      try rows.contains { !$0.isProven } || !db.isCheckpointProven(id, named: checkpoint)
    let doubt = problems.first ?? (isExplained ? nil : flaws.first)
    let all = rows.filter { $0.aliasOf == nil && isIncluded($0) }
    let stored = all.filter { $0.isMaterialized && !sound.contains(SoundValue($0)) }
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
    sound.formUnion(zip(stored, damages).filter(\.1.isEmpty).map { SoundValue($0.0) })
    damages += try partialDamages(of: all, in: checkpoint, db)
    damages.append(try db.rowDamages(among: all, of: id))
    let damagedRecipes = try all.filter(\.isRecipe).filter { try db.tree(of: $0) == nil }
    return VerificationReport(
      checkpoint: checkpoint, variables: all.map { ($0.name, $0.isMaterialized) },
      damages: damages.flatMap { $0 } + damagedRecipes.map(\.damagedDigests), flaws: flaws,
      doubt: doubt)
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
    let byName = NameTable(byName: variables.map { ($0.name, $0) })
    return try partials.filter { !$0.isRecipe }.compactMap { partial in
      guard let variable = byName[partial.name] else { return nil }
      let reader = ChunkReader(db, variable: variable, tally: readers.tally)
      return try db.chunkRuns(of: partial.payload, byteCount: variable.byteCount).flatMap { run in
        try reader.verify(db.chunks(of: variable, covering: run, in: partial.payload))
      }
    }
  }
}
