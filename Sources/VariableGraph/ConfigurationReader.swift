/// Reads the parameters of a config object, with an error for each that is wrong.
public struct ConfigurationReader: Sendable {
  /// The class whose parameters these are.
  public let className: String
  private let config: [String: JSONValue]

  init(className: String, config: [String: JSONValue]) {
    self.className = className
    self.config = config
  }

  /// The value as it stands, or `fallback` where it is absent.
  public func value(_ name: String, default fallback: JSONValue) -> JSONValue {
    config[name] ?? fallback
  }

  /// The value as it stands.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` where it is absent.
  public func required(_ name: String) throws -> JSONValue {
    guard let value = config[name] else {
      throw InitializerError.invalidParameter(
        className, name, found: "nothing", needed: "given")
    }
    return value
  }

  /// An integer.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  public func integer(_ name: String, default fallback: Int) throws -> Int {
    switch config[name] {
    case nil: return fallback
    case .integer(let value)?: return Int(clamping: value)
    case let value?:
      throw InitializerError.invalidParameter(
        className, name, found: value.canonicalText, needed: "an integer")
    }
  }

  /// A finite number.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  public func number(_ name: String, default fallback: Double) throws -> Double {
    guard let value = config[name] else { return fallback }
    guard let number = value.unwrapped.number, number.isFinite else {
      throw InitializerError.invalidParameter(
        className, name, found: value.canonicalText, needed: "a finite number")
    }
    return number
  }

  /// A text.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  public func string(_ name: String, default fallback: String) throws -> String {
    guard let value = config[name] else { return fallback }
    guard case .string(let text) = value else {
      throw InitializerError.invalidParameter(
        className, name, found: value.canonicalText, needed: "a string")
    }
    return text
  }

  /// The parameter `seed`: a 64-bit integer, or null for the graph's seed.
  ///
  /// A `keras.random.SeedGenerator` stands for its own seed: that is what its first draw has.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  public func seed() throws -> Int64? {
    switch config["seed"]?.seedOfGenerator {
    case nil, .null?: return nil
    case .integer(let seed)?: return seed
    case let value?:
      throw InitializerError.invalidParameter(
        className, "seed", found: value.canonicalText, needed: "null or a 64-bit integer")
    }
  }

  /// Refuses parameters that the class does not have.
  ///
  /// A null is accepted under any name: Keras writes `input_axes` and `output_axes` so. `dtype` is
  /// accepted, too: older Keras wrote it, and the variable says it.
  func checkAllRead(against made: InitializerConfiguration) throws {
    for name in config.keys.sorted()
    where made.config[name] == nil && config[name] != .null && name != "dtype" {
      throw InitializerError.unknownParameter(
        className, name, known: made.config.keys.sorted())
    }
  }
}
