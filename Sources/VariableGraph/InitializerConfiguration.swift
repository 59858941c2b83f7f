/// An initializer as a Keras config object: `{"class_name": "HeUniform", "config": {"seed": 7}}`.
public struct InitializerConfiguration: Sendable, Hashable, CustomStringConvertible {
  /// The class, such as `HeUniform`.
  public let className: String
  /// The parameters by name.
  public let config: [String: JSONValue]

  /// A class and its parameters.
  public init(className: String, config: [String: JSONValue]) {
    self.className = className
    self.config = config
  }

  /// The Keras config object.
  public var json: JSONValue {
    .object(["class_name": .string(className), "config": .object(config)])
  }

  /// The Keras config object as canonical JSON.
  public var canonicalText: String {
    var text: [UInt8] = []
    write(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds the canonical text: that of `json`, without making it first.
  func write(to text: inout [UInt8]) {
    text.append(contentsOf: #"{"class_name":"#.utf8)
    JSONValue.string(className).write(to: &text)
    text.append(contentsOf: #","config":"#.utf8)
    JSONValue.object(config).write(to: &text)
    text.append(UInt8(ascii: "}"))
  }

  /// As a call: `HeUniform(seed=7)`. Parameters that are null are left out; an expression stands
  /// without its class.
  public var description: String {
    if className == ExpressionInitializer.className, let value = config["expression"],
      let expression = try? TensorExpression(json: value)
    {
      return expression.description
    }
    let arguments = config.sorted { $0.key < $1.key }.filter { $0.value != .null }
      .map { "\($0.key)=\($0.value.callText)" }
    return "\(className)(\(arguments.joined(separator: ", ")))"
  }
}

extension JSONValue {
  /// The value as an argument of a call.
  var callText: String {
    if case .string(let text) = self { return "'\(text)'" }
    return canonicalText
  }
}
