internal import Initializers
public import Tensors
public import VariableGraph

/// Declares a model part by part; what `Variables.declare(in:)` is handed.
///
/// A graph is taken in and given back, so that thousands of parts are declared without a copy.
public struct ModelBuilder: Sendable {
  /// Whose layers are meant.
  public let convention: LayerConvention
  /// The dtype of parameters that have none of their own.
  public let dtype: ScalarType
  /// What is declared so far.
  public private(set) var graph: VariableGraph
  /// What the names of the present part begin with, its separator included.
  private var prefix = ""
  /// Members that are references to what was not declared yet.
  private var waiting: [(name: String, reference: VariableReference)] = []

  init(_ graph: consuming VariableGraph, convention: LayerConvention, dtype: ScalarType) {
    self.graph = graph
    self.convention = convention
    self.dtype = dtype
  }

  /// The path of a member of the present part.
  public func path(of name: String) -> String { prefix + name }

  /// The path of the present part, for messages.
  var layerPath: String {
    prefix.hasSuffix(graph.separator) ? String(prefix.dropLast(graph.separator.count)) : prefix
  }

  /// True where the present part has a variable or an alias of that name.
  func isDeclared(_ name: String) -> Bool { graph.contains(prefix + name) }

  /// Declares parts whose names begin with `name`; an empty name leaves the path as it is.
  public mutating func scope<Result>(
    _ name: String, _ body: (inout ModelBuilder) throws -> Result
  ) rethrows -> Result {
    let outer = prefix
    if !name.isEmpty { prefix += name + graph.separator }
    defer { prefix = outer }
    return try body(&self)
  }

  /// Declares a part.
  ///
  /// - Throws: `ModuleError`, and as `VariableGraph.declare`.
  public mutating func declare(_ part: some Variables, as name: String) throws {
    try scope(name) { try part.declare(in: &$0) }
  }

  /// Declares a parameter.
  ///
  /// - Throws: As below.
  public mutating func declare(_ parameter: Parameter, as name: String) throws {
    try declare(
      parameter.wrappedValue, as: name, shape: parameter.shape, dtype: parameter.dtype,
      initializer: parameter.initializer, metadata: parameter.metadata)
  }

  /// Declares the variable that a reference stands for. Where it is declared already, the name becomes
  /// an alias, and nothing is drawn.
  ///
  /// - Parameter reference: What the parameter's property gives.
  /// - Parameter name: Its name inside the present part.
  /// - Parameter shape: The size of each axis; empty for a scalar.
  /// - Parameter dtype: The model's where it is `nil`.
  /// - Parameter initializer: Where it is `nil`, the graph's rules say it.
  /// - Parameter metadata: What is stored beside the declaration; it changes no value.
  /// - Throws: `ModuleError.Code.sharedShape`, and as `VariableGraph.declare`.
  public mutating func declare(
    _ reference: VariableReference, as name: String, shape: [Int], dtype: ScalarType? = nil,
    initializer: (any Initializer)?, metadata: [String: JSONValue] = [:]
  ) throws {
    if let known = graph[reference] {
      try checkShape(shape, of: name, sharing: known)
      return try graph.tie(prefix + name, to: known.name)
    }
    if let initializer {
      try graph.declare(
        prefix + name, shape: shape, dtype: dtype ?? self.dtype, initializer: initializer,
        metadata: metadata)
    } else {
      try graph.declare(
        prefix + name, shape: shape, dtype: dtype ?? self.dtype, metadata: metadata)
    }
    try graph.bind(reference, to: prefix + name)
  }

  /// Gives a reference to another part's parameter a name of its own; one that is declared later is
  /// waited for.
  ///
  /// - Throws: As `VariableGraph.tie`; `ModuleError.Code.unboundReference` when the model is whole.
  public mutating func share(_ reference: VariableReference, as name: String) throws {
    guard let known = graph[reference] else {
      waiting.append((prefix + name, reference))
      return
    }
    try graph.tie(prefix + name, to: known.name)
  }

  /// Initializes a declared variable again, as a model of PyTorch does in its `__init__`; see
  /// `VariableGraph.reinitialize`.
  ///
  /// - Throws: As `VariableGraph.reinitialize`.
  public mutating func initialize(
    _ reference: VariableReference, _ initializer: some Initializer
  ) throws {
    try graph.reinitialize(reference, initializer: initializer)
  }

  /// Declares layers of `torch.nn` in the present part.
  ///
  /// - Parameter shared: Full names of variables that stand in place of parameters of these layers, by
  ///   the names of these; the layers draw them all the same.
  mutating func withTorch(
    sharing shared: [String: String] = [:], _ body: (inout TorchModel) throws -> Void
  ) throws {
    let names = NameTable(byName: shared.map { (prefix + $0.key, $0.value) })
    var torch = TorchModel(continuing: takeGraph(), prefix: prefix, dtype: dtype, shared: names)
    defer { graph = torch.graph }
    try body(&torch)
  }

  /// Ties what waited, when everything is declared.
  consuming func finish() throws -> VariableGraph {
    for (name, reference) in waiting {
      guard let known = graph[reference] else { throw ModuleError.unboundReference(name) }
      try graph.tie(name, to: known.name)
    }
    return takeGraph()
  }

  mutating func bind(_ reference: VariableReference, to name: String) throws {
    try graph.bind(reference, to: prefix + name)
  }

  /// Refuses a shape that the shared variable does not have.
  func checkShape(_ dimensions: [Int], of name: String, sharing known: Variable) throws {
    guard known.shape.dimensions != dimensions else { return }
    throw ModuleError.sharedShape(prefix + name, needed: dimensions, found: known)
  }

  private mutating func takeGraph() -> VariableGraph {
    let taken = graph
    graph = VariableGraph()
    return taken
  }
}
