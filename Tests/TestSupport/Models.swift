public import Nascent
public import Synchronization

/// Graphs that several tests use.
public enum Models {
  /// Every kind of initializer: small and large, empty and scalar, whole-tensor, tied.
  public static func mixed(seed: Int64 = 42) throws -> VariableGraph {
    var graph = VariableGraph(seed: seed)
    try graph.scope("mixed") { graph in
      try graph.declare("he", shape: [700, 801], initializer: .heUniform(seed: 7))
      try graph.declare("normal", shape: [1000, 333], initializer: .normal())
      try graph.declare("truncated", shape: [999, 401], initializer: .heNormal())
      try graph.declare("half", shape: [777, 1001], dtype: .float16, initializer: .lecunNormal())
      try graph.declare("brain", shape: [777, 1001], dtype: .bfloat16, initializer: .uniform())
      try graph.declare("double", shape: [301, 700], dtype: .float64, initializer: .normal())
      try graph.declare("orthogonal", shape: [60, 40], initializer: .orthogonal())
      try graph.declare("zeros", shape: [600_000], initializer: .zeros)
      try graph.declare("ones", shape: [5], dtype: .int64, initializer: .ones)
      try graph.declare("flag", shape: [], dtype: .bool, initializer: .ones)
      try graph.declare("empty", shape: [3, 0], initializer: .zeros)
      try graph.declare("bias", shape: [17], initializer: .glorotUniform())
    }
    try graph.tie("head", to: "mixed/normal")
    return graph
  }

  /// Declares a variable as another one.
  public static func declare(
    _ variable: Variable, _ initializer: some Initializer, shape: [Int]? = nil,
    in graph: inout VariableGraph
  ) throws {
    try graph.declare(
      variable.name, shape: shape ?? variable.shape.dimensions, dtype: variable.scalarType,
      initializer: initializer)
  }
}

/// Counts the elements that it is asked for.
public final class CountingInitializer: ElementwiseInitializer {
  /// The number of elements asked for so far.
  public let elements = Mutex(0)
  /// Makes one with its usual parameters.
  public init() {}
  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "Counting", config: [:])
  }
  /// The value of one element; see `ElementwiseInitializer`.
  public func value(at index: Int, of target: FillTarget) -> Double {
    elements.withLock { $0 += 1 }
    return Double(index % 1000)
  }
}

/// 0, 1, 2, ….
public struct Ramp: ElementwiseInitializer {
  /// Makes one with its usual parameters.
  public init() {}
  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "Ramp", config: [:])
  }
  /// The value of one element; see `ElementwiseInitializer`.
  public func value(at index: Int, of target: FillTarget) -> Double { Double(index) }
}

/// Fails at the first call, then gives ones.
public final class FailingOnce: ElementwiseInitializer {
  private let hasFailed = Mutex(false)
  /// Makes one with its usual parameters.
  public init() {}
  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(className: "FailingOnce", config: [:])
  }
  /// The value of one element; see `ElementwiseInitializer`.
  public func value(at index: Int, of target: FillTarget) throws -> Double {
    let isFirst = hasFailed.withLock { failed in
      defer { failed = true }
      return !failed
    }
    if isFirst { throw InitializerError(message: "not yet") }
    return 1
  }
}
