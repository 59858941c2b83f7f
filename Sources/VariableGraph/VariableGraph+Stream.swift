public import Tensors

extension VariableGraph {
  /// Draws as a variable would, without declaring one: values that a model draws and throws away.
  ///
  /// PyTorch's generator is one stream, so what is drawn from it counts for all that follows, also
  /// where the values are overwritten later. In other dialects nothing happens.
  ///
  ///     try graph.discard(shape: [64], initializer: .torchUniform(from: -0.1, to: 0.1))
  ///
  /// - Throws: `GraphError` with the codes `invalidShape`, `unsuitableInitializer`, `tooLarge`.
  public mutating func discard(
    shape: [Int], dtype: ScalarType = .float32, initializer: some Initializer
  ) throws {
    let dialect = resolvedDialect(of: initializer)
    guard dialect.framework == .pyTorch else { return }
    let name = "a value that is thrown away"
    let shape = try checkedShape(shape, of: name)
    do {
      try initializer.validate(shape, dtype, in: dialect)
    } catch {
      throw GraphError.unsuitableInitializer(name, error)
    }
    guard case .graph = initializer.seeding else { return }
    _ = try advance(
      by: initializer, shape: shape, scalarType: dtype, name: name, metadata: [:])
  }

  /// Gives a declared variable another initializer, which draws now: `torch.nn.init` called on a
  /// layer's parameter after the layer has drawn it.
  ///
  /// In PyTorch's dialect what was drawn for the variable before still counts; in the others the
  /// result is as if it had been declared so.
  ///
  ///     try graph.reinitialize("fc.weight", initializer: .torchXavierUniform())
  ///
  /// - Parameter name: Its name inside the present scope.
  /// - Parameter initializer: What makes the values from now on.
  /// - Throws: `GraphError` with the codes `unknownVariable`, `unsuitableInitializer`,
  ///   `unsuitableExpression`, `tooLarge`; the graph is then unchanged.
  @discardableResult
  public mutating func reinitialize(
    _ name: String, initializer: some Initializer
  ) throws -> Variable {
    let old = try variable(named: prefix + name)
    try checkOrder(of: initializer, for: old)
    var metadata = old.metadata
    metadata[StreamPlace.metadataKey] = nil
    let variable = try makeVariable(
      old.name, old.shape, old.scalarType, old.byteCount, old.streamIndex, metadata,
      DeclaredInitializer(initializer))
    replace(variable)
    return variable
  }

  /// An expression reads variables that are declared before its own, so that none can read itself.
  private func checkOrder(of initializer: some Initializer, for variable: Variable) throws {
    guard let expression = (initializer as? ExpressionInitializer)?.expression,
      let place = index(of: variable.name)
    else { return }
    for name in expression.variableNames {
      let other = try self.variable(named: name).name
      guard let index = index(of: other), index < place else {
        throw GraphError.readsLater(variable.name, other)
      }
    }
  }

  /// Where in the graph's stream a draw begins: at a place that the metadata says, or behind the last
  /// draw. The stream goes on behind it.
  mutating func advance(
    by initializer: some Initializer, shape: Shape, scalarType: ScalarType, name: String,
    metadata: [String: JSONValue]
  ) throws -> StreamPlace {
    let given = metadata[StreamPlace.metadataKey].flatMap { $0 == .null ? nil : $0 }
    let start = try given.map(StreamPlace.init(json:)) ?? stream
    let isOwn = if case .own = initializer.seeding { true } else { false }
    guard let draws = initializer.sequentialDraws(shape, scalarType) ?? (isOwn ? [] : nil) else {
      throw GraphError.unsuitableInitializer(
        name, InitializerError.unknownDraws(initializer.configuration.className))
    }
    guard let next = start.advanced(by: draws) else { throw GraphError.tooLarge(name) }
    if !isOwn { stream = next }
    return start
  }
}
