internal import RandomSampling
public import Tensors

/// An ordered list of declared variables: a value, and no more than a description.
///
///     var graph = VariableGraph(seed: 42)
///     try graph.scope("dense") { graph in
///       try graph.declare("kernel", shape: [784, 128], initializer: .heUniform(seed: 7))
///       try graph.declare("bias", shape: [128], initializer: .zeros)
///     }
///
/// What can be refused is refused by `declare`; a refused declaration leaves the graph as it was.
public struct VariableGraph: Sendable {
  /// What variables without a seed of their own draw from, together with their names.
  public var seed: Int64
  /// Whose bits are meant, where an initializer does not imply a dialect of its own.
  public let dialect: Dialect
  /// Initializers for variables that are declared without one; the first that matches counts.
  public var rules: [InitializerRule]
  /// The variables in the order of their declaration, aliases left out.
  public private(set) var variables: [Variable] = []
  /// The aliases in the order of their declaration.
  public private(set) var aliases: [Alias] = []
  /// The variables whose shape is not known yet, in the order of their declaration.
  public private(set) var unbound: [UnboundVariable] = []
  /// The aliases of variables whose shape is not known yet.
  public private(set) var waitingAliases: [Alias] = []
  /// The bytes of all variables together.
  public private(set) var byteCount = 0

  /// A second name of a variable.
  public struct Alias: Sendable, Hashable {
    /// The second name.
    public let name: String
    /// The name of the variable whose value it is; never itself an alias.
    public let target: String

    /// A second name for a variable.
    package init(name: String, target: String) {
      self.name = name
      self.target = target
    }

    /// True where the bytes of both names are the same.
    public static func == (left: Alias, right: Alias) -> Bool {
      NameKey(left.name) == NameKey(right.name) && NameKey(left.target) == NameKey(right.target)
    }

    /// Hashes the bytes of both names.
    public func hash(into hasher: inout Hasher) {
      hasher.combine(NameKey(name))
      hasher.combine(NameKey(target))
    }
  }

  /// A variable, its shape known or not.
  public enum Declaration: Sendable {
    /// All sizes are known.
    case variable(Variable)
    /// Some size is not known yet.
    case unbound(UnboundVariable)
  }

  fileprivate enum Entry {
    case variable(Int)
    case alias(Int)
    case unbound
    case waitingAlias(of: String)
  }
  private var entries: NameTable<Entry> = [:]
  /// The place of each variable among all declarations, unbound ones among them.
  private var ordinals: [Int] = []
  private var nextOrdinal = 0
  private(set) var prefix = ""
  private var streams = FlaxStreams()
  /// What stands between a scope and the names in it.
  public let separator: String
  /// The names of the variables that references stand for.
  private(set) var referenceNames: [VariableReference: String] = [:]
  /// Where PyTorch's one generator stands behind all draws so far.
  public internal(set) var stream = StreamPlace.beginning
  /// What is known of that generator's stream; shared by copies, and no part of the declaration.
  let streamMemory = StreamMemory()

  /// An empty graph.
  ///
  /// - Parameter seed: What variables without a seed of their own draw from.
  /// - Parameter dialect: Whose random bits are meant.
  /// - Parameter rules: Initializers for variables that are declared without one; the first that
  ///   matches counts.
  /// - Parameter separator: What stands between a scope and the names in it: `/` as TensorFlow has
  ///   it, or `.` as PyTorch has it.
  public init(
    seed: Int64 = 0, dialect: Dialect = .tensorFlow, rules: [InitializerRule] = [],
    separator: String = "/"
  ) {
    self.seed = seed
    self.dialect = dialect
    self.rules = rules
    self.separator = separator
  }

  /// Makes room for as many variables, so that declaring them need not make it again and again.
  public mutating func reserveCapacity(_ count: Int) {
    variables.reserveCapacity(count)
    entries.reserveCapacity(count)
  }

  /// Declares a variable.
  ///
  /// - Parameter name: Its name inside the present scope.
  /// - Parameter shape: The size of each axis; empty for a scalar.
  /// - Parameter dtype: The type of the elements.
  /// - Parameter initializer: What makes the values; it is checked against shape and dtype now.
  /// - Parameter metadata: What is stored beside the declaration; it changes no value.
  /// - Throws: `GraphError` with the codes `duplicateName`, `malformedName`, `invalidShape`,
  ///   `unsuitableInitializer`, `tooLarge`; the graph is then unchanged.
  /// - Complexity: O(1), apart from the initializer's own check.
  @discardableResult
  public mutating func declare(
    _ name: String, shape: [Int], dtype: ScalarType = .float32, initializer: some Initializer,
    metadata: [String: JSONValue] = [:]
  ) throws -> Variable {
    try add(name, shape, dtype, metadata) { _ in DeclaredInitializer(initializer) }
  }

  /// Declares a variable with an initializer that others have, too.
  ///
  /// - Throws: As above.
  @discardableResult
  package mutating func declare(
    _ name: String, shape: [Int], dtype: ScalarType, initializer: DeclaredInitializer,
    metadata: [String: JSONValue]
  ) throws -> Variable {
    try add(name, shape, dtype, metadata) { _ in initializer }
  }

  /// Declares a variable that gets its initializer from `rules`.
  ///
  /// - Throws: As above, and `GraphError.Code.missingInitializer` when no rule matches.
  @discardableResult
  public mutating func declare(
    _ name: String, shape: [Int], dtype: ScalarType = .float32,
    metadata: [String: JSONValue] = [:]
  ) throws -> Variable {
    let initializer = ruledInitializer
    return try add(name, shape, dtype, metadata, initializer)
  }

  /// Finds the initializer of a variable that is declared without one.
  var ruledInitializer: (_ fullName: String) throws -> DeclaredInitializer {
    { [rules] fullName in
      let bytes = Array(fullName.utf8)
      guard let rule = rules.first(where: { $0.match.matches(bytes) }) else {
        throw GraphError.missingInitializer([fullName])
      }
      return rule.declared
    }
  }

  /// Gives a variable a second name: both have one value, which is made and stored once.
  ///
  /// - Parameter name: The second name, inside the present scope.
  /// - Parameter target: The full name of a variable or of an alias.
  /// - Throws: `GraphError` with the codes `duplicateName`, `malformedName`, `unknownVariable`.
  public mutating func tie(_ name: String, to target: String) throws {
    let fullName = prefix + name
    try checkName(fullName)
    let alias = Alias(name: fullName, target: try self.target(of: target))
    if entries[alias.target].isUnbound {
      entries[fullName] = .waitingAlias(of: alias.target)
      waitingAliases.append(alias)
    } else {
      entries[fullName] = .alias(aliases.count)
      aliases.append(alias)
    }
  }

  /// Declares variables whose names begin with `name` and the separator. Scopes nest.
  public mutating func scope<Result>(
    _ name: String, _ body: (inout VariableGraph) throws -> Result
  ) rethrows -> Result {
    let outer = prefix
    prefix += name + separator
    defer { prefix = outer }
    return try body(&self)
  }

  /// Runs `body` as if no scope were open: with full names.
  mutating func outsideScopes<Result>(
    _ body: (inout VariableGraph) throws -> Result
  ) rethrows -> Result {
    let outer = prefix
    prefix = ""
    defer { prefix = outer }
    return try body(&self)
  }

  mutating func setName(_ name: String, of reference: VariableReference) {
    referenceNames[reference] = name
  }

  /// The variable of that full name; an alias gives the variable that it stands for. `nil` for one that
  /// is not bound.
  public subscript(name: String) -> Variable? {
    switch entries[name] {
    case .variable(let index): variables[index]
    case .alias(let index): self[aliases[index].target]
    case .unbound, .waitingAlias, nil: nil
    }
  }

  /// True where a variable or an alias of that full name is declared, bound or not.
  public func declares(_ name: String) -> Bool { entries[name] != nil }

  /// The variable of that full name.
  ///
  /// - Throws: `GraphError` with the codes `unknownVariable`, with the nearest names, and `notBound`.
  public func variable(named name: String) throws -> Variable {
    if let variable = self[name] { return variable }
    let target = try target(of: name)
    throw GraphError.notBound(unbound.filter { NameKey($0.name) == NameKey(target) })
  }

  /// The name of the variable, bound or not, that a full name stands for.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`, with the nearest names.
  func target(of name: String) throws -> String {
    switch entries[name] {
    case .variable, .unbound: name
    case .alias(let index): aliases[index].target
    case .waitingAlias(let target): target
    case nil:
      throw GraphError.unknownVariable(
        name, near: Spelling.nearest(to: name, in: entries.keys.lazy.map(\.text)))
    }
  }

  /// True where a variable of that full name is declared and its shape is not known yet.
  func isUnbound(_ name: String) -> Bool { entries[name].isUnbound }

  /// The place of a variable in `variables`.
  func index(of name: String) -> Int? {
    guard case .variable(let index) = entries[name] else { return nil }
    return index
  }

  /// The variables whose own name, or an alias of theirs, matches one of the patterns; in order.
  public func variables(matching patterns: [GlobPattern]) -> [Variable] {
    let selection = NameSelection(patterns)
    let tied = NameSet(names: aliases.filter { selection.contains($0.name) }.map(\.target))
    return variables.filter { tied.contains($0.name) || selection.contains($0.name) }
  }

  /// Everything that is declared, aliases left out, in the order of declaration.
  public var declarations: [Declaration] {
    var waiting = unbound[...]
    var all: [Declaration] = []
    for (variable, ordinal) in zip(variables, ordinals) {
      while let first = waiting.first, first.ordinal < ordinal {
        all.append(.unbound(waiting.removeFirst()))
      }
      all.append(.variable(variable))
    }
    return all + waiting.map(Declaration.unbound)
  }

  /// The number of elements of all variables together; aliases have none of their own.
  public var elementCount: Int { variables.reduce(0) { $0 + $1.shape.elementCount } }

  private mutating func add(
    _ name: String, _ dimensions: [Int], _ type: ScalarType, _ metadata: [String: JSONValue],
    _ initializer: (String) throws -> DeclaredInitializer
  ) throws -> Variable {
    let fullName = prefix + name
    try checkName(fullName)
    let shape = try checkedShape(dimensions, of: fullName)
    let bytes = try checkedByteCount(shape, type, of: fullName)
    let initializer = try initializer(fullName)
    let index = try streamIndex(
      of: fullName, metadata, isExpression: initializer.expression != nil)
    let variable = try makeVariable(fullName, shape, type, bytes, index, metadata, initializer)
    streams.advance(to: index, of: fullName, in: self.dialect)
    append(variable, ordinal: nextOrdinal)
    nextOrdinal += 1
    return variable
  }

  /// Adds a declaration without a shape.
  mutating func enlist(
    _ fullName: String, shape: PartialShape?, scalarType: ScalarType?,
    _ initializer: some Initializer, waitsFor: [String], _ metadata: [String: JSONValue]
  ) throws {
    let index = try streamIndex(
      of: fullName, metadata, isExpression: initializer is ExpressionInitializer)
    streams.advance(to: index, of: fullName, in: dialect)
    entries[fullName] = .unbound
    unbound.append(
      UnboundVariable(
        name: fullName, shape: shape, scalarType: scalarType, initializer: initializer,
        waitsFor: waitsFor, metadata: metadata, streamIndex: index, ordinal: nextOrdinal))
    nextOrdinal += 1
  }

  /// Puts an unbound variable in the place of the one of the same name.
  mutating func replaceUnbound(_ variable: UnboundVariable) {
    guard let index = unbound.firstIndex(where: { NameKey($0.name) == NameKey(variable.name) })
    else {
      preconditionFailure("an unbound variable that is replaced is there")
    }
    unbound[index] = variable
  }

  /// Says which variables an unbound one still waits for.
  mutating func setWaiting(ofUnbound index: Int, for names: [String]) {
    unbound[index].waitsFor = names
  }

  /// Makes a variable of an unbound one; `settle` must follow.
  mutating func admit(
    _ waiting: UnboundVariable, _ shape: Shape, _ type: ScalarType
  ) throws {
    let bytes = try checkedByteCount(shape, type, of: waiting.name)
    let variable = try makeVariable(
      waiting.name, shape, type, bytes, waiting.streamIndex, waiting.metadata,
      DeclaredInitializer(waiting.initializer))
    append(variable, ordinal: waiting.ordinal)
  }

  /// Puts variables that were admitted in the places where they were declared, and their aliases beside
  /// the others, all at once: of a chain of thousands each step would else move all that follow.
  ///
  /// - Complexity: O(*n* log *n*) for *n* declarations.
  mutating func settle(_ admitted: [UnboundVariable]) {
    let names = NameSet(names: admitted.lazy.map(\.name))
    unbound.removeAll { names.contains($0.name) }
    let bound = Dictionary(
      grouping: waitingAliases.filter { names.contains($0.target) }, by: { NameKey($0.target) })
    for alias in admitted.flatMap({ bound[$0.name] ?? [] }) {
      entries[alias.name] = .alias(aliases.count)
      aliases.append(alias)
    }
    waitingAliases.removeAll { names.contains($0.target) }
    let order = ordinals.indices.sorted { ordinals[$0] < ordinals[$1] }
    guard !order.elementsEqual(ordinals.indices) else { return }
    variables = order.map { variables[$0] }
    ordinals = order.map { ordinals[$0] }
    for (index, old) in order.enumerated() where index != old {
      entries[variables[index].name] = .variable(index)
    }
  }

  private mutating func append(_ variable: Variable, ordinal: Int) {
    entries[variable.name] = .variable(variables.count)
    variables.append(variable)
    ordinals.append(ordinal)
    byteCount += variable.byteCount
  }

  /// An expression takes no key of Flax's streams.
  private func streamIndex(
    of name: String, _ metadata: [String: JSONValue], isExpression: Bool
  ) throws -> UInt32? {
    isExpression ? nil : try streams.index(of: name, metadata, in: dialect)
  }

  /// The bytes of a variable, which fit beside those of all others.
  private func checkedByteCount(
    _ shape: Shape, _ type: ScalarType, of name: String
  ) throws -> Int {
    let bytes: Int
    do {
      bytes = try shape.byteCount(of: type)
    } catch let error as TensorError {
      throw GraphError.invalidShape(name, error)
    }
    guard !byteCount.addingReportingOverflow(bytes).overflow else {
      throw GraphError.tooLarge(name)
    }
    return bytes
  }

  func checkedShape(_ dimensions: [Int], of name: String) throws -> Shape {
    do {
      return try Shape(dimensions)
    } catch let error as TensorError {
      throw GraphError.invalidShape(name, error)
    }
  }

  /// Checks the initializer and takes its place in PyTorch's stream; otherwise changes nothing.
  mutating func makeVariable(
    _ name: String, _ shape: Shape, _ type: ScalarType, _ bytes: Int,
    _ streamIndex: UInt32?, _ metadata: [String: JSONValue], _ declared: DeclaredInitializer
  ) throws -> Variable {
    let declared = try checked(declared, for: name, shape, type)
    let initializer = declared.initializer
    let dialect = resolvedDialect(of: initializer)
    do {
      try initializer.validate(shape, type, in: dialect)
    } catch {
      throw GraphError.unsuitableInitializer(name, error)
    }
    var metadata = metadata
    var place: StreamPlace?
    if dialect.framework == .pyTorch, initializer.seeding != .none {
      let start = try advance(
        by: initializer, shape: shape, scalarType: type, name: name, metadata: metadata)
      if case .graph = initializer.seeding {
        place = start
        metadata[StreamPlace.metadataKey] = start.json
      }
    }
    return Variable(
      name: name, shape: shape, scalarType: type, byteCount: bytes, declared: declared,
      dialect: dialect, streamIndex: streamIndex, streamPlace: place, metadata: metadata)
  }

  /// Puts a variable in the place of the one of the same name.
  mutating func replace(_ variable: Variable) {
    guard case .variable(let index) = entries[variable.name] else {
      preconditionFailure("a variable that is replaced is there")
    }
    variables[index] = variable
  }

  /// The dialect that an initializer implies; the graph's where it implies none, or another of the
  /// same framework.
  func resolvedDialect(of initializer: some Initializer) -> Dialect {
    guard let own = initializer.dialect, own.framework != dialect.framework else { return dialect }
    return own
  }

  func checkName(_ name: String) throws {
    try VariableName.validate(name)
    switch entries[name] {
    case .variable(let index):
      let taken = variables[index]
      throw GraphError.duplicateName(
        name, takenBy: "variable \(index) (\(taken.scalarType) \(taken.shape))")
    case .alias(let index):
      throw GraphError.duplicateName(name, takenBy: "an alias of \"\(aliases[index].target)\"")
    case .unbound: throw GraphError.duplicateName(name, takenBy: "a variable that is not bound")
    case .waitingAlias(let target):
      throw GraphError.duplicateName(name, takenBy: "an alias of \"\(target)\"")
    case nil: break
    }
  }
}

extension VariableGraph: CustomStringConvertible {
  /// One line for each variable, bound ones first, and alias.
  public var description: String {
    (variables.map(\.description) + unbound.map(\.description)
      + (aliases + waitingAliases).map { "Alias \"\($0.name)\" of \"\($0.target)\"" })
      .joined(separator: "\n")
  }
}

extension VariableGraph.Entry? {
  fileprivate var isUnbound: Bool { if case .unbound = self { true } else { false } }
}
