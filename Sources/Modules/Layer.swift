public import Initializers
public import VariableGraph

/// A part whose variables are called, laid out and initialized as a framework's layer has them.
///
/// A struct of your own that conforms has one form for each convention, as `Linear` has.
public protocol Layer: Variables {
  /// Stands for the layer as a whole: copies are one layer.
  var identity: VariableReference { get }

  /// Initializers in place of the convention's, by what they are for. In PyTorch's dialect the layer
  /// draws its own first, as a model does that calls `torch.nn.init` on a layer's parameters.
  var initializers: [VariableReference: any Initializer] { get }

  /// The variables in the conventions of Keras and Flax, in the order of their making.
  ///
  /// - Parameter convention: Whose names, shapes and defaults; never PyTorch's, which
  ///   `declare(in:path:)` is for.
  /// - Parameter path: The layer's own path, for errors.
  /// - Throws: `ModuleError`.
  func variables(in convention: LayerConvention, path: String) throws -> [LayerVariable]

  /// The names that PyTorch gives, in the order in which overriding initializers draw.
  var torchVariables: [(name: String, reference: VariableReference)] { get }

  /// Declares the layer as PyTorch does; an empty name stands for the layer itself.
  ///
  /// - Parameter torch: The model so far, in the layer's own scope.
  /// - Parameter path: The layer's own path, for errors.
  /// - Throws: `ModuleError`, and as the functions of `TorchModel`.
  func declare(in torch: inout TorchModel, path: String) throws
}

/// A variable of a layer in one convention.
public struct LayerVariable: Sendable {
  /// Stands for the variable.
  public let reference: VariableReference
  /// Its name in the layer; `/` parts it where it has several parts.
  public let name: String
  /// The size of each axis.
  public let shape: [Int]
  /// What the framework takes for it by default.
  public let initializer: any Initializer
  /// True for what is not trained, such as running means.
  public let isState: Bool

  /// A variable of a layer.
  public init(
    _ reference: VariableReference, _ name: String, shape: [Int], _ initializer: any Initializer,
    isState: Bool = false
  ) {
    self.reference = reference
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isState = isState
  }
}

extension Layer {
  /// Declares the variables of the convention; see `Layer`.
  ///
  /// - Throws: `ModuleError`, and as `VariableGraph.declare`.
  public func declare(in model: inout ModelBuilder) throws {
    if model.convention == .pyTorch {
      try declareTorch(in: &model)
    } else {
      try declareVariables(in: &model)
    }
  }

  private func declareVariables(in model: inout ModelBuilder) throws {
    for variable in try variables(in: model.convention, path: model.layerPath) {
      try model.declare(
        variable.reference,
        as: variable.name.split(separator: "/").joined(separator: model.graph.separator),
        shape: variable.shape,
        initializer: initializers[variable.reference] ?? variable.initializer,
        metadata: variable.isState ? ["kind": "state"] : [:])
    }
  }

  private func declareTorch(in model: inout ModelBuilder) throws {
    let known = torchVariables.filter { model.graph[$0.reference] != nil }
    if model.graph.name(of: identity) != nil {
      // The constructor ran once: nothing is drawn again.
      for (name, reference) in known { try model.share(reference, as: name) }
      return
    }
    let names = known.compactMap { variable in
      model.graph[variable.reference].map { (variable.name, $0.name) }
    }
    let path = model.layerPath
    try model.withTorch(sharing: Dictionary(uniqueKeysWithValues: names)) { torch in
      try declare(in: &torch, path: path)
    }
    let shared = Set(known.map(\.name))
    for (name, reference) in torchVariables where !shared.contains(name) {
      guard model.isDeclared(name) else { continue }
      try model.bind(reference, to: name)
      if let initializer = initializers[reference] {
        try model.initialize(reference, initializer)
      }
    }
    if let first = torchVariables.first(where: { model.isDeclared($0.name) }) {
      try model.bind(identity, to: first.name)
    }
  }
}
