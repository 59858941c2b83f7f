internal import Tensors

/// Why a text is not JSON.
public struct JSONError: Error, Sendable, CustomStringConvertible {
  /// What is wrong, and the number of the byte at which it was seen.
  public let message: String
  /// The text for people.
  public var description: String { message }
}

/// Reads one JSON document, strictly as RFC 8259 has it.
///
/// Foundation's decoder cannot say that an object names a key twice, does not bound the depth, and
/// takes a hundred times as long for a value of any form, which it must try form by form.
///
/// A large document can be read member by member, so that it is never all in memory as values.
package struct JSONParser {
  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  /// Stands before the first byte.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the document.
  ///
  /// - Throws: `JSONError`.
  mutating func document() throws -> JSONValue {
    skipByteOrderMark()
    let value = try value()
    try end()
    return value
  }

  /// Goes on behind the mark that some editors put before a document.
  package mutating func skipByteOrderMark() {
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
  }

  /// Checks that nothing but space is left.
  ///
  /// - Throws: `JSONError`.
  package mutating func end() throws {
    skipSpace()
    guard at == bytes.count else { throw failure("there is more after the end of the value") }
  }

  /// Reads the value that stands here.
  ///
  /// - Throws: `JSONError`.
  package mutating func value() throws -> JSONValue {
    skipSpace()
    guard at < bytes.count else { throw failure("the text ends where a value must stand") }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("no value begins so")
    }
  }

  /// True where an object stands here.
  package mutating func isAtObject() -> Bool {
    skipSpace()
    return at < bytes.count && bytes[at] == UInt8(ascii: "{")
  }

  /// True where a list stands here.
  package mutating func isAtList() -> Bool {
    skipSpace()
    return at < bytes.count && bytes[at] == UInt8(ascii: "[")
  }

  /// Reads the object that stands here, in the order of its text.
  ///
  /// - Parameter body: Is told each key, and reads its value.
  /// - Throws: `JSONError`, and what `body` throws. A key that stands twice is the caller's to see.
  package mutating func forEachMember(
    _ body: (inout JSONParser, String) throws -> Void
  ) throws {
    skipSpace()
    guard at < bytes.count, bytes[at] == UInt8(ascii: "{") else {
      throw failure("an object must stand here")
    }
    try nested { parser in
      if parser.take(UInt8(ascii: "}")) { return }
      repeat {
        parser.skipSpace()
        guard parser.at < parser.bytes.count, parser.bytes[parser.at] == UInt8(ascii: "\"") else {
          throw parser.failure("a key must stand here, in quotes")
        }
        let key = try parser.string()
        guard parser.take(UInt8(ascii: ":")) else {
          throw parser.failure("a colon must stand after a key")
        }
        try body(&parser, key)
      } while parser.take(UInt8(ascii: ","))
      guard parser.take(UInt8(ascii: "}")) else {
        throw parser.failure("a comma or a brace must stand here")
      }
    }
  }

  /// Reads the list that stands here.
  ///
  /// - Parameter body: Reads one element.
  /// - Throws: `JSONError`, and what `body` throws.
  package mutating func forEachElement(_ body: (inout JSONParser) throws -> Void) throws {
    skipSpace()
    guard at < bytes.count, bytes[at] == UInt8(ascii: "[") else {
      throw failure("a list must stand here")
    }
    try nested { parser in
      if parser.take(UInt8(ascii: "]")) { return }
      repeat { try body(&parser) } while parser.take(UInt8(ascii: ","))
      guard parser.take(UInt8(ascii: "]")) else {
        throw parser.failure("a comma or a bracket must stand here")
      }
    }
  }

  /// Reads the text that stands here.
  ///
  /// - Throws: `JSONError`.
  package mutating func text() throws -> String {
    skipSpace()
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
      throw failure("a text must stand here, in quotes")
    }
    return try string()
  }

  /// Reads the list of integers that stands here; `nil`, having read nothing, where something else does.
  package mutating func integers() -> [Int]? {
    guard isAtList() else { return nil }
    let start = at
    var values: [Int] = []
    do {
      try forEachElement { values.append(Int(try $0.integer())) }
      return values
    } catch {
      // Another kind of value, or no JSON: whoever reads it as any value says what is wrong.
      at = start
      return nil
    }
  }

  /// The number of the text that stands here, of those that were read here before: of a text that is
  /// repeated only the bytes are compared.
  ///
  /// - Parameter repeated: The texts that were read at this depth before.
  /// - Parameter read: Reads the value and gives it a number; `nil` for one that is not remembered.
  /// - Throws: What `read` throws.
  package mutating func number(
    in repeated: inout RepeatedTexts, _ read: (inout JSONParser) throws -> Int?
  ) throws -> Int? {
    skipSpace()
    if let (number, byteCount) = repeated.number(at: at, in: bytes) {
      at += byteCount
      return number
    }
    let start = at
    guard let number = try read(&self) else { return nil }
    repeated.remember(number, for: start..<at, in: bytes)
    return number
  }

  /// Reads the integer that stands here.
  ///
  /// - Throws: `JSONError`.
  package mutating func integer() throws -> Int64 {
    skipSpace()
    guard at < bytes.count, bytes[at] == UInt8(ascii: "-") || Self.digits.contains(bytes[at]),
      case .integer(let value) = try number()
    else { throw failure("a whole number of 64 bits must stand here") }
    return value
  }

  /// The error for a key that stands twice.
  package func repeated(_ key: String) -> JSONError {
    failure("the key \"\(key.shown)\" stands twice in one object")
  }

  private mutating func nested<Result>(
    _ body: (inout JSONParser) throws -> Result
  ) throws -> Result {
    depth += 1
    guard depth <= JSONValue.maximumDepth else {
      throw failure("it nests deeper than \(JSONValue.maximumDepth) arrays and objects")
    }
    defer { depth -= 1 }
    at += 1
    return try body(&self)
  }

  private mutating func object() throws -> JSONValue {
    var members: [String: JSONValue] = [:]
    try forEachMember { parser, key in
      let value = try parser.value()
      guard members.updateValue(value, forKey: key) == nil else { throw parser.repeated(key) }
    }
    return .object(members)
  }

  private mutating func array() throws -> JSONValue {
    var values: [JSONValue] = []
    try forEachElement { values.append(try $0.value()) }
    return .array(values)
  }

  private mutating func word(_ word: String, _ value: JSONValue) throws -> JSONValue {
    guard bytes[at...].starts(with: word.utf8) else { throw failure("no value begins so") }
    at += word.utf8.count
    return value
  }

  private mutating func number() throws -> JSONValue {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    let integer = digits()
    guard integer > 0 else { throw failure("a number must go on with a digit") }
    guard integer == 1 || bytes[at - integer] != UInt8(ascii: "0") else {
      throw failure("a number does not begin with a zero and another digit")
    }
    var isInteger = true
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      isInteger = false
      at += 1
      guard digits() > 0 else { throw failure("a digit must stand after the point") }
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      at += 1
      if at < bytes.count, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(bytes[at]) { at += 1 }
      guard digits() > 0 else { throw failure("a digit must stand in the exponent") }
    }
    // Eighteen digits are less than 2⁶³, and the most that is written.
    if isInteger, integer <= 18 {
      let value = bytes[(at - integer)..<at].reduce(0) {
        $0 * 10 + Int64($1 - UInt8(ascii: "0"))
      }
      if bytes[start] != UInt8(ascii: "-") { return .integer(value) }
      if value != 0 { return .integer(-value) }
    }
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    // Minus zero is a double: an integer has no such value.
    if isInteger, let value = Int64(text), value != 0 || bytes[start] != UInt8(ascii: "-") {
      return .integer(value)
    }
    guard let value = Double(text), value.isFinite else {
      throw failure("the number \(text.prefix(40)) is too large")
    }
    return .double(value)
  }

  private static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")

  private mutating func digits() -> Int {
    let start = at
    while at < bytes.count, Self.digits.contains(bytes[at]) { at += 1 }
    return at - start
  }

  private mutating func string() throws -> String {
    at += 1
    let start = at
    let isASCII = skipPlainText()
    if at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
      at += 1
      let text = bytes[start..<at - 1]
      // Most texts are ASCII, which need not be validated.
      return isASCII ? String(decoding: text, as: UTF8.self) : try string(of: text)
    }
    var text = Array(bytes[start..<at])
    while true {
      guard at < bytes.count else { throw failure("a string does not end") }
      let byte = bytes[at]
      at += 1
      switch byte {
      case UInt8(ascii: "\""):
        return try string(of: text[...])
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw failure("a string has a control character that is not escaped")
      default: text.append(byte)
      }
    }
  }

  /// Goes on to where a string ends, or something stands in it that is not itself; most strings have
  /// nothing such.
  ///
  /// - Returns: True where all that was passed is ASCII.
  private mutating func skipPlainText() -> Bool {
    var all: UInt8 = 0
    var end = at
    while end < bytes.count, bytes[end] != UInt8(ascii: "\""), bytes[end] != UInt8(ascii: "\\"),
      bytes[end] >= 0x20
    {
      all |= bytes[end]
      end += 1
    }
    at = end
    return all < 0x80
  }

  private func string(of text: ArraySlice<UInt8>) throws -> String {
    guard let string = String(validating: text, as: UTF8.self) else {
      throw failure("a string is not UTF-8")
    }
    return string
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    guard at < bytes.count else { throw failure("a string does not end") }
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      let first = try unit()
      var units = [first]
      if UTF16.isLeadSurrogate(first) {
        guard bytes[at...].starts(with: "\\u".utf8) else {
          throw failure("half of a pair of surrogates stands alone")
        }
        at += 2
        units.append(try unit())
      }
      guard let string = String(validating: units, as: UTF16.self) else {
        throw failure("half of a pair of surrogates stands alone")
      }
      text.append(contentsOf: string.utf8)
    default: throw failure("there is no such escape")
    }
  }

  private mutating func unit() throws -> UInt16 {
    guard bytes.count - at >= 4,
      let value = UInt16(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
      bytes[at] != UInt8(ascii: "+"), bytes[at] != UInt8(ascii: "-")
    else { throw failure("four hexadecimal digits must stand after \\u") }
    at += 4
    return value
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0A, 0x0D: at += 1
      default: return
      }
    }
  }

  private func failure(_ what: String) -> JSONError {
    JSONError(message: "\(what) (byte \(at))")
  }
}

/// Numbers of texts that stand in a document again and again, such as the initializer of a thousand weights.
package struct RepeatedTexts {
  private var known: [(text: Range<Int>, number: Int)] = []

  /// More than a model has kinds of layers, and few enough to compare with all.
  private static let maximumCount = 16

  /// Nothing was read yet.
  package init() {}

  /// The number of a text that stands at a place, and how many bytes it has.
  fileprivate mutating func number(at start: Int, in bytes: [UInt8]) -> (Int, byteCount: Int)? {
    for place in known.indices {
      let (text, number) = known[place]
      guard text.count <= bytes.count - start,
        Self.areEqual(bytes, text.lowerBound, start, text.count)
      else { continue }
      // What is asked for often moves to the front.
      if place > 0 { known.swapAt(place, place - 1) }
      return (number, text.count)
    }
    return nil
  }

  /// Keeps a number. Only texts that say themselves where they end: `1` is also the beginning of `12`.
  fileprivate mutating func remember(_ number: Int, for text: Range<Int>, in bytes: [UInt8]) {
    switch bytes[text.lowerBound] {
    case UInt8(ascii: "\""), UInt8(ascii: "["), UInt8(ascii: "{"): break
    default: return
    }
    if known.count == Self.maximumCount { known.removeLast() }
    known.insert((text, number), at: 0)
  }

  private static func areEqual(_ bytes: [UInt8], _ left: Int, _ right: Int, _ count: Int) -> Bool {
    // The ends differ more often than the beginnings.
    guard bytes[left + count - 1] == bytes[right + count - 1] else { return false }
    for place in 0..<count where bytes[left + place] != bytes[right + place] { return false }
    return true
  }
}
