/// Makes initializers from names and config objects; knows the ones it is given.
public struct InitializerRegistry: Sendable {
  /// Makes one class of initializers from its parameters.
  public typealias Factory =
    @Sendable (_ config: ConfigurationReader) throws -> any Initializer

  /// A class that can be made.
  public struct Entry: Sendable {
    /// The class name, such as `HeUniform`.
    public let className: String
    /// Other names of it, such as `he_uniform`.
    public let identifiers: [String]
    let factory: Factory
  }

  /// The classes, in the order of their registration.
  public private(set) var entries: [Entry] = []
  private var byName: [String: Int] = [:]
  /// The names as they were registered, which most manifests use: no other spelling must be made.
  private var bySpelling: [String: Int] = [:]

  /// A registry of no classes.
  public init() {}

  /// Adds a class; a name that is taken now means the new one.
  ///
  /// Besides `className` and `identifiers`, the class answers to its name with the words in other
  /// cases: `HeUniform`, `heUniform`, `he_uniform` and `HE_UNIFORM` are one name.
  public mutating func register(
    _ className: String, identifiers: [String] = [], factory: @escaping Factory
  ) {
    for name in [className] + identifiers {
      byName[Self.key(name)] = entries.count
      bySpelling[name] = entries.count
    }
    entries.append(Entry(className: className, identifiers: identifiers, factory: factory))
  }

  /// The initializer that a manifest or a command names: an identifier, or a config object with
  /// `class_name` and `config`. `module`, `registered_name` and `build_config` are ignored.
  ///
  /// - Throws: `InitializerError` with the codes `unknownClass`, `malformedConfiguration`,
  ///   `invalidParameter`.
  public func initializer(_ value: JSONValue) throws -> any Initializer {
    switch value {
    case .string(let name): return try make(name, [:])
    case .object(let members):
      guard case .string(let name)? = members["class_name"],
        members.keys.allSatisfy(Self.knownKeys.contains)
      else {
        throw InitializerError.malformedConfiguration(value.canonicalText)
      }
      switch members["config"] {
      case .object(let config)?: return try make(name, config)
      case nil, .null?: return try make(name, [:])
      default: throw InitializerError.malformedConfiguration(value.canonicalText)
      }
    default: throw InitializerError.malformedConfiguration(value.canonicalText)
    }
  }

  private func make(_ name: String, _ config: [String: JSONValue]) throws -> any Initializer {
    guard let index = bySpelling[name] ?? byName[Self.key(name)] else {
      throw InitializerError.unknownClass(name, known: entries.map(\.className))
    }
    let entry = entries[index]
    let reader = ConfigurationReader(className: entry.className, config: config)
    let initializer = try entry.factory(reader)
    try reader.checkAllRead(against: initializer.configuration)
    return initializer
  }

  private static let knownKeys: Set = [
    "class_name", "config", "module", "registered_name", "build_config",
  ]

  /// Names without case and underscores.
  private static func key(_ name: String) -> String {
    name.lowercased().replacing("_", with: "")
  }
}
