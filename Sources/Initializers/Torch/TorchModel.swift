public import Tensors
public import VariableGraph

/// Declares the layers of a model as `torch.nn` makes them: the same parameters under the same names,
/// drawn from one generator in the same order.
///
///     var torch = TorchModel(seed: 0)
///     try torch.linear("fc1", 784, 128)
///     try torch.linear("fc2", 128, 10)
///     let runtime = Runtime(graph: torch.graph)
///
/// has the values of the same layers made after `torch.manual_seed(0)`, bit for bit. What counts is the
/// order in which PyTorch's constructors run: a layer that is made first is declared first, whatever
/// the order of the parameters later. What a model initializes again is said so:
///
///     try torch.initialize("fc1.weight", .torchXavierUniform())
public struct TorchModel: Sendable {
  /// What is declared so far.
  public private(set) var graph: VariableGraph
  /// The dtype of parameters, PyTorch's default dtype.
  public let dtype: ScalarType
  private var prefix = ""
  /// Parameters whose layer draws them and that are then another parameter, as after
  /// `head.weight = embed.weight`: the other's full name by their own.
  private var shared: NameTable<String> = [:]

  /// A model without layers, after `torch.manual_seed(seed)`.
  ///
  /// - Parameter seed: As `torch.manual_seed` takes it; MT19937 takes its lower 32 bits.
  /// - Parameter dtype: A floating-point dtype.
  public init(seed: Int64 = 0, dtype: ScalarType = .float32) {
    graph = VariableGraph(seed: seed, dialect: .pyTorch, separator: ".")
    self.dtype = dtype
  }

  /// A model that goes on with a graph.
  ///
  /// - Parameter prefix: What all names begin with.
  /// - Parameter shared: The full names of what stands in place of parameters, by the names of these.
  package init(
    continuing graph: consuming VariableGraph, prefix: String, dtype: ScalarType,
    shared: NameTable<String>
  ) {
    self.graph = graph
    self.dtype = dtype
    self.prefix = prefix
    self.shared = shared
  }

  /// Declares the layers of a submodule: their names begin with `name` and a dot. Scopes nest; an empty
  /// name stands for the module itself.
  public mutating func scope<Result>(
    _ name: String, _ body: (inout TorchModel) throws -> Result
  ) rethrows -> Result {
    let outer = prefix
    if !name.isEmpty { prefix += name + "." }
    defer { prefix = outer }
    return try body(&self)
  }

  /// Declares one parameter.
  ///
  /// - Throws: As `VariableGraph.declare`.
  @discardableResult
  public mutating func parameter(
    _ name: String, shape: [Int], _ initializer: some Initializer
  ) throws -> Variable {
    if let target = shared[prefix + name] {
      try discard(shape: shape, initializer)
      try graph.tie(prefix + name, to: target)
      return try graph.variable(named: target)
    }
    return try graph.declare(prefix + name, shape: shape, dtype: dtype, initializer: initializer)
  }

  /// Declares one buffer, whose dtype can be another.
  ///
  /// - Throws: As `VariableGraph.declare`.
  @discardableResult
  public mutating func buffer(
    _ name: String, shape: [Int], dtype: ScalarType, _ initializer: some Initializer
  ) throws -> Variable {
    try graph.declare(prefix + name, shape: shape, dtype: dtype, initializer: initializer)
  }

  /// Initializes a declared parameter again, as a model does with `torch.nn.init` after its layers are
  /// made. What was drawn for it before still counts in the stream.
  ///
  /// - Throws: As `VariableGraph.reinitialize`.
  @discardableResult
  public mutating func initialize(
    _ name: String, _ initializer: some Initializer
  ) throws -> Variable {
    if let target = shared[prefix + name] {
      let variable = try graph.variable(named: target)
      try discard(shape: variable.shape.dimensions, initializer)
      return variable
    }
    return try graph.reinitialize(prefix + name, initializer: initializer)
  }

  /// Gives a parameter a second name, as `head.weight = embed.weight` does.
  ///
  /// - Parameter name: The second name inside the present scope.
  /// - Parameter target: The name of the parameter inside the present scope.
  /// - Throws: As `VariableGraph.tie`.
  public mutating func tie(_ name: String, to target: String) throws {
    try graph.tie(prefix + name, to: prefix + target)
  }

  /// Draws values that the model throws away.
  ///
  /// - Throws: As `VariableGraph.discard`.
  public mutating func discard(shape: [Int], _ initializer: some Initializer) throws {
    try graph.discard(shape: shape, dtype: dtype, initializer: initializer)
  }
}

extension TorchModel {
  /// What most layers draw for their weights: `kaiming_uniform_` with a = √5, a bound of 1 / √fanIn.
  static let weight = TorchKaimingInitializer(slope: 5.0.squareRoot(), isUniform: true)

  /// U[−1/√n, 1/√n); the bounds are 0 where n is.
  static func uniform(inverseRootOf count: Double) -> TorchUniformInitializer {
    let bound = count > 0 ? 1 / count.squareRoot() : 0
    // Not -bound: PyTorch's zero is an integer, which has no sign.
    return TorchUniformInitializer(from: 0 - bound, to: bound)
  }

  /// A product of sizes; one that does not fit is a size that no shape can have.
  package static func product(_ factors: Int...) -> Int {
    factors.reduce(1) { product, factor in
      let (next, overflow) = product.multipliedReportingOverflow(by: factor)
      return overflow ? .max : next
    }
  }
}
