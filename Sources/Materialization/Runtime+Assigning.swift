internal import Filling
internal import Store
public import Tensors
internal import VariableGraph

extension Runtime {
  /// Gives a variable a value of the caller's.
  ///
  /// The bytes are shared, not copied. Whoever has or waits for the value before keeps or gets that one.
  ///
  /// - Parameter name: The name of a variable; an alias gives its variable the value.
  /// - Parameter value: Of the declared shape and dtype.
  /// - Throws: `GraphError.Code.unknownVariable`, `RuntimeError.Code.unsuitableValue` where shape or
  ///   dtype are not the declared ones: nothing is cast.
  public func assign(_ name: String, _ value: Tensor) throws {
    let variable = try graph.variable(named: name)
    guard value.shape == variable.shape, value.scalarType == variable.scalarType else {
      throw RuntimeError.unsuitableValue(variable, value)
    }
    put(value, as: variable.name, isAssigned: true)
  }

  /// Takes values in place of what was there, all at once.
  ///
  /// Each name is a variable's, and each value has its shape and dtype.
  package func adopt(_ values: [(name: String, tensor: Tensor, isAssigned: Bool)]) {
    for value in values { put(value.tensor, as: value.name, isAssigned: value.isAssigned) }
  }

  /// Lets `body` change the value of a variable, which is made first where it is not there.
  ///
  ///     try await runtime.update("dense/kernel", as: Float.self) { values in
  ///       for index in values.indices { values[index] -= 0.1 * gradient[index] }
  ///     }
  ///
  /// The values lie in row-major order and change where they are, without a copy. Only if somebody else
  /// still holds the tensor, a reader or a checkpoint that is being saved, that one keeps the old values
  /// and a copy is changed.
  ///
  /// - Throws: As `value(of:)`; `TensorError.Code.wrongScalarType`; an error of the memory; and what
  ///   `body` throws, with the values as it left them.
  public func update<Scalar: TensorScalar, Result>(
    _ name: String, as type: Scalar.Type,
    _ body: @Sendable (inout MutableSpan<Scalar>) throws -> sending Result
  ) async throws -> sending Result {
    try await change(name) { tensor in try tensor.update(as: type, body) }
  }

  /// Lets `body` change the bytes of a variable's value, as `update(_:as:_:)` does with the values: for
  /// every dtype.
  ///
  /// - Throws: As `value(of:)`; an error of the memory; and what `body` throws, with the bytes as it
  ///   left them.
  public func updateBytes<Result>(
    _ name: String, _ body: @Sendable (inout MutableRawSpan) throws -> sending Result
  ) async throws -> sending Result {
    try await change(name) { tensor in try tensor.updateBytes(body) }
  }

  /// True where a variable's value was assigned, here or in the checkpoint that it would be read from.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`, errors of the store.
  public func isAssigned(_ name: String) throws -> Bool {
    let variable = try graph.variable(named: name)
    if made[variable.name] != nil { return assigned.contains(variable.name) }
    return try store?.hasAssignedValue(variable.name, in: checkpoint) ?? false
  }

  private func change<Result>(
    _ name: String, _ body: (inout Tensor) throws -> Result
  ) async throws -> Result {
    let variable = try graph.variable(named: name)
    // Taken out of the table, so that no second reference makes a copy necessary.
    while true {
      if var tensor = made.removeValue(forKey: NameKey(variable.name)) {
        defer { put(tensor, as: variable.name, isAssigned: true) }
        return try body(&tensor)
      }
      _ = try await value(of: variable.name)
    }
  }
}
