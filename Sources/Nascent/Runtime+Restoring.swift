internal import Filling
public import Store
public import Materialization
internal import Tensors

extension Runtime {
  /// Takes the values of a checkpoint as the values of this runtime's variables.
  ///
  /// All or nothing: where a selected variable of the graph is missing or has another shape or dtype,
  /// nothing is taken and the report says why. Nothing is cast or transposed without consent, and nothing
  /// is skipped silently; variables of the checkpoint that the graph does not have are listed as
  /// unexpected. `CheckpointStore.restoreReport` gives the same report and changes nothing.
  ///
  /// - Parameter store: Where the values are.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter configuration: How names, axes and dtypes of another model become the graph's.
  /// - Returns: How the checkpoint fits the graph.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `ambiguousName`, `lossyCast`,
  ///   `damaged`, `otherValue`; what keeps the value of a recipe from being made.
  public func restore(
    from store: CheckpointStore, checkpoint: String = "initial",
    configuration: RestoreConfiguration = .exact
  ) async throws -> RestoreReport {
    let report = try store.restoreReport(
      for: graph, from: checkpoint, configuration: configuration)
    guard report.isRestorable else { return report }
    var values: [(String, Tensor, Bool)] = []
    var regeneration: Regeneration?
    for source in report.sources {
      let stored: Tensor
      if try store.variable(source.storedName, in: checkpoint).isRecipe {
        let maker = try regeneration ?? store.regeneration(of: checkpoint)
        regeneration = maker
        stored = try await store.value(of: source.storedName, in: checkpoint, making: maker)
      } else {
        stored = try store.tensor(named: source.storedName, in: checkpoint)
      }
      let ordered = try source.axes.map { try stored.transposed(axes: $0) } ?? stored
      do {
        let tensor = try ordered.converted(to: source.scalarType)
        values.append((source.name, tensor, !source.isInitial))
      } catch let error as TensorError {
        throw CheckpointError.lossyCast(source.name, checkpoint: checkpoint, error)
      }
    }
    adopt(values)
    return report
  }

  /// Goes on from a step that was saved: takes the values of its checkpoint, all or nothing.
  ///
  ///     let resumed = try await runtime.restore(step: .latest)
  ///     for step in resumed.step + 1...1000 { … }
  ///
  /// - Parameter selection: Which step: the latest, an exact one, or the best by a metric.
  /// - Parameter store: Where the step was saved; the runtime's own store unless said otherwise.
  /// - Returns: The checkpoint, with its step, metadata and metrics.
  /// - Throws: `CheckpointError` with the codes `unknownStep`, `damaged`; `RuntimeError` with the codes
  ///   `noStore`, and `unsuitableCheckpoint` where checkpoint and graph do not have the same variables.
  @discardableResult
  public func restore(
    step selection: StepSelection, from store: CheckpointStore? = nil
  ) async throws -> SavedCheckpoint {
    guard let source = store ?? self.store else { throw RuntimeError.noStore() }
    let saved = try source.savedCheckpoint(at: selection)
    let report = try source.restoreReport(for: graph, from: saved.name)
    guard report.isComplete else {
      throw RuntimeError.unsuitableCheckpoint(saved.name, report.description)
    }
    _ = try await restore(from: source, checkpoint: saved.name)
    return saved
  }
}
