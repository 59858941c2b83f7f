internal import Tensors

extension VariableGraph {
  /// Declares a variable whose value is an expression over variables that are declared already.
  ///
  ///     try graph.declare("decoder/kernel", as: .transpose("encoder/kernel"))
  ///
  /// Shape and dtype follow from the expression, which names variables by their full names. Where one of
  /// them is not bound yet, this variable is bound with the last of them. It draws nothing: in PyTorch's
  /// and Flax's dialects it does not move the stream.
  ///
  /// - Parameter name: Its name inside the present scope.
  /// - Parameter expression: The value over variables by their full names.
  /// - Parameter metadata: What is stored beside the declaration; it changes no value.
  /// - Throws: `GraphError` with the codes `duplicateName`, `malformedName`, `unknownVariable`,
  ///   `unsuitableExpression`, `tooLarge`; the graph is then unchanged.
  /// - Complexity: O(1), apart from the size of the expression.
  public mutating func declare(
    _ name: String, as expression: TensorExpression, metadata: [String: JSONValue] = [:]
  ) throws {
    let fullName = prefix + name
    try checkName(fullName)
    let (resolved, waitsFor) = try self.resolved(expression, for: fullName)
    if waitsFor.isEmpty {
      let type = try self.type(of: resolved, for: fullName)
      try declare(
        name, shape: type.shape.dimensions, dtype: type.scalarType,
        initializer: ExpressionInitializer(resolved), metadata: metadata)
    } else {
      try enlist(
        fullName, shape: nil, scalarType: nil, ExpressionInitializer(resolved),
        waitsFor: waitsFor, metadata)
    }
  }

  /// The variables whose values decide that of `variable`, in the order of their declaration; of an
  /// optimizer's zeros none.
  ///
  /// - Complexity: O(*n* log *n*) for *n* variables that are found.
  public func inputs(of variable: Variable) -> [Variable] {
    var found: Set<Int> = []
    var open = variable.expression?.valueNames ?? []
    while let name = open.popLast() {
      guard let index = index(of: name), found.insert(index).inserted else { continue }
      open += variables[index].expression?.valueNames ?? []
    }
    return found.sorted().map { variables[$0] }
  }

  /// The initializer as it is kept: an expression with the names of variables in place of aliases,
  /// checked against the declared shape and dtype.
  ///
  /// - Throws: `GraphError` with the codes `unknownVariable`, `notBound`, `unsuitableExpression`.
  func checked(
    _ declared: DeclaredInitializer, for name: String, _ shape: Shape, _ scalarType: ScalarType
  ) throws -> DeclaredInitializer {
    guard let expression = declared.expression else { return declared }
    let (resolved, waitsFor) = try self.resolved(expression, for: name)
    guard waitsFor.isEmpty else {
      let names = NameSet(names: waitsFor)
      throw GraphError.notBound(unbound.filter { names.contains($0.name) })
    }
    let type = try self.type(of: resolved, for: name)
    func check(_ what: String, _ declared: String, _ found: String) throws {
      guard declared != found else { return }
      throw GraphError.unsuitableExpression(
        name, ExpressionError.differsFromDeclared(what, declared: declared, found: found))
    }
    try check("shape", shape.description, type.shape.description)
    try check("dtype", scalarType.rawValue, type.scalarType.rawValue)
    return DeclaredInitializer(ExpressionInitializer(resolved))
  }

  /// The shape and dtype of an expression over bound variables.
  func type(of expression: TensorExpression, for name: String) throws -> ExpressionType {
    do {
      return try expression.type { other in
        let variable = try self.variable(named: other)
        return ExpressionType(shape: variable.shape, scalarType: variable.scalarType)
      }
    } catch let error as ExpressionError {
      throw GraphError.unsuitableExpression(name, error)
    }
  }

  /// The expression with the names of variables in place of aliases, and those that are not bound.
  private func resolved(
    _ expression: TensorExpression, for name: String
  ) throws -> (TensorExpression, waitsFor: [String]) {
    // Before anything walks through all of it.
    guard expression.depth <= TensorExpression.maximumDepth,
      expression.nodeCount <= TensorExpression.maximumNodeCount
    else {
      _ = try type(of: expression, for: name)
      return (expression, [])
    }
    var targets: NameTable<String> = [:]
    for other in expression.variableNames { targets[other] = try target(of: other) }
    let resolved = expression.renaming { targets[$0] ?? $0 }
    return (resolved, resolved.variableNames.filter { isUnbound($0) })
  }
}
