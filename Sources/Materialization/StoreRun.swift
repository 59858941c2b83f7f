internal import Checkpointing
internal import Logging
internal import Synchronization
internal import Tensors
internal import VariableGraph

/// One run of a graph into a store: declare, decide, fill, write, verify, report.
struct StoreRun: Sendable {
  let graph: VariableGraph
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
    try await fill(variables, byteCount, session)
    let damages = try verify(session)
    let damaged = Set(damages.map(\.variable))
    let verified = session.decisions.count { $0.action == .verified } - damaged.count
    let content = try await session.finish(verified: verified, failed: damaged.count)
    logger.debug(
      "run finished",
      metadata: ["store": "\(store.path)", "content": "\(content?.hex ?? "incomplete")"])
    let stored = try store.variables(in: checkpoint)
    let byName = Dictionary(stored.map { ($0.name, $0) }) { first, _ in first }
    return MaterializationReport(
      checkpoint: checkpoint,
      outcomes: session.decisions.map { decision in
        let variable = byName[decision.name]
        return MaterializationReport.Outcome(
          name: decision.name, action: decision.action, reason: decision.reason,
          byteCount: variable?.byteCount ?? 0,
          digest: variable.flatMap { byName[$0.aliasOf ?? $0.name]?.digest })
      },
      specFingerprint: session.specFingerprint, contentDigest: content,
      seconds: (clock.now - start).seconds, bytesWritten: isRecipe ? 0 : byteCount,
      removed: session.removed, invalidated: session.invalidated, damages: damages)
  }

  private func fill(
    _ variables: [Variable], _ byteCount: Int, _ session: WriteSession
  ) async throws {
    let progress = Mutex(
      MaterializationProgress(
        variablesDone: 0, variableCount: variables.count, bytesDone: 0, byteCount: byteCount))
    report(progress.withLock { $0 })
    let pipeline = FillPipeline(
      graph: graph, variables: variables, configuration: configuration
    ) { units in
      try await session.write(units)
      let state = progress.withLock { progress in
        progress.bytesDone += units.reduce(0) { $0 + $1.byteCount }
        progress.variablesDone += units.reduce(0) { $0 + $1.finished.count }
        return progress
      }
      report(state)
    }
    try await pipeline.run()
  }

  private func verify(_ session: WriteSession) throws -> [Damage] {
    let wanted = Set(session.decisions.filter { $0.action == .verified }.map(\.name))
    guard !wanted.isEmpty else { return [] }
    return try store.verify(checkpoint) { wanted.contains($0.name) }.damages
  }
}
