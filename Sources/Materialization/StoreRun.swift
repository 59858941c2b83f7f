internal import Checkpointing
internal import Evaluation
internal import Logging
internal import Synchronization
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
  let toolVersion: String
  let logger: Logger
  let report: @Sendable (MaterializationProgress) -> Void

  func run() async throws -> MaterializationReport {
    let clock = ContinuousClock()
    let start = clock.now
    let session = try await store.begin(
      graph, checkpoint: checkpoint, policy: policy, selecting: patterns, share: share,
      isRecipe: isRecipe, asImport: isImport, toolVersion: toolVersion)
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
    let damages = try verify(session)
    let damaged = NameSet(names: damages.map(\.variable))
    let verified = session.decisions.count { $0.action == .verified } - damaged.count
    let content = try await session.finish(verified: verified, failed: damaged.count)
    logger.debug(
      "run finished",
      metadata: ["store": "\(store.path)", "content": "\(content?.hex ?? "incomplete")"])
    report(tally.progress)
    let made = tally.finished
    let result = MaterializationReport(
      checkpoint: checkpoint,
      outcomes: session.decisions.map { decision in
        MaterializationReport.Outcome(
          name: decision.name, action: decision.action, reason: decision.reason,
          byteCount: decision.byteCount,
          digest: made[decision.target ?? decision.name]?.digest ?? decision.digest,
          check: made[decision.name]?.check)
      },
      specFingerprint: session.specFingerprint, contentDigest: content,
      seconds: (clock.now - start).seconds, bytesWritten: isRecipe ? 0 : byteCount,
      removed: session.removed, invalidated: session.invalidated, kept: session.kept,
      damages: damages)
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

  private func verify(_ session: WriteSession) throws -> [Damage] {
    let wanted = NameSet(
      names: session.decisions.lazy.filter { $0.action == .verified }.map(\.name))
    guard !wanted.isEmpty else { return [] }
    return try store.verify(checkpoint) { wanted.contains($0.name) }.damages
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
