public import Checkpointing
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
  /// Of a variable whose list of digests is intact only damaged chunks are made and written. Values that were
  /// assigned or imported cannot be made again, and a value whose digests are not the recorded ones is not
  /// written: these are listed as lost, and nothing of them is changed.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `busy`, `inputOutput`, and `damaged`
  ///   where SQLite's own structure is; `CancellationError`. What was mended before stays mended.
  public func repair(
    _ checkpoint: String = "initial", with regeneration: Regeneration
  ) async throws -> RepairReport {
    let before = try verify(checkpoint)
    let assigned = Set(try variables(in: checkpoint).filter(\.isAssigned).map(\.name))
    var repaired: [RepairReport.Repaired] = []
    var reasons: [String: String] = [:]
    for name in before.damagedNames {
      if assigned.contains(name) {
        reasons[name] = "its value was assigned and cannot be made again"
        continue
      }
      if regeneration.graph[name]?.initializer.declaredDigest != nil {
        reasons[name] = "its value was imported and cannot be made again: import the file again"
        continue
      }
      do {
        let outcome = try await repair(
          name, in: checkpoint, with: regeneration.elements(of: name))
        if case .repaired(let chunks, let digests) = outcome {
          repaired.append(.init(name: name, chunks: chunks, hasNewDigests: digests))
        }
      } catch let other as OtherValue {
        reasons[name] =
          "made again it has digest \(other.found), and \(other.expected) is recorded; nothing was overwritten"
      } catch let error as RuntimeError {
        reasons[name] = "it cannot be made again: \(error)"
      }
    }
    try await recordContentDigest(of: checkpoint)
    let after = try verify(checkpoint)
    return RepairReport(
      repaired: repaired,
      lost: after.damagedNames.map { name in
        .init(
          name: name,
          reason: reasons[name]
            ?? "\(after.damages.first { $0.variable == name }?.description ?? "it is damaged")")
      }, verification: after)
  }
}

extension VerificationReport {
  /// The names of damaged variables, each once, in the order of the report.
  var damagedNames: [String] {
    var seen: Set<String> = []
    return damages.map(\.variable).filter { seen.insert($0).inserted }
  }
}
