internal import Tensors
internal import VariableGraph

extension GraphManifest {
  /// Declares the variables of a manifest in their order.
  ///
  /// - Parameter bindings: Those of declared variables are taken out.
  func declare(
    _ values: [JSONValue], in graph: inout VariableGraph,
    binding bindings: inout [(name: String, shape: [Int])]
  ) throws {
    graph.reserveCapacity(values.count)
    var missing: [String] = []
    for (index, value) in values.enumerated() {
      var members = try Self.object(value, "variable \(index)")
      guard case .string(let name)? = members.removeValue(forKey: "name") else {
        throw ManifestError.malformed(
          "variable \(index)", found: value.canonicalText, needed: "an object with a name")
      }
      do {
        if let expression = members.removeValue(forKey: "expression"), expression != .null {
          try declare(name, expression, members, in: &graph)
        } else {
          try declare(name, members, in: &graph)
        }
      } catch let error as GraphError where error.code == .missingInitializer {
        missing.append(name)
      } catch let error as InitializerError {
        throw InitializerError(
          code: error.code,
          message: "Cannot declare variable \"\(name.shown)\": \(error.message)")
      } catch let error as ExpressionError {
        throw GraphError.unsuitableExpression(name, error)
      }
      if let place = bindings.firstIndex(where: { NameKey($0.name) == NameKey(name) }),
        graph[name] == nil,
        graph.declares(name)
      {
        try graph.bind(name, shape: bindings.remove(at: place).shape)
      }
    }
    if !missing.isEmpty { throw GraphError.missingInitializer(missing) }
  }

  private func declare(
    _ name: String, _ members: [String: JSONValue], in graph: inout VariableGraph
  ) throws {
    var members = members
    let shape = try Self.shape(members.removeValue(forKey: "shape"), of: name)
    let type = try Self.scalarType(members.removeValue(forKey: "dtype"), of: name)
    if let initializer = members.removeValue(forKey: "initializer"), initializer != .null {
      try graph.declare(
        name, shape: shape, dtype: type, initializer: registry.initializer(initializer),
        metadata: members)
    } else {
      try graph.declare(name, shape: shape, dtype: type, metadata: members)
    }
  }

  /// An expression needs no shape and dtype; where they are given, they must be its own.
  private func declare(
    _ name: String, _ expression: JSONValue, _ members: [String: JSONValue],
    in graph: inout VariableGraph
  ) throws {
    var members = members
    if let initializer = members.removeValue(forKey: "initializer"), initializer != .null {
      throw ManifestError.malformed(
        "the initializer of \"\(name.shown)\"", found: initializer.canonicalText,
        needed: "absent, because there is an expression")
    }
    let shape = try members.removeValue(forKey: "shape").flatMap {
      $0 == .null ? nil : try Self.shape($0, of: name)
    }
    let type = try members.removeValue(forKey: "dtype").map { try Self.scalarType($0, of: name) }
    try graph.declare(name, as: TensorExpression(json: expression), metadata: members)
    guard let declared = graph[name] else {
      if let shape { throw ExpressionError.unknownDeclaredShape(shape) }
      return
    }
    if let shape, shape.sizes != declared.shape.dimensions {
      throw ExpressionError.differsFromDeclared(
        "shape", declared: shape.description, found: declared.shape.description)
    }
    if let type, type != declared.scalarType {
      throw ExpressionError.differsFromDeclared(
        "dtype", declared: type.rawValue, found: declared.scalarType.rawValue)
    }
  }

  /// A list of sizes, null for one that is bound later.
  private static func shape(_ value: JSONValue?, of name: String) throws -> PartialShape {
    let place = "the shape of \"\(name.shown)\""
    return PartialShape(
      try array(value, place).map { size in
        guard let size = try integer(size, place) else { return nil }
        guard let size = Int(exactly: size) else {
          throw ManifestError.malformed(
            place, found: "\(size)", needed: "a list of integers and nulls")
        }
        return size
      })
  }
}
