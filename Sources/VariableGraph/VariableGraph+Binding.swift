public import Tensors

extension VariableGraph {
  /// Declares a variable some of whose sizes are not known yet; `bind` gives them.
  ///
  /// Until then it has no value, and asking for one is an error. Known sizes are checked now, the
  /// initializer when the last size is known. In PyTorch's dialect it draws then, as a lazy module does.
  ///
  /// - Throws: As `declare` with known sizes.
  public mutating func declare(
    _ name: String, shape: PartialShape, dtype: ScalarType = .float32,
    initializer: some Initializer, metadata: [String: JSONValue] = [:]
  ) throws {
    if let sizes = shape.sizes {
      try declare(name, shape: sizes, dtype: dtype, initializer: initializer, metadata: metadata)
    } else {
      try addUnbound(name, shape, dtype, metadata, initializer)
    }
  }

  /// Declares a variable some of whose sizes are not known yet, which gets its initializer from `rules`.
  ///
  /// - Throws: As above, and `GraphError.Code.missingInitializer` when no rule matches.
  public mutating func declare(
    _ name: String, shape: PartialShape, dtype: ScalarType = .float32,
    metadata: [String: JSONValue] = [:]
  ) throws {
    if let sizes = shape.sizes {
      try declare(name, shape: sizes, dtype: dtype, metadata: metadata)
    } else {
      try addUnbound(
        name, shape, dtype, metadata, ruledInitializer(prefix + name).initializer)
    }
  }

  /// Gives an unbound variable all its sizes, and with it the expressions that wait for no other.
  ///
  ///     try graph.bind("encoder/kernel", shape: [784, 128])
  ///
  /// - Parameter name: Its full name, or that of an alias.
  /// - Parameter sizes: The size of each axis; those that are known already are the same.
  /// - Throws: `GraphError` with the codes `unknownVariable`, `alreadyBound`, `unsuitableBinding`, and
  ///   those of a declaration; the graph is then unchanged.
  /// - Complexity: O(*n*) for *n* declarations.
  public mutating func bind(_ name: String, shape sizes: [Int]) throws {
    let unbound = try unboundVariable(named: name)
    guard let shape = unbound.shape else { throw GraphError.waitsForOthers(unbound) }
    guard sizes.count == shape.dimensions.count,
      zip(sizes, shape.dimensions).allSatisfy({ $1.size == nil || $1.size == $0 })
    else { throw GraphError.unsuitableBinding(unbound.name, shape, found: sizes) }
    var bound = self
    try bound.complete(unbound, sizes)
    self = bound
  }

  /// Gives one axis of an unbound variable its size; with the last one the variable is bound.
  ///
  /// - Parameter name: Its full name, or that of an alias.
  /// - Parameter axis: Counts from the end where it is negative.
  /// - Parameter size: The number of places along the axis.
  /// - Throws: As `bind(_:shape:)`.
  public mutating func bind(_ name: String, axis: Int, to size: Int) throws {
    var unbound = try unboundVariable(named: name)
    guard let shape = unbound.shape else { throw GraphError.waitsForOthers(unbound) }
    let rank = shape.dimensions.count
    let place = axis < 0 ? axis + rank : axis
    guard place >= 0, place < rank else {
      throw GraphError.noSuchAxis(unbound.name, shape, axis)
    }
    guard shape.dimensions[place].size == nil else {
      throw GraphError.axisAlreadyBound(unbound.name, shape, place)
    }
    let bound = shape.binding(place, to: size)
    if let sizes = bound.sizes {
      try bind(name, shape: sizes)
    } else {
      try checkKnown(bound, of: unbound.name)
      unbound.shape = bound
      replaceUnbound(unbound)
    }
  }

  /// Refuses unbound variables among those whose own name, or an alias of theirs, matches.
  ///
  /// - Throws: `GraphError.Code.notBound`.
  public func checkBound(matching patterns: [GlobPattern] = ["*"]) throws {
    guard !unbound.isEmpty else { return }
    let selection = NameSelection(patterns)
    let tied = NameSet(
      names: waitingAliases.filter { selection.contains($0.name) }.map(\.target))
    let missing = unbound.filter { tied.contains($0.name) || selection.contains($0.name) }
    if !missing.isEmpty { throw GraphError.notBound(missing) }
  }

  private func unboundVariable(named name: String) throws -> UnboundVariable {
    let target = try target(of: name)
    if let found = unbound.first(where: { NameKey($0.name) == NameKey(target) }) { return found }
    throw GraphError.alreadyBound(try variable(named: name))
  }

  private mutating func addUnbound(
    _ name: String, _ shape: PartialShape, _ dtype: ScalarType, _ metadata: [String: JSONValue],
    _ initializer: some Initializer
  ) throws {
    let fullName = prefix + name
    try checkName(fullName)
    try checkKnown(shape, of: fullName)
    guard !(initializer is ExpressionInitializer) else {
      throw GraphError.unsuitableExpression(
        fullName, ExpressionError.unknownDeclaredShape(shape))
    }
    try enlist(
      fullName, shape: shape, scalarType: dtype, initializer, waitsFor: [], metadata)
  }

  /// The sizes that are known must make a shape.
  private func checkKnown(_ shape: PartialShape, of name: String) throws {
    _ = try checkedShape(shape.dimensions.map { $0.size ?? 0 }, of: name)
  }

  /// Makes a variable of an unbound one, and then of those that wait for nothing else.
  private mutating func complete(_ unbound: UnboundVariable, _ sizes: [Int]) throws {
    let shape = try checkedShape(sizes, of: unbound.name)
    try admit(unbound, shape, unbound.scalarType ?? .float32)
    var admitted = [unbound]
    var bound: NameSet = [NameKey(unbound.name)]
    // In the order of declaration, so that what one reads comes before it.
    for (index, waiting) in self.unbound.enumerated() where waiting.shape == nil {
      let left = waiting.waitsFor.filter { !bound.contains($0) }
      guard left.count < waiting.waitsFor.count else { continue }
      if left.isEmpty, let expression = waiting.expression {
        let type = try self.type(of: expression, for: waiting.name)
        try admit(waiting, type.shape, type.scalarType)
        admitted.append(waiting)
        bound.insert(waiting.name)
      } else {
        setWaiting(ofUnbound: index, for: left)
      }
    }
    settle(admitted)
  }
}
