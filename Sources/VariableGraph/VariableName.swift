/// The rules that names follow.
package enum VariableName {
  static let maximumByteCount = 1024

  /// - Throws: `GraphError.Code.malformedName`.
  static func validate(_ name: String) throws {
    if let reason = flaw(of: name) { throw GraphError.malformedName(name, because: reason) }
  }

  /// What is wrong with a name, as the end of a sentence; `nil` for nothing.
  package static func flaw(of name: String) -> String? {
    if name.isEmpty { return "is empty" }
    if name.utf8.count > maximumByteCount { return "has \(name.utf8.count) bytes" }
    if isPlain(name.utf8) { return nil }
    if let scalar = name.unicodeScalars.first(where: { isControl($0) }) {
      let digits = String(scalar.value, radix: 16, uppercase: true)
      let code = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
      return "has the control character U+\(code)"
    }
    if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
      return "begins or ends with a space"
    }
    let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    if parts.contains(where: \.isEmpty) {
      return "has an empty part between slashes"
    }
    return nil
  }

  /// True for visible ASCII without an empty part: most names need no look at Unicode's tables.
  private static func isPlain(_ name: String.UTF8View) -> Bool {
    var last = UInt8(ascii: "/")
    for byte in name {
      guard 0x21...0x7E ~= byte, byte != UInt8(ascii: "/") || byte != last else { return false }
      last = byte
    }
    return last != UInt8(ascii: "/")
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
