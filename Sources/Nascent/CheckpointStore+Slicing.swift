public import Checkpointing
public import Initializers
internal import Materialization
public import Tensors

extension CheckpointStore {
  /// A rank's slice of a variable, whether its bytes are stored or only its recipe is.
  ///
  ///     guard let rank = RankSlice(rank: 3, of: 8) else { return }
  ///     let rows = try await store.slice(of: "embedding", rank)
  ///
  /// Of stored bytes the chunks are read that hold some of it, and checked. Of a recipe only the slice's own
  /// elements are made, where the initializer is element-wise; they are not checked, since digests are of
  /// parts of 64 MiB: `value(of:)` makes and checks these, and `nascent verify --level regenerate` all.
  ///
  /// - Parameter name: The name of a variable or alias.
  /// - Parameter slice: Which rank of how many, and along which axis.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `damaged`; `TensorError.Code.axisOutOfBounds`; as `graph(of:registry:)`; `RuntimeError.Code.fillFailed`.
  public func slice(
    of name: String, _ slice: RankSlice, in checkpoint: String = "initial",
    registry: InitializerRegistry = .standard
  ) async throws -> Tensor {
    guard try variable(name, in: checkpoint).isRecipe else {
      return try storedSlice(of: name, slice, in: checkpoint)
    }
    return try await Runtime(graph: graph(of: checkpoint, registry: registry)).slice(
      of: name, slice)
  }
}
