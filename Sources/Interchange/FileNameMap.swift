public import Foundation
internal import Tensors
internal import VariableGraph

/// Leads from the names in a store to the names in a model file, and back.
///
/// A rule is a pair of names. `*` on both sides stands for the same text, the shortest that fits, in the
/// order of the stars. The first rule that matches counts; a name that none matches stays as it is.
public struct FileNameMap: Sendable {
  private struct Rule: Sendable {
    let text: String
    let from: [[UInt8]]
    let to: [[UInt8]]
  }
  private let rules: [Rule]
  private let exact: NameTable<String>

  /// Leaves every name as it is.
  public static let identity = FileNameMap(rules: [], exact: [:])

  private init(rules: [Rule], exact: NameTable<String>) {
    self.rules = rules
    self.exact = exact
  }

  /// Reads an object of store's names and file's names; rules with stars count in the order of the text.
  ///
  /// - Parameter data: JSON: one object whose members are texts.
  /// - Parameter isInverted: Leads from the file's names to the store's.
  /// - Throws: `ModelFileError.Code.nameMap`.
  public init(parsing data: Data, isInverted: Bool = false) throws {
    var rules: [Rule] = []
    var exact: NameTable<String> = [:]
    do {
      var parser = JSONParser(Array(data))
      try parser.forEachMember { parser, key in
        guard case .string(let value) = try parser.value() else {
          throw ModelFileError.malformedNameMap("\"\(key.shown)\" leads to no text")
        }
        let (from, to) = isInverted ? (value, key) : (key, value)
        let parts = [from, to].map { text in
          text.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map(Array.init)
        }
        guard parts[0].count == parts[1].count else {
          throw ModelFileError.malformedNameMap(
            "\"\(key.shown)\" and \"\(value.shown)\" have different numbers of *")
        }
        if parts[0].count > 1 {
          rules.append(Rule(text: from, from: parts[0], to: parts[1]))
        } else if let other = exact.updateValue(to, forKey: NameKey(from)) {
          throw ModelFileError.malformedNameMap(
            "\"\(from.shown)\" leads to \"\(other.shown)\" and \"\(to.shown)\"")
        }
      }
      try parser.end()
    } catch let error as JSONError {
      throw ModelFileError.malformedNameMap(error.message)
    }
    self.init(rules: rules, exact: exact)
  }

  /// The names that `names` lead to, in the same order.
  ///
  /// - Throws: `ModelFileError.Code.nameMap` where two lead to one, and where the map names one that is
  ///   not there.
  public func applied(to names: [String]) throws -> [String] {
    let unused = Set(exact.keys).subtracting(NameSet(names: names))
    guard unused.isEmpty else {
      throw ModelFileError.unusedNameMap(unused.sorted().map(\.text))
    }
    var origins: NameTable<String> = [:]
    return try names.map { name in
      let result = applied(to: name)
      if let other = origins.updateValue(name, forKey: NameKey(result)) {
        throw ModelFileError.ambiguousNameMap(other, name, to: result)
      }
      return result
    }
  }

  private func applied(to name: String) -> String {
    if let found = exact[name] { return found }
    guard !rules.isEmpty else { return name }
    let bytes = Array(name.utf8)
    for rule in rules {
      guard let texts = Self.captures(of: rule.from, in: bytes[...]) else { continue }
      let result = zip(texts, rule.to.dropFirst()).reduce(rule.to[0]) { $0 + $1.0 + $1.1 }
      return String(decoding: result, as: UTF8.self)
    }
    return name
  }

  /// What each star stands for. Literals between stars are found from the left, each as early as it can
  /// be; the last one stands at the end. All are bytes, as names are.
  private static func captures(
    of parts: [[UInt8]], in name: ArraySlice<UInt8>
  ) -> [ArraySlice<UInt8>]? {
    guard let last = parts.last, name.starts(with: parts[0]) else { return nil }
    var rest = name.dropFirst(parts[0].count)
    guard rest.count >= last.count, rest.suffix(last.count).elementsEqual(last) else { return nil }
    rest = rest.dropLast(last.count)
    var captures: [ArraySlice<UInt8>] = []
    for literal in parts.dropFirst().dropLast() {
      guard
        let found = literal.isEmpty
          ? rest.startIndex..<rest.startIndex : rest.firstRange(of: literal)
      else { return nil }
      captures.append(rest[..<found.lowerBound])
      rest = rest[found.upperBound...]
    }
    return captures + [rest]
  }
}
