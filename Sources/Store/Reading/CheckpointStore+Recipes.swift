public import Filling
public import Initializers
public import Tensors
public import VariableGraph

extension CheckpointStore {
  /// What makes the values that a checkpoint declares.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Parameter configuration: How much of the machine may be used; it changes no value.
  /// - Throws: As `graph(of:registry:)`.
  public func regeneration(
    of checkpoint: String = "initial", registry: InitializerRegistry = .standard,
    configuration: RuntimeConfiguration = RuntimeConfiguration()
  ) throws -> Regeneration {
    Regeneration(graph: try graph(of: checkpoint, registry: registry), configuration: configuration)
  }

  /// The value of a variable, or some elements of it, whether its bytes are stored or only its recipe is.
  ///
  ///     let row = try await store.value(of: "embedding", elements: 0..<8192)
  ///
  /// Of a recipe only the parts of 64 MiB that hold what is asked for are made, where the initializer can,
  /// and checked against its digests.
  ///
  /// - Parameter name: The name of a variable or alias.
  /// - Parameter range: Elements, row-major, that are given as a vector; all in their shape unless
  ///   said otherwise.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `rangeOutOfBounds`, `damaged`, and `otherValue` where what is made is not what the recipe says; as
  ///   `graph(of:registry:)`; `RuntimeError.Code.fillFailed`.
  public func value(
    of name: String, elements range: Range<Int>? = nil, in checkpoint: String = "initial",
    registry: InitializerRegistry = .standard
  ) async throws -> Tensor {
    let stored = try variable(name, in: checkpoint)
    guard stored.isRecipe else {
      return try range.map { try slice(of: name, elements: $0, in: checkpoint) }
        ?? tensor(named: name, in: checkpoint)
    }
    return try await value(
      of: stored.name, elements: range, in: checkpoint,
      making: Regeneration(graph: graph(making: stored, of: checkpoint, registry: registry)))
  }

  /// The variables in which a checkpoint of this store differs from the same of another, as
  /// `differences(from:checkpoint:)` gives them, and of a recipe the part is made that differs.
  ///
  /// - Throws: As that; `CheckpointError.Code.otherValue`; as `graph(of:registry:)`;
  ///   `RuntimeError.Code.fillFailed`.
  public func differences(
    from other: CheckpointStore, checkpoint: String = "initial", registry: InitializerRegistry
  ) async throws -> [CheckpointDifference] {
    let hasRecipes = try [self, other].contains {
      try $0.variables(in: checkpoint).contains(where: \.isRecipe)
    }
    guard hasRecipes else { return try differences(from: other, checkpoint: checkpoint) }
    return try await differences(
      from: other, checkpoint: checkpoint,
      making: regeneration(of: checkpoint, registry: registry),
      other.regeneration(of: checkpoint, registry: registry))
  }
}
