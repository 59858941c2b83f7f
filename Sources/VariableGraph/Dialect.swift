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

  /// The name, such as `tensorflow`.
  public let name: String
  /// The framework whose bits these are.
  public let framework: Framework

  /// TensorFlow's: Philox 4×32-10, layouts `[…, in, out]`.
  public static let tensorFlow = Dialect(name: "tensorflow", framework: .tensorFlow)
  /// JAX's: Threefry 2×32-20, layouts `[…, in, out]`.
  public static let jax = Dialect(name: "jax", framework: .jax)
  /// PyTorch's on the CPU: MT19937, layouts `[out, in, …]`; the order of declarations counts.
  public static let pyTorch = Dialect(name: "pytorch", framework: .pyTorch)

  /// The dialects of this version.
  public static let all: [Dialect] = [.tensorFlow]

  private init(name: String, framework: Framework) {
    self.name = name
    self.framework = framework
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
