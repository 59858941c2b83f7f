public import Materialization
public import Tensors
public import VariableGraph

extension Runtime {
  /// The value of the variable that a reference of a model stands for; see `value(of:)`.
  ///
  ///     let weight = try await runtime.value(of: model.blocks[3].attention.outputWeight)
  ///
  /// - Throws: `GraphError.Code.unknownReference`, and as `value(of:)` with a name.
  public func value(of reference: VariableReference) async throws -> Tensor {
    try await value(of: graph.variable(of: reference).name)
  }

  /// Elements `range` of the variable that a reference of a model stands for; see `slice(of:_:)`.
  ///
  /// - Throws: `GraphError.Code.unknownReference`, and as `slice(of:_:)` with a name.
  public func slice(of reference: VariableReference, _ range: Range<Int>) async throws -> Tensor {
    try await slice(of: graph.variable(of: reference).name, range)
  }
}
