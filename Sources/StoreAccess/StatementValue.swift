/// A value that a statement binds by position.
public enum StatementValue: Sendable, Hashable {
  /// No value.
  case null
  /// A whole number.
  case integer(Int64)
  /// A number.
  case real(Double)
  /// A text.
  case text(String)
  /// A BLOB.
  case bytes([UInt8])

  /// A whole number.
  public static func integer(_ value: Int) -> StatementValue { .integer(Int64(value)) }

  /// A whole number, or null.
  public static func optional(_ value: Int64?) -> StatementValue {
    value.map { .integer($0) } ?? .null
  }

  /// A number, or null.
  public static func optional(_ value: Double?) -> StatementValue {
    value.map { .real($0) } ?? .null
  }

  /// A text, or null.
  public static func optional(_ value: String?) -> StatementValue {
    value.map { .text($0) } ?? .null
  }
}
