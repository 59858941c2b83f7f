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
  let isRecipe: Bool
  let toolVersion: String
  let logger: Logger
  let report: @Sendable (MaterializationProgress) -> Void

  func run() async throws -> MaterializationReport {
    let clock = ContinuousClock()
    let start = clock.now
    let session = try await store.begin(
      graph, checkpoint: checkpoint, policy: policy, selecting: patterns, isRecipe: isRecipe,
      toolVersion: toolVersion)
    let wanted = Set(session.decisions.filter(\.isMade).map(\.name))
    let variables = graph.variables.filter { wanted.contains($0.name) }
    let byteCount = variables.reduce(0) { $0 + $1.byteCount }
    logger.debug(
      "run begun",
      metadata: [
        "store": "\(store.path)", "checkpoint": "\(checkpoint)", "made": "\(variables.count)",
        "bytes": "\(byteCount)",
      ])
    let tally = RunTally(variableCount: variables.count, byteCount: byteCount)
    report(tally.progress)
    do {
      try await fill(variables, session, tally)
    } catch {
      await session.abandon()
      throw error
    }
    let damages = try verify(session)
    let damaged = Set(damages.map(\.variable))
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
      removed: session.removed, invalidated: session.invalidated, damages: damages)
    for outcome in result.deviations {
      logger.warning(
        "values are not what the initializer promises",
        metadata: ["variable": "\(outcome.name)", "deviation": "\(outcome.check?.reason ?? "")"])
    }
    return result
  }

  private func fill(
    _ variables: [Variable], _ session: WriteSession, _ tally: RunTally
  ) async throws {
    let pipeline = FillPipeline(
      graph: graph, variables: variables, configuration: configuration, evaluation: evaluation
    ) { units in
      let isDurable = try await session.write(units)
      tally.add(units)
      if isDurable { report(tally.progress) }
    }
    try await pipeline.run()
  }

  private func verify(_ session: WriteSession) throws -> [Damage] {
    let wanted = Set(session.decisions.filter { $0.action == .verified }.map(\.name))
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

  private let state: Mutex<(progress: MaterializationProgress, finished: [String: Finished])>

  init(variableCount: Int, byteCount: Int) {
    let progress = MaterializationProgress(
      variablesDone: 0, variableCount: variableCount, bytesDone: 0, byteCount: byteCount)
    state = Mutex((progress, [:]))
  }

  var progress: MaterializationProgress { state.withLock { $0.progress } }
  var finished: [String: Finished] { state.withLock { $0.finished } }

  func add(_ units: [FilledUnit]) {
    state.withLock { state in
      state.progress.bytesDone += units.reduce(0) { $0 + $1.byteCount }
      for variable in units.lazy.flatMap(\.finished) {
        state.progress.variablesDone += 1
        state.finished[variable.name] = Finished(
          digest: variable.digest, check: variable.check)
      }
    }
  }
}
