internal import Store
internal import Filling
internal import Logging
internal import Synchronization
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// One run of a graph into a store: declare, decide, fill, write, verify, report.
struct StoreRun: Sendable {
  let graph: VariableGraph
  let evaluation: Evaluation
  let store: CheckpointStore
  let checkpoint: String
  let configuration: RuntimeConfiguration
  let policy: ExistingPolicy
  let patterns: [GlobPattern]
  let share: Share?
  let isRecipe: Bool
  let isImport: Bool
  /// For an import that copies no bytes, where those of each variable lie.
  var references: NameTable<FileLocation> = [:]
  let toolVersion: String
  let logger: Logger
  let report: @Sendable (MaterializationProgress) -> Void

  func run() async throws -> MaterializationReport {
    let clock = ContinuousClock()
    let start = clock.now
    // Before anything is written: what a run writes could make damaged rows agree again.
    let before = try policy == .verify ? verifyStored() : nil
    if let before, !before.report.flaws.isEmpty {
      return try await refuse(before.plan, before.report, since: start)
    }
    let session = try await store.begin(
      graph, checkpoint: checkpoint, policy: policy, selecting: patterns, share: share,
      isRecipe: isRecipe, asImport: isImport, toolVersion: toolVersion)
    if !references.isEmpty { session.refer(to: references) }
    let parts = session.parts
    let byteCount = parts.reduce(0) { $0 + $1.bytes.count }
    logger.debug(
      "run begun",
      metadata: [
        "store": "\(store.path)", "checkpoint": "\(checkpoint)", "made": "\(parts.count)",
        "bytes": "\(byteCount)",
      ])
    let tally = RunTally(of: parts)
    report(tally.progress)
    do {
      try await fill(parts, session, tally)
    } catch {
      await session.abandon()
      throw error
    }
    let (findings, damages, flaws) = try findings(session.decisions, before?.report)
    let verified = session.decisions.filter { $0.action == .verified }
    let failed = verified.count { findings[$0.name]?.finding != .verified }
    let content = try await session.finish(verified: verified.count - failed, failed: failed)
    logger.debug(
      "run finished",
      metadata: ["store": "\(store.path)", "content": "\(content?.hex ?? "incomplete")"])
    report(tally.progress)
    let made = tally.finished
    let result = MaterializationReport(
      checkpoint: checkpoint,
      outcomes: session.decisions.map { decision in
        let failure = decision.action == .verified ? findings[decision.name]?.failure : nil
        return MaterializationReport.Outcome(
          name: decision.name, action: failure == nil ? decision.action : .failed,
          reason: failure ?? decision.reason,
          byteCount: decision.byteCount,
          digest: made[decision.target ?? decision.name]?.digest ?? decision.digest,
          check: made[decision.name]?.check)
      },
      specFingerprint: session.specFingerprint, contentDigest: content,
      seconds: (clock.now - start).seconds,
      bytesWritten: isRecipe || !references.isEmpty ? 0 : byteCount,
      removed: session.removed, invalidated: session.invalidated, kept: session.kept,
      damages: damages, flaws: flaws)
    for outcome in result.deviations {
      logger.warning(
        "values are not what the initializer promises",
        metadata: ["variable": "\(outcome.name)", "deviation": "\(outcome.check?.reason ?? "")"])
    }
    return result
  }

  private func fill(
    _ parts: [VariablePart], _ session: WriteSession, _ tally: RunTally
  ) async throws {
    let pipeline = FillPipeline(
      graph: graph, parts: parts, configuration: configuration, evaluation: evaluation
    ) { units in
      let isDurable = try await session.write(units)
      tally.add(units)
      if isDurable { report(tally.progress) }
    }
    try await pipeline.run()
  }

  /// Verifies what the run would keep, before it begins; `nil` where there is nothing of it, and where the
  /// run would be refused.
  private func verifyStored() throws -> (plan: MaterializationPlan, report: VerificationReport)? {
    let plan = try store.uncheckedPlan(
      graph, checkpoint: checkpoint, policy: policy, selecting: patterns, share: share,
      isRecipe: isRecipe)
    let known = try store.recordedCheckpoints().contains { NameKey($0.name) == NameKey(checkpoint) }
    guard known, plan.conflicts.isEmpty else { return nil }
    let wanted = NameSet(names: plan.decisions.filter { $0.action == .verified }.map(\.name))
    return (plan, try store.verify(checkpoint) { wanted.contains($0.name) })
  }

  /// What was found of the variables that the run decided to verify. Those that another run stored since
  /// `before` are verified now.
  private func findings(
    _ decisions: [MaterializationDecision], _ before: VerificationReport?
  ) throws -> (
    findings: NameTable<VerificationReport.Outcome>, damages: [Damage], flaws: [String]
  ) {
    let wanted = decisions.filter { $0.action == .verified }.map(\.name)
    func byName(_ report: VerificationReport?) -> NameTable<VerificationReport.Outcome> {
      NameTable(byName: (report?.outcomes ?? []).map { ($0.name, $0) })
    }
    var found = byName(before)
    var (damages, flaws) = (before?.damages ?? [], before?.flaws ?? [])
    let rest = NameSet(names: wanted.filter { found[$0] == nil })
    if !rest.isEmpty {
      let report = try store.verify(checkpoint) { rest.contains($0.name) }
      found.merge(byName(report)) { first, _ in first }
      damages += report.damages
      flaws += report.flaws
    }
    return (found, damages, flaws)
  }

  /// Ends a run whose checkpoint has damaged rows, before it has changed anything.
  private func refuse(
    _ plan: MaterializationPlan, _ report: VerificationReport, since start: ContinuousClock.Instant
  ) async throws -> MaterializationReport {
    let found = NameTable(byName: report.outcomes.map { ($0.name, $0) })
    let flaw = report.flaws.first ?? ""
    let outcomes = plan.decisions.map { decision in
      let isFailed = decision.action == .verified || decision.isMade
      let reason =
        decision.isMade
        ? "not made: \(flaw)" : isFailed ? found[decision.name]?.failure : decision.reason
      return MaterializationReport.Outcome(
        name: decision.name, action: isFailed ? .failed : decision.action,
        reason: reason ?? flaw, byteCount: decision.byteCount, digest: decision.digest,
        check: nil)
    }
    try await store.recordFailedRun(
      of: checkpoint, skipped: outcomes.count { $0.action == .skipped },
      failed: outcomes.count { $0.action == .failed }, toolVersion: toolVersion)
    return MaterializationReport(
      checkpoint: checkpoint, outcomes: outcomes, specFingerprint: plan.specFingerprint,
      contentDigest: nil, seconds: (ContinuousClock.now - start).seconds, bytesWritten: 0,
      removed: [], invalidated: [], kept: [], damages: report.damages, flaws: report.flaws)
  }
}

/// What a run has written so far.
///
/// A class, because the writing task adds to it and the run reads it.
private final class RunTally: Sendable {
  /// What is kept of a variable: its preview and its moments are in the store.
  struct Finished: Sendable {
    let digest: Digest
    let check: DistributionCheck?
  }

  private let state: Mutex<(progress: MaterializationProgress, finished: NameTable<Finished>)>

  /// The last chunks of what is made of variables that are not made whole.
  private let lastChunks: NameTable<Set<Int>>

  init(of parts: [VariablePart]) {
    let progress = MaterializationProgress(
      variablesDone: 0, variableCount: parts.count, bytesDone: 0,
      byteCount: parts.reduce(0) { $0 + $1.bytes.count })
    state = Mutex((progress, [:]))
    lastChunks = parts.lazy.filter { !$0.isWhole }.reduce(into: [:]) {
      $0[$1.variable.name, default: []].insert($1.chunks.upperBound - 1)
    }
  }

  var progress: MaterializationProgress { state.withLock { $0.progress } }
  var finished: NameTable<Finished> { state.withLock { $0.finished } }

  func add(_ units: [FilledUnit]) {
    state.withLock { state in
      state.progress.bytesDone += units.reduce(0) { $0 + $1.byteCount }
      for variable in units.lazy.flatMap(\.finished) {
        state.progress.variablesDone += 1
        state.finished[variable.name] = Finished(
          digest: variable.digest, check: variable.check)
      }
      guard !lastChunks.isEmpty else { return }
      for chunk in units.lazy.flatMap(\.chunks)
      where lastChunks[chunk.variable]?.contains(chunk.number) == true {
        state.progress.variablesDone += 1
      }
    }
  }
}

extension VerificationReport.Outcome {
  /// Why a variable does not count as verified, in words; `nil` for one that does.
  fileprivate var failure: String? {
    switch finding {
    case .verified: nil
    case .damaged: "stored bytes are damaged: \(reason ?? name)"
    case .unproved: "the rows of the checkpoint are damaged: \(reason ?? name)"
    case .otherValue, .withoutBytes: reason ?? "no bytes are stored"
    }
  }
}
