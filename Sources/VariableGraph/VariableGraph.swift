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
  /// The bytes of all variables together.
  public private(set) var byteCount = 0

  /// A second name of a variable.
  public struct Alias: Sendable, Hashable {
    /// The second name.
    public let name: String
    /// The name of the variable whose value it is; never itself an alias.
    public let target: String
  }

  private enum Entry {
    case variable(Int)
    case alias(Int)
  }
  private var entries: [String: Entry] = [:]
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
  /// - Throws: `GraphError` with the codes `duplicateName`, `malformedName`, `invalidShape`,
  ///   `unsuitableInitializer`, `tooLarge`; the graph is then unchanged.
  /// - Complexity: O(1), apart from the initializer's own check.
  @discardableResult
  public mutating func declare(
    _ name: String, shape: [Int], dtype: ScalarType = .float32, initializer: some Initializer,
    metadata: [String: JSONValue] = [:]
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
    let rules = rules
    return try add(name, shape, dtype, metadata) { fullName in
      guard let rule = rules.first(where: { $0.match.matches(fullName) }) else {
        throw GraphError.missingInitializer([fullName])
      }
      return rule.initializer
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
    let variable = try self.variable(named: target)
    entries[fullName] = .alias(aliases.count)
    aliases.append(Alias(name: fullName, target: variable.name))
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

  /// The variable of that full name; an alias gives the variable that it stands for.
  public subscript(name: String) -> Variable? {
    switch entries[name] {
    case .variable(let index): variables[index]
    case .alias(let index): self[aliases[index].target]
    case nil: nil
    }
  }

  /// The variable of that full name.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`, with the nearest names.
  public func variable(named name: String) throws -> Variable {
    guard let variable = self[name] else {
      throw GraphError.unknownVariable(name, near: Spelling.nearest(to: name, in: entries.keys))
    }
    return variable
  }

  /// The variables whose own name, or an alias of theirs, matches one of the patterns; in order.
  public func variables(matching patterns: [GlobPattern]) -> [Variable] {
    let selection = NameSelection(patterns)
    let tied = Set(aliases.filter { selection.contains($0.name) }.map(\.target))
    return variables.filter { tied.contains($0.name) || selection.contains($0.name) }
  }

  /// The number of elements of all variables together; aliases have none of their own.
  public var elementCount: Int { variables.reduce(0) { $0 + $1.shape.elementCount } }

  private mutating func add(
    _ name: String, _ dimensions: [Int], _ type: ScalarType, _ metadata: [String: JSONValue],
    _ initializer: (String) throws -> any Initializer
  ) throws -> Variable {
    let fullName = prefix + name
    try checkName(fullName)
    let shape = try checkedShape(dimensions, of: fullName)
    let bytes: Int
    do {
      bytes = try shape.byteCount(of: type)
    } catch let error as TensorError {
      throw GraphError.invalidShape(fullName, error)
    }
    let (total, overflow) = byteCount.addingReportingOverflow(bytes)
    guard !overflow else { throw GraphError.tooLarge(fullName) }
    let index = try streams.index(of: fullName, metadata, in: self.dialect)
    let variable = try makeVariable(
      fullName, shape, type, bytes, index, metadata, initializer(fullName))
    streams.advance(to: index, of: fullName, in: self.dialect)
    entries[fullName] = .variable(variables.count)
    variables.append(variable)
    byteCount = total
    return variable
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
    _ streamIndex: UInt32?, _ metadata: [String: JSONValue], _ initializer: some Initializer
  ) throws -> Variable {
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
      name: name, shape: shape, scalarType: type, byteCount: bytes, initializer: initializer,
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

  private func checkName(_ name: String) throws {
    try VariableName.validate(name)
    switch entries[name] {
    case .variable(let index):
      let taken = variables[index]
      throw GraphError.duplicateName(
        name, takenBy: "variable \(index) (\(taken.scalarType) \(taken.shape))")
    case .alias(let index):
      throw GraphError.duplicateName(name, takenBy: "an alias of \"\(aliases[index].target)\"")
    case nil: break
    }
  }
}

extension VariableGraph: CustomStringConvertible {
  /// One line for each variable and alias.
  public var description: String {
    (variables.map(\.description) + aliases.map { "Alias \"\($0.name)\" of \"\($0.target)\"" })
      .joined(separator: "\n")
  }
}
