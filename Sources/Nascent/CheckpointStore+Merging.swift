public import Checkpointing
public import Initializers
public import VariableGraph

extension CheckpointStore {
  /// Adds what other stores, the parts that workers made, have of a checkpoint.
  ///
  ///     let report = try await store.merge(["part-0.db", "part-1.db"])
  ///     for missing in report.missing { print(missing.name, missing.chunks) }
  ///
  /// In any order, any number of times, and again after it was killed: what is there already is compared and
  /// not copied. Parts are opened one after another and never changed. Every chunk is checked against its
  /// digest while it is copied, and every whole value against its own. A value has in all columns what a run
  /// on one machine makes of it; only a recipe of which several workers made parts has no `sha256`, and
  /// neither has such a value of a catalog. The content digest is that of one machine in any case.
  ///
  /// - Parameter parts: The paths of stores with the same declarations.
  /// - Parameter checkpoint: The checkpoint's name in the parts and here.
  /// - Parameter isCatalog: Refers to the parts' bytes where they lie, instead of copying them. The
  ///   parts must then stay, and stay as they are.
  /// - Parameter registry: The initializers whose promises are known; add your own to it.
  /// - Parameter toolVersion: What the view `runs` shows as the tool.
  /// - Throws: `CheckpointError` with the codes `notAStore`; `unknownCheckpoint`; `otherGraph`;
  ///   `overlap` where a part has another value than the store, which is from another part; `mixedParts`;
  ///   `otherTraining` where a part contradicts the store about step, metrics or metadata; `damaged` where
  ///   rows, digests or bytes of a part or of this store are; `busy`; `inputOutput`. What was merged before stays.
  public func merge(
    _ parts: [String], checkpoint: String = "initial", asCatalog isCatalog: Bool = false,
    registry: InitializerRegistry = .standard, toolVersion: String = "library"
  ) async throws -> MergeReport {
    try await merge(
      parts, checkpoint: checkpoint, asCatalog: isCatalog, toolVersion: toolVersion
    ) { variable, moments in
      guard let dialect = try? Dialect(named: variable.dialect),
        let initializer = try? registry.initializer(variable.initializer)
      else { return nil }
      return DistributionCheck(
        initializer.promise(for: variable.shape, variable.scalarType, in: dialect), of: moments,
        as: variable.scalarType)
    }
  }
}
