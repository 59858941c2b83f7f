/// Whose random bits, fan rules and layouts an initializer means.
///
/// A struct and not an enum, so that dialects can be added without breaking a switch.
public struct Dialect: Sendable, Hashable, CustomStringConvertible {
  /// The framework that a dialect is of; several dialects can be of one.
  public enum Framework: Sendable, Hashable, CaseIterable {
    /// Philox 4×32-10, layouts `[…, in, out]`.
    case tensorFlow
    /// Threefry 2×32-20, layouts `[…, in, out]`.
    case jax
    /// MT19937 in one sequential stream, layouts `[out, in, …]`.
    case pyTorch
  }

  /// How the keys of JAX's variables without a seed of their own are made.
  public enum KeyStream: Sendable, Hashable {
    /// Of the graph's seed and the variable's name, as in every dialect.
    case derived
    /// Flax's `nnx.Rngs(seed)`: of the graph's seed and the variable's place in the graph.
    case sequential
    /// Flax Linen's `init(key(seed), …)`: of the graph's seed, the path of the variable's module and
    /// its place in the module.
    case path
  }

  /// The name, such as `tensorflow`.
  public let name: String
  /// The framework whose bits these are.
  public let framework: Framework
  /// Where JAX's keys come from.
  public let keyStream: KeyStream
  /// False for JAX's older mode, `jax_threefry_partitionable=False`.
  public let isPartitionable: Bool

  /// TensorFlow's: Philox 4×32-10, layouts `[…, in, out]`.
  public static let tensorFlow = Dialect("tensorflow", .tensorFlow)
  /// JAX's: Threefry 2×32-20, layouts `[…, in, out]`.
  public static let jax = Dialect("jax", .jax)
  /// JAX's with `jax_threefry_partitionable=False`, the default before JAX 0.5.
  public static let jaxOriginal = Dialect("jax-original", .jax, isPartitionable: false)
  /// JAX's, with the keys that `flax.nnx.Rngs` hands out one after another.
  public static let flaxNNX = Dialect("flax-nnx", .jax, .sequential)
  /// JAX's, with the keys that Flax Linen makes of a module's path.
  public static let flaxLinen = Dialect("flax-linen", .jax, .path)
  /// PyTorch's on the CPU: MT19937, layouts `[out, in, …]`; the order of declarations counts.
  public static let pyTorch = Dialect("pytorch", .pyTorch)

  /// The dialects of this version.
  public static let all: [Dialect] = [
    .tensorFlow, .jax, .jaxOriginal, .flaxNNX, .flaxLinen, .pyTorch,
  ]

  private init(
    _ name: String, _ framework: Framework, _ keyStream: KeyStream = .derived,
    isPartitionable: Bool = true
  ) {
    self.name = name
    self.framework = framework
    self.keyStream = keyStream
    self.isPartitionable = isPartitionable
  }

  /// The dialect of that name.
  ///
  /// - Throws: `GraphError.Code.unknownDialect`.
  public init(named name: String) throws {
    guard let dialect = Dialect.all.first(where: { $0.name == name }) else {
      throw GraphError.unknownDialect(name)
    }
    self = dialect
  }

  /// The text for people.
  public var description: String { name }
}
