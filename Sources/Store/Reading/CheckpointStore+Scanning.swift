internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
internal import Tensors

/// Looks at the bytes of a variable, part by part.
public protocol ValueScanner: Sendable {
  /// Takes the bytes from `offset` on, whole elements. Parts come in order; a damaged one is left out.
  mutating func add(_ bytes: RawSpan, at offset: Int)
}

/// A variable that was scanned.
public struct ScannedVariable<Scanner: ValueScanner>: Sendable {
  /// What the store says about it.
  public let variable: StoredVariable
  /// What has seen all its intact bytes.
  public let scanner: Scanner
  /// Places where the bytes are not what was recorded.
  public let damages: [Damage]
}

extension CheckpointStore {
  /// Reads the stored bytes of variables once, chunk by chunk, each checked against its digest.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter isIncluded: Which variables; all unless said otherwise. Aliases, and variables
  ///   without stored bytes, are left out.
  /// - Parameter makeScanner: Makes what looks at a variable.
  /// - Parameter finish: Makes the result of a variable, on the thread that read it.
  /// - Returns: The results in the order of declaration.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading; damage is reported, not
  ///   thrown.
  /// - Complexity: O(*n*) time in the bytes, one chunk of memory a core.
  public func scan<Scanner: ValueScanner, Value: Sendable>(
    _ checkpoint: String, where isIncluded: (StoredVariable) -> Bool = { _ in true },
    with makeScanner: @Sendable (StoredVariable) -> Scanner,
    then finish: @Sendable (ScannedVariable<Scanner>) -> Value
  ) throws -> [Value] {
    try read { db in
      try scan(
        variables(in: checkpoint, db).filter(isIncluded), with: makeScanner, then: finish, db)
    }
  }

  /// The same of all variables, whether or not their rows are what was written: for those who show what is
  /// wrong.
  package func scanRecorded<Scanner: ValueScanner, Value: Sendable>(
    _ checkpoint: String, with makeScanner: @Sendable (StoredVariable) -> Scanner,
    then finish: @Sendable (ScannedVariable<Scanner>) -> Value
  ) throws -> [Value] {
    try read { db in
      let rows = try storedVariables(of: knownCheckpointID(of: checkpoint, db), db)
      return try scan(rows, with: makeScanner, then: finish, db)
    }
  }

  private func scan<Scanner: ValueScanner, Value: Sendable>(
    _ rows: [StoredVariable], with makeScanner: @Sendable (StoredVariable) -> Scanner,
    then finish: @Sendable (ScannedVariable<Scanner>) -> Value, _ db: Database
  ) throws -> [Value] {
    let tally = readers.tally
    let stored = rows.filter { $0.aliasOf == nil && $0.isMaterialized }
    let chunks = try stored.map { variable in
      try db.chunks(of: variable, covering: 0..<variable.byteCount)
    }
    let count = min(readers.count, max(stored.count, 1))
    // This connection's transaction stays open, so that the others see the same state.
    let results = try readers.concurrently(count, beside: db) { number, db in
      try stride(from: number, to: stored.count, by: count).map { place in
        var scanner = makeScanner(stored[place])
        var damages = try ChunkReader(db, variable: stored[place], tally: tally)
          .scan(chunks[place], with: &scanner)
        if damages.isEmpty, try db.tree(of: stored[place]) == nil {
          damages = [stored[place].damagedDigests]
        }
        let scanned = ScannedVariable(
          variable: stored[place], scanner: scanner, damages: damages)
        return (place, finish(scanned))
      }
    }
    return results.flatMap { $0 }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}
