extension VariableGraph {
  /// True where the present scope has a variable or an alias of that name.
  public func contains(_ name: String) -> Bool { self[prefix + name] != nil }

  /// The variable that a reference stands for; `nil` where it stands for none of this graph.
  public subscript(reference: VariableReference) -> Variable? {
    name(of: reference).flatMap { self[$0] }
  }

  /// The variable that a reference stands for.
  ///
  /// - Throws: `GraphError.Code.unknownReference`.
  public func variable(of reference: VariableReference) throws -> Variable {
    guard let variable = self[reference] else { throw GraphError.unknownReference() }
    return variable
  }

  /// The full name of the variable that a reference stands for.
  public func name(of reference: VariableReference) -> String? { referenceNames[reference] }

  /// Lets a reference stand for a variable.
  ///
  /// - Parameter reference: What the parameter's property gives; it stands for one variable of a
  ///   graph.
  /// - Parameter name: The variable's name, or an alias's, inside the present scope.
  /// - Throws: `GraphError.Code.unknownVariable`.
  public mutating func bind(_ reference: VariableReference, to name: String) throws {
    setName(try variable(named: prefix + name).name, of: reference)
  }

  /// Gives the variable of a reference another initializer; see `reinitialize(_:initializer:)`.
  ///
  /// - Throws: `GraphError` with the codes `unknownReference`, `unsuitableInitializer`, `tooLarge`.
  @discardableResult
  public mutating func reinitialize(
    _ reference: VariableReference, initializer: some Initializer
  ) throws -> Variable {
    let variable = try variable(of: reference)
    return try outsideScopes { try $0.reinitialize(variable.name, initializer: initializer) }
  }
}
