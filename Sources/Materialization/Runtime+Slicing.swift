internal import Filling
public import Tensors
internal import VariableGraph

extension Runtime {
  /// A rank's slice of a variable, for a job whose ranks each restore or make only theirs.
  ///
  ///     let columns = RankSlice(rank: 3, of: 8, axis: 1)
  ///
  /// Only its elements are made, where the initializer is element-wise; otherwise the whole is made and cut.
  ///
  /// - Throws: `TensorError.Code.axisOutOfBounds`, and as `value(of:)`.
  public func slice(of name: String, _ slice: RankSlice) async throws -> Tensor {
    let variable = try graph.variable(named: name)
    let runs = try slice.runs(in: variable.shape)
    guard variable.isElementwise, made[variable.name] == nil, try !isAssigned(name) else {
      return try await value(of: name).slice(slice)
    }
    return try await filler.tensor(of: variable, runs)
  }
}
