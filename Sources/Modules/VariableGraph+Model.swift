public import Tensors
public import VariableGraph

extension VariableGraph {
  /// The graph of a model.
  ///
  ///     let graph = try VariableGraph(model, seed: 42, dialect: .pyTorch)
  ///     let weight = try graph.variable(of: model.blocks[3].attention.outputWeight)
  ///
  /// - Parameter model: The struct whose members are declared.
  /// - Parameter seed: What variables without a seed of their own draw from.
  /// - Parameter dialect: Whose random bits are meant.
  /// - Parameter convention: Whose layers are meant; those of the dialect where it is `nil`.
  /// - Parameter dtype: The dtype of parameters that have none of their own.
  /// - Parameter rules: Initializers for parameters that have none.
  /// - Parameter separator: What stands between the parts of a path; the convention's where it is
  ///   `nil`.
  /// - Throws: As `declare(_:as:convention:dtype:)`.
  public init(
    _ model: some Variables, seed: Int64 = 0, dialect: Dialect = .tensorFlow,
    convention: LayerConvention? = nil, dtype: ScalarType = .float32,
    rules: [InitializerRule] = [], separator: String? = nil
  ) throws {
    let convention = convention ?? LayerConvention(for: dialect)
    self.init(
      seed: seed, dialect: dialect, rules: rules,
      separator: separator ?? convention.separator)
    try declare(model, convention: convention, dtype: dtype)
  }

  /// Declares every variable of a model, in the order of its members.
  ///
  /// - Parameter model: The struct whose members are declared.
  /// - Parameter name: What the paths begin with; empty for the model itself.
  /// - Parameter convention: Whose layers are meant; those of the graph's dialect where it is
  ///   `nil`.
  /// - Parameter dtype: The dtype of parameters that have none of their own.
  /// - Throws: `ModuleError`, `InitializerError`, and as `VariableGraph.declare`; the graph is then
  ///   unchanged.
  public mutating func declare(
    _ model: some Variables, as name: String = "", convention: LayerConvention? = nil,
    dtype: ScalarType = .float32
  ) throws {
    var builder = ModelBuilder(
      self, convention: convention ?? LayerConvention(for: dialect), dtype: dtype)
    try builder.declare(model, as: name)
    self = try builder.finish()
  }
}
