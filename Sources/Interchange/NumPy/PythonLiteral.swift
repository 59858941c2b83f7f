/// The literals of Python that the header of a NumPy array is made of.
enum PythonLiteral: Equatable, CustomStringConvertible {
  case string(String)
  case bool(Bool)
  case integer(Int)
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  case dictionary([String: PythonLiteral])

  /// How deep literals may nest: a structured dtype in a dictionary has three levels.
  private static let maximumDepth = 8

  /// Reads one literal with space around it; `nil` for anything else.
  init?(parsing text: [UInt8]) {
    var parser = Parser(text: text)
    guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
    self = value
  }

  /// About as Python writes it.
  var description: String {
    switch self {
    case .string(let text): "'\(text)'"
    case .bool(let flag): flag ? "True" : "False"
    case .integer(let number): "\(number)"
    case .tuple(let items): "(\(items.map(\.description).joined(separator: ", ")))"
    case .list(let items): "[\(items.map(\.description).joined(separator: ", "))]"
    case .dictionary(let members):
      "{\(members.sorted { $0.key < $1.key }.map { "'\($0.key)': \($0.value)" }.joined(separator: ", "))}"
    }
  }

  private struct Parser {
    let text: [UInt8]
    var at = 0

    var isAtEnd: Bool {
      mutating get {
        skipSpace()
        return at == text.count
      }
    }

    mutating func value(depth: Int) -> PythonLiteral? {
      skipSpace()
      guard at < text.count, depth < maximumDepth else { return nil }
      switch text[at] {
      case UInt8(ascii: "'"), UInt8(ascii: "\""): return string().map(PythonLiteral.string)
      case UInt8(ascii: "T"): return word("True") ? .bool(true) : nil
      case UInt8(ascii: "F"): return word("False") ? .bool(false) : nil
      case UInt8(ascii: "("): return items(to: UInt8(ascii: ")"), depth).map(PythonLiteral.tuple)
      case UInt8(ascii: "["): return items(to: UInt8(ascii: "]"), depth).map(PythonLiteral.list)
      case UInt8(ascii: "{"): return dictionary(depth)
      default: return integer()
      }
    }

    private mutating func items(to end: UInt8, _ depth: Int) -> [PythonLiteral]? {
      at += 1
      var items: [PythonLiteral] = []
      while !take(end) {
        guard let item = value(depth: depth + 1) else { return nil }
        items.append(item)
        if !take(UInt8(ascii: ",")) { return take(end) ? items : nil }
      }
      return items
    }

    private mutating func dictionary(_ depth: Int) -> PythonLiteral? {
      at += 1
      var members: [String: PythonLiteral] = [:]
      while !take(UInt8(ascii: "}")) {
        skipSpace()
        guard let key = string(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1),
          members.updateValue(value, forKey: key) == nil
        else { return nil }
        if !take(UInt8(ascii: ",")) { return take(UInt8(ascii: "}")) ? .dictionary(members) : nil }
      }
      return .dictionary(members)
    }

    private mutating func string() -> String? {
      guard at < text.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text[at]),
        let end = text[(at + 1)...].firstIndex(of: text[at])
      else { return nil }
      let part = text[(at + 1)..<end]
      at = end + 1
      // No name in a header needs an escape.
      return part.contains(UInt8(ascii: "\\")) ? nil : String(validating: part, as: UTF8.self)
    }

    /// Digits; NumPy on Python 2 wrote an `L` behind them.
    private mutating func integer() -> PythonLiteral? {
      let start = at
      while at < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[at]) { at += 1 }
      guard let number = Int(String(decoding: text[start..<at], as: UTF8.self)) else { return nil }
      if at < text.count, text[at] == UInt8(ascii: "L") { at += 1 }
      return .integer(number)
    }

    private mutating func word(_ word: String) -> Bool {
      guard text[at...].starts(with: word.utf8) else { return false }
      at += word.utf8.count
      return true
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      skipSpace()
      guard at < text.count, text[at] == byte else { return false }
      at += 1
      return true
    }

    private mutating func skipSpace() {
      while at < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[at]) { at += 1 }
    }
  }
}
