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
    let from: [Substring]
    let to: [Substring]
  }
  private let rules: [Rule]
  private let exact: [String: String]

  /// Leaves every name as it is.
  public static let identity = FileNameMap(rules: [], exact: [:])

  private init(rules: [Rule], exact: [String: String]) {
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
    var exact: [String: String] = [:]
    do {
      var parser = JSONParser(Array(data))
      try parser.forEachMember { parser, key in
        guard case .string(let value) = try parser.value() else {
          throw ModelFileError.malformedNameMap("\"\(key.shown)\" leads to no text")
        }
        let (from, to) = isInverted ? (value, key) : (key, value)
        let parts = [from, to].map { $0.split(separator: "*", omittingEmptySubsequences: false) }
        guard parts[0].count == parts[1].count else {
          throw ModelFileError.malformedNameMap(
            "\"\(key.shown)\" and \"\(value.shown)\" have different numbers of *")
        }
        if parts[0].count > 1 {
          rules.append(Rule(text: from, from: parts[0], to: parts[1]))
        } else if let other = exact.updateValue(to, forKey: from) {
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
    let present = Set(names)
    let unused = exact.keys.filter { !present.contains($0) }
    guard unused.isEmpty else { throw ModelFileError.unusedNameMap(unused.sorted()) }
    var origins: [String: String] = [:]
    return try names.map { name in
      let result = applied(to: name)
      if let other = origins.updateValue(name, forKey: result) {
        throw ModelFileError.ambiguousNameMap(other, name, to: result)
      }
      return result
    }
  }

  private func applied(to name: String) -> String {
    if let found = exact[name] { return found }
    for rule in rules {
      guard let texts = Self.captures(of: rule.from, in: name[...]) else { continue }
      return rule.to.dropFirst().enumerated().reduce(String(rule.to[0])) {
        $0 + texts[$1.offset] + $1.element
      }
    }
    return name
  }

  /// What each star stands for. Literals between stars are found from the left, each as early as it can
  /// be; the last one stands at the end.
  private static func captures(of parts: [Substring], in name: Substring) -> [Substring]? {
    guard let last = parts.last, name.hasPrefix(parts[0]) else { return nil }
    var rest = name.dropFirst(parts[0].count)
    guard rest.hasSuffix(last) else { return nil }
    let tail = rest.count - last.count
    rest = rest.prefix(tail)
    var captures: [Substring] = []
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
