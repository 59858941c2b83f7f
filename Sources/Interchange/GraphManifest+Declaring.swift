internal import Tensors
internal import VariableGraph

extension GraphManifest {
  /// Declares the variables of a manifest in their order.
  ///
  /// - Parameter bindings: Those of declared variables are taken out.
  func declare(
    _ document: ManifestDocument, in graph: inout VariableGraph,
    binding bindings: inout [(name: String, shape: [Int])]
  ) throws {
    let entries = document.variables ?? []
    graph.reserveCapacity(entries.count)
    var initializers = [DeclaredInitializer?](repeating: nil, count: document.initializers.count)
    var missing: [String] = []
    for (index, entry) in entries.enumerated() {
      let declared: ManifestDocument.Declared
      switch entry {
      case .variable(let found): declared = found
      case .other(let value):
        throw ManifestError.malformed(
          "variable \(index)", found: value.canonicalText, needed: "an object")
      }
      guard let name = declared.name else {
        throw ManifestError.malformed(
          "variable \(index)", found: document.json(declared).canonicalText,
          needed: "an object with a name")
      }
      do {
        if let expression = declared.members["expression"], expression != .null {
          try declare(name, expression, declared, document, in: &graph)
        } else {
          try declare(name, declared, document, &initializers, in: &graph)
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

  /// - Parameter initializers: Those of the document, as far as they are made.
  private func declare(
    _ name: String, _ declared: ManifestDocument.Declared, _ document: ManifestDocument,
    _ initializers: inout [DeclaredInitializer?], in graph: inout VariableGraph
  ) throws {
    var members = declared.members
    if !members.isEmpty { members["expression"] = nil }
    let sizes = declared.shape
    let shape: PartialShape =
      try sizes == nil ? Self.shape(members.removeValue(forKey: "shape"), of: name) : []
    let type =
      try declared.scalarType
      ?? Self.scalarType(members.isEmpty ? nil : members.removeValue(forKey: "dtype"), of: name)
    if let place = declared.initializer, document.initializers[place] != .null {
      let initializer =
        try initializers[place]
        ?? DeclaredInitializer(sharing: registry.initializer(document.initializers[place]))
      initializers[place] = initializer
      if let sizes {
        try graph.declare(
          name, shape: sizes, dtype: type, initializer: initializer, metadata: members)
      } else {
        try graph.declare(
          name, shape: shape, dtype: type, initializer: initializer.initializer, metadata: members)
      }
    } else if let sizes {
      try graph.declare(name, shape: sizes, dtype: type, metadata: members)
    } else {
      try graph.declare(name, shape: shape, dtype: type, metadata: members)
    }
  }

  /// An expression needs no shape and dtype; where they are given, they must be its own.
  private func declare(
    _ name: String, _ expression: JSONValue, _ declared: ManifestDocument.Declared,
    _ document: ManifestDocument, in graph: inout VariableGraph
  ) throws {
    var members = declared.members
    members["expression"] = nil
    if let initializer = declared.initializer.map({ document.initializers[$0] }),
      initializer != .null
    {
      throw ManifestError.malformed(
        "the initializer of \"\(name.shown)\"", found: initializer.canonicalText,
        needed: "absent, because there is an expression")
    }
    let other = try members.removeValue(forKey: "shape").flatMap {
      $0 == .null ? nil : try Self.shape($0, of: name)
    }
    let shape = declared.shape.map { PartialShape($0) } ?? other
    let otherType = try members.removeValue(forKey: "dtype").map {
      try Self.scalarType($0, of: name)
    }
    let type = declared.scalarType ?? otherType
    try graph.declare(name, as: TensorExpression(json: expression), metadata: members)
    guard let variable = graph[name] else {
      if let shape { throw ExpressionError.unknownDeclaredShape(shape) }
      return
    }
    if let shape, shape.sizes != variable.shape.dimensions {
      throw ExpressionError.differsFromDeclared(
        "shape", declared: shape.description, found: variable.shape.description)
    }
    if let type, type != variable.scalarType {
      throw ExpressionError.differsFromDeclared(
        "dtype", declared: type.rawValue, found: variable.scalarType.rawValue)
    }
  }

  /// A list of sizes, null for one that is bound later.
  private static func shape(_ value: JSONValue?, of name: String) throws -> PartialShape {
    func place() -> String { "the shape of \"\(name.shown)\"" }
    return PartialShape(
      try array(value, place()).map { size in
        guard let size = try integer(size, place()) else { return nil }
        guard let size = Int(exactly: size) else {
          throw ManifestError.malformed(
            place(), found: "\(size)", needed: "a list of integers and nulls")
        }
        return size
      })
  }
}
