internal import Filling
internal import Tensors
internal import VariableGraph

/// What a repair did.
public struct RepairReport: Sendable {
  /// A variable that is as it was recorded again.
  public struct Repaired: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// The numbers of the chunks that were written again.
    public let chunks: [Int]
    /// True where its list of digests was written again, too.
    public let hasNewDigests: Bool
  }

  /// A variable that stays damaged.
  public struct Lost: Sendable, Hashable {
    /// The variable.
    public let name: String
    /// Why it was not mended, in words.
    public let reason: String
  }

  /// What was mended.
  public let repaired: [Repaired]
  /// What was not.
  public let lost: [Lost]
  /// What the verification after the repair found.
  public let verification: VerificationReport
  /// True where nothing is damaged any more.
  public var isIntact: Bool { verification.isIntact }
}

extension CheckpointStore {
  /// Makes the damaged values of a checkpoint again, each from its declaration, and stores them where they
  /// have the recorded digests.
  ///
  ///     let report = try await store.repair(with: store.regeneration())
  ///
  /// Of a variable whose list of digests is intact only damaged chunks are made and written. A value that is
  /// gone with its digests is made whole, and written where its row has its seal with it. Values that were assigned or imported cannot be made
  /// again, and a value whose digests are not the recorded ones is not written: these are listed as lost, and
  /// nothing of them is changed.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `busy`, `inputOutput`, and `damaged`
  ///   where SQLite's own structure is; `CancellationError`. What was mended before stays mended.
  public func repair(
    _ checkpoint: String = "initial", with regeneration: Regeneration
  ) async throws -> RepairReport {
    let before = try verify(checkpoint)
    var repair = DamageRepair(store: self, checkpoint: checkpoint, regeneration: regeneration)
    try await repair.run(before)
    try await restoreContentDigest(of: checkpoint)
    let after = try verify(checkpoint)
    return RepairReport(
      repaired: repair.repaired,
      lost: after.damagedNames.map { name in
        .init(
          name: name,
          reason: repair.reasons[name]
            ?? "\(after.damages.first { NameKey($0.variable) == NameKey(name) }?.description ?? "it is damaged")"
        )
      }, verification: after)
  }
}

extension VerificationReport {
  /// The names of damaged variables, each once, in the order of the report.
  var damagedNames: [String] {
    var seen: NameSet = []
    return damages.map(\.variable).filter { seen.insert($0).inserted }
  }
}

/// The work of a repair: what is mended, and why the rest is not.
private struct DamageRepair {
  let store: CheckpointStore
  let checkpoint: String
  let regeneration: Regeneration
  private(set) var repaired: [RepairReport.Repaired] = []
  private(set) var reasons: NameTable<String> = [:]

  init(store: CheckpointStore, checkpoint: String, regeneration: Regeneration) {
    self.store = store
    self.checkpoint = checkpoint
    self.regeneration = regeneration
  }

  mutating func run(_ report: VerificationReport) async throws {
    let assigned = NameSet(
      names: try store.declaredVariables(in: checkpoint).filter(\.isAssigned).map(\.name))
    for name in report.damagedNames {
      if assigned.contains(name) {
        reasons[name] = "its value was assigned and cannot be made again"
      } else if regeneration.graph[name]?.initializer.declaredDigest != nil {
        reasons[name] = "its value was imported and cannot be made again: import the file again"
      }
    }
    let lost = NameSet(
      names: report.damages.filter { $0.part == .value || $0.part == .row }.map(\.variable))
    try await restoreDigests(of: report.damagedNames.filter { lost.contains($0) })
    for name in report.damagedNames where reasons[name] == nil {
      let (store, checkpoint) = (store, checkpoint)
      let outcome = try await attempt(name) {
        try await store.repair(name, in: checkpoint, with: $0)
      }
      switch outcome {
      case .repaired(let chunks, let digests):
        repaired.append(
          .init(name: name, chunks: chunks, hasNewDigests: digests || lost.contains(name)))
      case .intact where lost.contains(name):
        repaired.append(.init(name: name, chunks: [], hasNewDigests: true))
      case .intact, nil: break
      }
    }
  }

  /// Makes values that are gone with their digests, all of them: the content digest is one of all.
  private mutating func restoreDigests(of lost: [String]) async throws {
    var records: [RemadeRecord] = []
    for name in lost where reasons[name] == nil {
      let (store, checkpoint) = (store, checkpoint)
      let record = try await attempt(name) {
        try store.record(of: name, in: checkpoint, with: $0)
      }
      if let record { records.append(record) }
    }
    for (key, outcome) in try await store.restoreLost(records, in: checkpoint) {
      let name = key.text
      switch outcome {
      case .restored: break
      case .other:
        reasons[name] =
          "made again its row does not have its seal: it was another value, or more is damaged; nothing was written"
      }
    }
  }

  /// Does something with what makes a variable; `nil` and a reason where that cannot be.
  private mutating func attempt<Value>(
    _ name: String, _ body: (RemadeElements) async throws -> Value
  ) async throws -> Value? {
    do {
      return try await body(regeneration.elements(of: name))
    } catch let other as OtherValue {
      let recorded =
        other.expected.map { "\($0) is recorded" } ?? "its digest is not recorded any more"
      reasons[name] =
        "made again it has digest \(other.found), and \(recorded); nothing was overwritten"
    } catch let error as RuntimeError {
      reasons[name] = "it cannot be made again: \(error)"
    }
    return nil
  }
}
