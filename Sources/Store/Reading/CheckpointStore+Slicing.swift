internal import Filling
public import Initializers
public import Tensors
public import VariableGraph

/// A rank's slice of a stored variable, and how much of it was compared with digests.
public struct CheckedSlice: Sendable {
  /// The slice.
  public let tensor: Tensor
  /// The bytes that were compared: all of a slice that was read or cut from a whole, and of one that was made
  /// from a recipe those in subtrees of 64 MiB that lie in it whole.
  public let checkedByteCount: Int
}

extension CheckpointStore {
  /// A rank's slice of a variable, whether its bytes are stored or only its recipe is.
  ///
  ///     guard let rank = RankSlice(rank: 3, of: 8) else { return }
  ///     let rows = try await store.slice(of: "embedding", rank)
  ///
  /// Of stored bytes the chunks are read that hold some of it, and checked. Of a recipe only the slice's own
  /// elements are made, where the initializer is element-wise, and those parts of 64 MiB are checked that lie
  /// in the slice whole, as in large shards of rows: what has a digest is such a part. `checkedSlice` says how
  /// much that was; `nascent verify --level regenerate` makes and checks all.
  ///
  /// - Parameter name: The name of a variable or alias.
  /// - Parameter slice: Which rank of how many, and along which axis.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be made; add your own to it.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `damaged`, and `otherValue` where what is made is not what the recipe says;
  ///   `TensorError.Code.axisOutOfBounds`; as `graph(of:registry:)`; `RuntimeError.Code.fillFailed`.
  public func slice(
    of name: String, _ slice: RankSlice, in checkpoint: String = "initial",
    registry: InitializerRegistry = .standard
  ) async throws -> Tensor {
    try await checkedSlice(of: name, slice, in: checkpoint, registry: registry).tensor
  }

  /// The same, with how much of it was compared with digests.
  ///
  /// - Throws: As `slice`.
  public func checkedSlice(
    of name: String, _ slice: RankSlice, in checkpoint: String = "initial",
    registry: InitializerRegistry = .standard
  ) async throws -> CheckedSlice {
    let stored = try variable(name, in: checkpoint)
    guard stored.isRecipe else {
      let tensor = try storedSlice(of: name, slice, in: checkpoint)
      return CheckedSlice(tensor: tensor, checkedByteCount: tensor.byteCount)
    }
    let runs = try slice.runs(in: stored.shape)
    let graph = try graph(making: stored, of: checkpoint, registry: registry)
    guard try graph.variable(named: stored.name).isElementwise else {
      let regeneration = Regeneration(graph: graph, configuration: RuntimeConfiguration())
      let tensor = try await value(of: stored.name, in: checkpoint, making: regeneration).slice(
        slice)
      return CheckedSlice(tensor: tensor, checkedByteCount: tensor.byteCount)
    }
    let configuration = RuntimeConfiguration()
    let filler = TensorFiller(
      graph: graph, configuration: configuration, evaluation: Evaluation(graph, configuration))
    let tensor = try await filler.tensor(of: graph.variable(named: stored.name), runs)
    return CheckedSlice(
      tensor: tensor, checkedByteCount: try check(tensor, runs, of: stored, in: checkpoint))
  }
}
