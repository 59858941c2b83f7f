public import Store
public import VariableGraph

extension CheckpointStore {
  /// Saves the present values of all variables of a runtime as a checkpoint, and waits for the disk.
  ///
  ///     try await store.save(runtime, step: 100, metrics: ["loss": 0.3], retention: [.last(3)])
  ///
  /// The checkpoint is there whole or not at all, also when the process is killed meanwhile. Values that
  /// the store has already, in any checkpoint, take no further bytes. Variables that have no value yet
  /// are made.
  ///
  /// - Parameter runtime: Whose values; its graph is stored with them.
  /// - Parameter step: The training step, 0 or more.
  /// - Parameter name: The checkpoint's name; `step-100` unless said otherwise.
  /// - Parameter metrics: Measurements at this step, by name, for `.best(by:)` and the view
  ///   `metrics`.
  /// - Parameter metadata: Whatever the program needs to go on, or wants to say: any JSON.
  /// - Parameter replacing: Replaces a checkpoint of the same name.
  /// - Parameter retention: Which saved checkpoints stay; the one that is saved stays in any case.
  /// - Returns: The checkpoint.
  /// - Throws: `CheckpointError` with the codes `checkpointExists`, `invalidStep`, `unsuitableRetention`,
  ///   `busy`, `inputOutput`, the store being then as it was; as `Runtime.value(of:)`; the error of a
  ///   save before that nobody asked for.
  @discardableResult
  public func save(
    _ runtime: Runtime, step: Int, name: String? = nil, metrics: [String: Double] = [:],
    metadata: JSONValue = [:], replacing: Bool = false, retention: RetentionPolicy = .all
  ) async throws -> SavedCheckpoint {
    try await saveInBackground(
      runtime, step: step, name: name, metrics: metrics, metadata: metadata, replacing: replacing,
      retention: retention
    ).value()
  }

  /// Takes a snapshot of a runtime's values, and saves it while the program goes on.
  ///
  ///     let pending = try await store.saveInBackground(runtime, step: 100)
  ///     …
  ///     try await pending.value()
  ///
  /// A snapshot copies nothing: what `update` changes while it is being saved is copied then. One save of
  /// a store is under way at a time, so that memory holds the values twice at the most: another one
  /// waits here until it is done.
  ///
  /// - Returns: The save that is under way. If it fails and nobody asks for its value, the store's next
  ///   save throws the error.
  /// - Throws: As `save`, for what can be known before anything is written.
  public func saveInBackground(
    _ runtime: Runtime, step: Int, name: String? = nil, metrics: [String: Double] = [:],
    metadata: JSONValue = [:], replacing: Bool = false, retention: RetentionPolicy = .all
  ) async throws -> PendingSave {
    let request = try SaveRequest(
      name: name, step: step, metadata: metadata, metrics: metrics, replacesExisting: replacing,
      retention: retention)
    return try await saves.begin(request) {
      try await runtime.snapshot(for: self)
    } save: { snapshot in
      let values = try await snapshot.hashed()
      return try await self.write(
        CheckpointSave(request, graph: snapshot.graph, values: values))
    }
  }
}
