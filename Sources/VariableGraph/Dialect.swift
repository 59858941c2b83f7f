/// Whose random bits, fan rules and layouts an initializer means.
///
/// A struct and not an enum, so that dialects can be added without breaking a switch.
public struct Dialect: Sendable, Hashable, CustomStringConvertible {
  /// The name, such as `tensorflow`.
  public let name: String

  /// TensorFlow's: Philox 4×32-10, layouts `[…, in, out]`.
  public static let tensorFlow = Dialect(name: "tensorflow")

  /// The dialects of this version.
  public static let all: [Dialect] = [.tensorFlow]

  private init(name: String) { self.name = name }

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
