public import Filling
internal import Foundation
internal import GRDB
internal import StoreAccess
internal import Synchronization
package import TensorMemory
public import Tensors
public import VariableGraph

/// A run that writes a checkpoint: declarations first, then values as they come.
///
/// 1. *begun*: in one transaction the declarations are stored, and it is decided what must be made.
/// 2. `write` adds chunks to a transaction that stays open, at the most for about a second; a
///    variable gets its value whole.
/// 3. *ended*: `finish` stores the content digest and the run's counts; `abandon` keeps what there is.
///
/// A run that is killed leaves the variables that were committed; the next run makes the others.
///
/// A class, because it carries what was written so far from call to call.
public final class WriteSession: Sendable {
  /// What is to be done with each selected variable and alias, in the order of declaration.
  public let decisions: [MaterializationDecision]
  /// What is to be made, in the order of declaration.
  public let parts: [VariablePart]
  /// Variables of the store that the graph does not have any more; their rows were removed.
  public let removed: [String]
  /// Variables that were not selected and lost their value, because their declaration changed.
  public let invalidated: [String]
  /// Variables and aliases that were not selected and stay as they are, though the graph declares them
  /// otherwise.
  public let kept: [String]

  /// The fingerprint of all declarations.
  public let specFingerprint: Digest

  private let store: CheckpointStore
  private let begun: BegunRun
  private let graph: VariableGraph
  private let isRecipe: Bool
  /// Keeps other runs from cleaning up after this one while it goes on.
  private let presence: WriterPresence
  private let state: Mutex<State>

  /// What is shared by the calls, which come one after another on the store's thread.
  private struct State {
    var writer: ValueWriter
    var partials: PartialWriter
    var flush: FlushAhead?
    var lastCommit = ContinuousClock.now
    /// SQLite's number for what other connections have written.
    var dataVersion: Int64
  }

  /// How long a transaction stays open. A commit waits for the disk, and what was not committed is
  /// lost with the process.
  private static let transactionDuration = Duration.seconds(1)

  init(
    store: CheckpointStore, begun: BegunRun, graph: VariableGraph, isRecipe: Bool,
    policy: ExistingPolicy, presence: WriterPresence
  ) {
    self.store = store
    self.begun = begun
    self.graph = graph
    self.presence = presence
    self.isRecipe = isRecipe
    decisions = begun.decisions
    parts = begun.parts
    removed = begun.removed
    invalidated = begun.invalidated
    kept = begun.kept
    specFingerprint = begun.specFingerprint
    let firstTrustedPayload = policy == .replace ? begun.nextPayload : 0
    state = Mutex(
      State(
        writer: ValueWriter(
          checkpointID: begun.checkpointID, isRecipe: isRecipe,
          firstTrustedPayload: firstTrustedPayload,
          variables: begun.parts.filter(\.isWhole).map { ValueSpec($0.variable) },
          recorded: begun.recorded,
          partials: begun.partials, isPutOff: begun.putOff != nil),
        partials: PartialWriter(
          checkpointID: begun.checkpointID, isRecipe: isRecipe,
          firstTrustedPayload: firstTrustedPayload,
          variables: begun.parts.filter { !$0.isWhole }.map { ValueSpec($0.variable) }),
        dataVersion: begun.dataVersion))
  }

  /// Leaves the bytes of all values that are written from now on in the files in which they lie: the store keeps
  /// where that is, and their digests.
  ///
  /// - Parameter references: For each variable with bytes, where they begin.
  package func refer(to references: NameTable<FileLocation>) {
    state.withLock { $0.writer.refer(to: references, from: store.path) }
  }

  /// Stores chunks and the variables that they finish.
  ///
  /// Chunks of a variable come in order. Bytes that the store has already are stored once.
  ///
  /// - Returns: True when all that was written so far is on the disk.
  /// - Throws: `CheckpointError` with the codes `busy`, `inputOutput`, and `otherValue` where a value
  ///   is not what its recipe or its declaration says; what was not on the disk is not stored then.
  public func write(_ units: [FilledUnit]) async throws -> Bool {
    try await store.access { [self] db in
      try state.withLock { state in
        if !db.isInsideTransaction {
          try db.beginWriting()
          state.lastCommit = .now
        }
        do {
          try checkDeclarations(db, &state)
          try checkDigests(units)
          if state.flush == nil, !isRecipe { state.flush = FlushAhead(db) }
          for unit in units {
            if let chunk = unit.chunks.first, state.partials.owns(chunk) {
              try state.partials.write(chunk, db)
            } else {
              try state.writer.write(unit, db)
            }
            try state.flush?.wrote(byteCount: unit.byteCount)
          }
          guard ContinuousClock.now - state.lastCommit >= Self.transactionDuration else {
            return false
          }
          try commit(db)
          return true
        } catch {
          state.flush?.stop()
          try db.rollbackIfNeeded()
          throw error
        }
      }
    }
  }

  private func commit(_ db: Database) throws {
    try db.commitSealed()
    guard !db.hasLostItsFile else { throw CheckpointError.lostFile(store.path) }
  }

  /// A value is stored under the declaration that it was made for, or not at all: another run may have
  /// declared the variable anew meanwhile.
  private func checkDeclarations(_ db: Database, _ state: inout State) throws {
    let present = try db.number(.dataVersion)
    // What was put off is compared when it is done.
    guard present != state.dataVersion, begun.putOff == nil else { return }
    state.dataVersion = present
    state.partials.forget()
    var changed = NameSet(begun.fingerprints.keys)
    for variable in try db.presentVariables(in: begun.checkpointID)
    where variable.aliasOf == nil && variable.fingerprint == begun.fingerprints[variable.name] {
      changed.remove(variable.name)
    }
    guard changed.isEmpty else {
      throw CheckpointError.declaredAnew(changed.sorted().map(\.text))
    }
  }

  /// A value whose declaration says its digest is stored if it has that one.
  private func checkDigests(_ units: [FilledUnit]) throws {
    guard !begun.declaredDigests.isEmpty else { return }
    for filled in units.lazy.flatMap(\.finished) {
      if let declared = begun.declaredDigests[filled.name], filled.digest != declared {
        throw CheckpointError.notAsDeclared(
          filled.name, expected: declared, found: filled.digest)
      }
    }
  }

  /// Stores the content digest, where every variable has a value, and ends the run.
  ///
  /// - Returns: The content digest.
  public func finish(verified: Int, failed: Int) async throws -> Digest? {
    if begun.isFinished { return begun.contentDigest }
    return try await store.access { [self] db in
      try state.withLock { state in
        defer { state.flush?.stop() }
        if !db.isInsideTransaction { try db.beginWriting() }
        do {
          if let beginning = begun.putOff {
            try beginning.finish(begun, db)
            try state.writer.attachPutOff(db)
          }
          let digest = try begun.end(
            verified: verified, failed: failed, of: graph, db, path: store.path)
          if decisions.contains(where: { $0.action == .replaced }) { try db.removeUnusedPayloads() }
          if !begun.recorded.isEmpty { try db.run(.deleteUnusedRecipes) }
          try state.flush?.check()
          try commit(db)
          return digest
        } catch {
          try db.rollbackIfNeeded()
          throw error
        }
      }
    }
  }

  /// Ends a run that failed or was cancelled: variables that are whole are kept, if the disk takes
  /// them. To be called while another error is on its way to the user, who hears of that one.
  public func abandon() async {
    // A task of its own: the one that ends here may have been cancelled, and the store then takes nothing
    // more from it.
    await Task {
      _ = try? await store.access { [self] db in
        try state.withLock { state in
          defer { state.flush?.stop() }
          guard db.isInsideTransaction else { return }
          // Values that wait for the last transaction are for nothing without it.
          guard begun.putOff == nil else { return try db.rollback() }
          do {
            try state.flush?.check()
            try db.commitSealed()
          } catch {
            try db.rollbackIfNeeded()
          }
        }
      }
    }.value
  }
}

extension Database {
  /// Some failures, a full disk among them, have rolled back already.
  fileprivate func rollbackIfNeeded() throws {
    if isInsideTransaction { try rollback() }
  }
}

/// What the first transaction of a run found and decided.
struct BegunRun: Sendable {
  var specFingerprint: Digest
  var checkpointID: Int64
  var runID: Int64
  var nextPayload: Int64
  /// SQLite's number for what other connections have written.
  var dataVersion: Int64 = 0
  /// The fingerprints of the variables that are to be made.
  var fingerprints: NameTable<Digest> = [:]
  /// What declarations say that values are which the run makes.
  var declaredDigests: NameTable<Digest> = [:]
  /// What recipes say that values are which the run makes.
  var recorded: NameTable<ValueDigest> = [:]
  /// The incomplete payloads of variables that the run makes whole.
  var partials: NameTable<Int64> = [:]
  /// The content digest, where the run makes nothing and it is known.
  var contentDigest: Digest?
  var decisions: [MaterializationDecision] = []
  /// What is to be made.
  var parts: [VariablePart] = []
  var removed: [String] = []
  var invalidated: [String] = []
  var kept: [String] = []
  /// Stores the declarations in the last transaction, where the first one has not.
  var putOff: RunBeginning?
  /// True where there was nothing to make or to verify, and the run has ended as it began.
  var isFinished = false

  /// Stores the content digest and the run's counts.
  ///
  /// - Returns: The content digest, where every variable has a value.
  ///
  /// - Parameter graph: What was declared.
  /// - Parameter path: The store's, for messages.
  func end(
    verified: Int, failed: Int, of graph: VariableGraph, _ db: Database, path: String
  ) throws -> Digest? {
    func count(_ action: MaterializationAction) -> Int { decisions.count { $0.action == action } }
    let completed = try db.completePartials(of: checkpointID, path: path) { variable, moments in
      graph[variable.name]?.check(moments)
    }
    let known = completed.isEmpty ? contentDigest : nil
    let digest = try known ?? db.contentDigest(of: checkpointID)
    try db.run(.setContentDigest, ["digest": digest?.data, "id": checkpointID])
    try db.run(
      .finishRun,
      [
        "now": Timestamp.now(), "materialized": count(.materialized), "skipped": count(.skipped),
        "verified": verified, "replaced": count(.replaced), "failed": failed, "id": runID,
      ])
    return digest
  }
}

/// Times as the store writes them: UTC, ISO 8601, seconds.
enum Timestamp {
  static func now() -> String { Date().formatted(.iso8601) }
}
