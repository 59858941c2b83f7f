public import Store
public import Filling
public import Logging
package import TensorMemory
public import Tensors
public import VariableGraph

/// Makes the values of a graph's variables, on demand, at most once each.
///
///     let runtime = Runtime(graph: graph)
///     let kernel = try await runtime.value(of: "dense/kernel")
///
/// A variable is in one of four states:
/// 1. *not made*: nobody has asked, or the last attempt failed or was cancelled;
/// 2. *being made*: one task fills it, and whoever asks meanwhile waits for that task;
/// 3. *made*: its value is kept, in memory or in the store, and never filled again;
/// 4. *assigned*: `assign`, `update` or `restore` gave it another value than its declaration makes, in
///    memory until a checkpoint is saved.
///
/// Values stay in memory until `release`. With a store, what it has is read from there, one row for each
/// variable, and `materialize` streams values into it; to ask for a value writes nothing, so that a store
/// that was opened for reading serves as well. Filling runs outside the actor.
public actor Runtime {
  /// The declarations.
  public let graph: VariableGraph
  /// Where values are kept; `nil` for memory alone.
  public let store: CheckpointStore?
  /// The name of the checkpoint in the store.
  public let checkpoint: String
  /// How much of the machine may be used.
  public let configuration: RuntimeConfiguration
  /// How many times a variable was filled, by name: 1 at most unless it was released.
  public private(set) var fillCounts: NameTable<Int> = [:]

  /// The values in memory.
  var made: NameTable<Tensor> = [:]
  /// The variables whose value is not what their declaration makes.
  var assigned: NameSet = []
  private var making: NameTable<Making> = [:]
  private var lastRun: Task<MaterializationReport, any Error>?
  private nonisolated let evaluation: Evaluation
  private nonisolated let broadcast = ProgressBroadcast()
  private let toolVersion: String
  private let logger: Logger

  /// A fill that is under way, and how many wait for it.
  private struct Making {
    let task: Task<Tensor, any Error>
    var waiting: Int
  }

  /// A runtime for one graph.
  ///
  /// - Parameter graph: The declarations; the runtime keeps this copy.
  /// - Parameter store: Where values are kept and read from; `nil` keeps them in memory.
  /// - Parameter checkpoint: The checkpoint's name in the store.
  /// - Parameter configuration: How much of the machine may be used; it changes no value.
  /// - Parameter toolVersion: What the store's `runs` view shows as the tool.
  /// - Parameter logger: Hears of runs at the level `debug`, and at the level `warning` of values that are
  ///   not what their initializer promises.
  public init(
    graph: VariableGraph, store: CheckpointStore? = nil, checkpoint: String = "initial",
    configuration: RuntimeConfiguration = RuntimeConfiguration(),
    toolVersion: String = "library", logger: Logger = Logger(label: "nascent.runtime")
  ) {
    self.graph = graph
    self.store = store
    self.checkpoint = checkpoint
    self.configuration = configuration
    evaluation = Evaluation(graph, configuration)
    self.toolVersion = toolVersion
    self.logger = logger
  }

  /// Fills tensors in memory.
  nonisolated var filler: TensorFiller {
    TensorFiller(graph: graph, configuration: configuration, evaluation: evaluation)
  }

  /// The progress of runs that write to a store, from now on; as many may listen as like.
  public nonisolated func progress() -> AsyncStream<MaterializationProgress> {
    broadcast.listen()
  }

  /// The value of a variable or alias: read where the store has it under the same declaration, and made now
  /// in memory where it is nowhere.
  ///
  /// When every caller that waits for a value is cancelled, its making is cancelled.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`, `RuntimeError.Code.fillFailed`,
  ///   `CancellationError`, errors of the store and of the memory.
  public func value(of name: String) async throws -> Tensor {
    let variable = try graph.variable(named: name)
    if let tensor = made[variable.name] { return tensor }
    let task = wait(for: variable)
    return try await withTaskCancellationHandler {
      do {
        let tensor = try await task.value
        settle(variable.name, task, tensor)
        return tensor
      } catch {
        settle(variable.name, task, nil)
        throw error
      }
    } onCancel: {
      Task { await self.leave(variable.name, task) }
    }
  }

  /// Calls `body` with elements `range` of a variable, row-major, as vectors of some megabytes each, in
  /// order: for what does not fit in memory, or need not. They are made anew, where the initializer is
  /// element-wise, and not kept.
  ///
  /// - Throws: As `slice(of:_:)`, and what `body` throws.
  public nonisolated func forEachPart(
    of name: String, _ range: Range<Int>, _ body: (Tensor) throws -> Void
  ) async throws {
    let variable = try graph.variable(named: name)
    guard range.lowerBound >= 0, range.upperBound <= variable.shape.elementCount else {
      throw RuntimeError.rangeOutOfBounds(variable, range)
    }
    if try await isAssigned(name) {
      return try body(try await slice(of: name, range))
    }
    try await filler.forEachPart(of: variable, elements: range, body)
  }

  /// Elements `range` of a variable, row-major, as a vector. Only these are made, where the
  /// initializer is element-wise.
  ///
  /// - Throws: `RuntimeError.Code.rangeOutOfBounds`, and as `value(of:)`.
  public func slice(of name: String, _ range: Range<Int>) async throws -> Tensor {
    let variable = try graph.variable(named: name)
    guard range.lowerBound >= 0, range.upperBound <= variable.shape.elementCount else {
      throw RuntimeError.rangeOutOfBounds(variable, range)
    }
    if made[variable.name] == nil, variable.isElementwise, try !isAssigned(name) {
      return try await filler.tensor(of: variable, elements: range)
    }
    return try await value(of: name).slice(elements: range)
  }

  /// True when the value is there: in memory, or in the store with the same declaration.
  public func isMaterialized(_ name: String) throws -> Bool {
    let variable = try graph.variable(named: name)
    if made[variable.name] != nil { return true }
    return try store?.isMaterialized(variable, of: graph, in: checkpoint) ?? false
  }

  /// The variables without a value, in the order of declaration.
  public func uninitialized() throws -> [Variable] {
    let stored = try store?.materializedNames(of: graph, in: checkpoint) ?? []
    return graph.variables.filter { made[$0.name] == nil && !stored.contains($0.name) }
  }

  /// Forgets a value in memory; asked for again, it is made or read again, with the same bytes. An
  /// assigned value is lost by it.
  public func release(_ name: String) {
    let name = graph[name]?.name ?? name
    made[name] = nil
    assigned.remove(name)
  }

  /// Takes a value in place of what was there, or is being made.
  ///
  /// The name is a variable's, and the value has its shape and dtype.
  func put(_ tensor: Tensor, as name: String, isAssigned: Bool) {
    precondition(
      graph[name]?.shape == tensor.shape && graph[name]?.scalarType == tensor.scalarType,
      "a value fits its variable")
    making[name] = nil
    made[name] = tensor
    if isAssigned { assigned.insert(name) } else { assigned.remove(name) }
  }

  /// Makes every variable whose name matches one of the patterns.
  ///
  /// With a store the values stream into it and are not kept in memory; runs come one after another.
  /// These are the values that the declarations make: `CheckpointStore.save` stores assigned ones.
  ///
  /// - Parameter patterns: Which variables; an alias stands for its variable. The others stay in the store as
  ///   they are.
  /// - Parameter share: Makes only what is in this share, for workers that each make one; without a store
  ///   the variables that it has parts of.
  /// - Parameter policy: What to do with values that the store has already.
  /// - Parameter isRecipe: Stores digests without bytes.
  /// - Throws: As `value(of:)`; `GraphError.Code.notBound`; `CheckpointError.Code.conflict` where the policy
  ///   forbids what the graph asks for, or a value would be lost that nothing can make again.
  public func materialize(
    matching patterns: [GlobPattern] = ["*"], share: Share? = nil, policy: ExistingPolicy = .skip,
    isRecipe: Bool = false
  ) async throws -> MaterializationReport {
    try graph.checkBound(matching: share == nil ? patterns : ["*"])
    guard let store else { return try await materializeInMemory(patterns, share) }
    return try await run(
      in: store, patterns, share, policy, isRecipe: isRecipe, isImport: false)
  }

  /// Brings all values of the graph, which come from model files, into the store, beside those that it has.
  ///
  /// - Parameter references: Where the bytes of each variable lie, if they are to stay there; empty where they
  ///   are copied.
  /// - Throws: As `materialize`; `CheckpointError.Code.otherValue` where a value is not the declared one.
  package func importValues(
    into store: CheckpointStore, policy: ExistingPolicy,
    referringTo references: NameTable<FileLocation> = [:]
  ) async throws -> MaterializationReport {
    try await run(
      in: store, ["*"], nil, policy, isRecipe: false, isImport: true, references: references)
  }

  private func run(
    in store: CheckpointStore, _ patterns: [GlobPattern], _ share: Share?,
    _ policy: ExistingPolicy, isRecipe: Bool, isImport: Bool,
    references: NameTable<FileLocation> = [:]
  ) async throws -> MaterializationReport {
    let previous = lastRun
    let run = StoreRun(
      graph: graph, evaluation: evaluation, store: store, checkpoint: checkpoint,
      configuration: configuration,
      policy: policy, patterns: patterns, share: share, isRecipe: isRecipe, isImport: isImport,
      references: references, toolVersion: toolVersion,
      logger: logger, report: { [broadcast] in broadcast.send($0) })
    let task = Task {
      // The outcome of the run before is its caller's business; this one only waits for its end.
      _ = await previous?.result
      return try await run.run()
    }
    lastRun = task
    let report = try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
    for outcome in report.outcomes
    where outcome.action == .materialized || outcome.action == .replaced {
      fillCounts[outcome.name, default: 0] += 1
    }
    return report
  }

  private func materializeInMemory(
    _ patterns: [GlobPattern], _ share: Share?
  ) async throws -> MaterializationReport {
    let clock = ContinuousClock()
    let start = clock.now
    var outcomes: [MaterializationReport.Outcome] = []
    var written = 0
    let shared = share.map { share in
      NameSet(
        names: ShareTable(of: graph, count: share.count).parts(of: share.index)
          .map(\.variable.name))
    }
    for variable in graph.variables(matching: patterns)
    where shared?.contains(variable.name) ?? true {
      let wasMade = made[variable.name] != nil
      let tensor = try await value(of: variable.name)
      if !wasMade { written += tensor.byteCount }
      let kept = assigned.contains(variable.name) ? "assigned" : "in memory"
      outcomes.append(
        MaterializationReport.Outcome(
          name: variable.name, action: wasMade ? .skipped : .materialized,
          reason: wasMade ? kept : "new", byteCount: tensor.byteCount, digest: tensor.digest(),
          check: wasMade ? nil : variable.check(tensor.moments)))
    }
    return MaterializationReport(
      checkpoint: nil, outcomes: outcomes, specFingerprint: graph.fingerprint(),
      contentDigest: nil, seconds: (clock.now - start).seconds, bytesWritten: written,
      removed: [], invalidated: [], kept: [], damages: [], flaws: [])
  }

  /// Joins the fill that is under way, or starts one.
  private func wait(for variable: Variable) -> Task<Tensor, any Error> {
    if let present = making[variable.name] {
      making[variable.name]?.waiting += 1
      return present.task
    }
    let task: Task<Tensor, any Error>
    task = Task {
      if let stored = try await storedTensor(of: variable) { return stored }
      let filler = filler
      fillCounts[variable.name, default: 0] += 1
      return try await filler.tensor(of: variable)
    }
    making[variable.name] = Making(task: task, waiting: 1)
    return task
  }

  /// The value that the store has of a variable, under the same declaration; `nil` where it has none. One row
  /// is read; of a recipe the value is made and compared with its digests.
  private func storedTensor(of variable: Variable) async throws -> Tensor? {
    guard let store,
      let stored = try store.storedValue(of: variable, in: graph, checkpoint: checkpoint)
    else { return nil }
    if stored.isRecipe {
      fillCounts[variable.name, default: 0] += 1
      return try await store.value(
        of: variable.name, in: checkpoint,
        making: Regeneration(graph: graph, configuration: configuration))
    }
    if stored.isAssigned { assigned.insert(variable.name) }
    return try store.tensor(of: stored, elements: nil, checkpoint: checkpoint)
  }

  /// Ends the state *being made*, once: with a value, or without one for the next who asks.
  private func settle(_ name: String, _ task: Task<Tensor, any Error>, _ tensor: Tensor?) {
    guard making[name]?.task == task else { return }
    making[name] = nil
    if let tensor { made[name] = tensor }
  }

  /// One caller gave up; the last one to do so cancels the fill.
  private func leave(_ name: String, _ task: Task<Tensor, any Error>) {
    guard let present = making[name], present.task == task else { return }
    making[name]?.waiting -= 1
    if present.waiting <= 1 { task.cancel() }
  }
}

extension Duration {
  /// The duration in seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
