/// What a verification found.
public struct VerificationReport: Sendable {
  /// The names of variables whose bytes have their digests.
  public let verified: [String]
  /// The names of variables that have no stored bytes.
  public let unmaterialized: [String]
  /// Every damaged place.
  public let damages: [Damage]
  /// True where nothing is damaged.
  public var isIntact: Bool { damages.isEmpty }
}

extension CheckpointStore {
  /// Hashes the stored bytes of every variable, chunk by chunk and as a whole.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter isIncluded: Which variables; all unless said otherwise.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading; damage is reported,
  ///   not thrown.
  public func verify(
    _ checkpoint: String = "initial", where isIncluded: (StoredVariable) -> Bool = { _ in true }
  ) throws -> VerificationReport {
    let (all, stored, results) = try read { db in
      let all = try variables(in: checkpoint, db)
        .filter { $0.aliasOf == nil && isIncluded($0) }
      let stored = all.filter(\.isMaterialized)
      let chunks = try stored.map { variable in
        try db.chunks(of: variable, covering: 0..<variable.byteCount)
      }
      // This connection's transaction stays open, so that the others see the same state.
      let results = try readers.concurrently(readers.count) { number, db in
        try stride(from: number, to: stored.count, by: readers.count).map { place in
          (place, try ChunkReader(db, variable: stored[place]).verify(chunks[place]))
        }
      }
      return (all, stored, results)
    }
    let damages = results.flatMap { $0 }.sorted { $0.0 < $1.0 }
    return VerificationReport(
      verified: damages.filter(\.1.isEmpty).map { stored[$0.0].name },
      unmaterialized: all.filter { !$0.isMaterialized }.map(\.name),
      damages: damages.flatMap(\.1))
  }
}
