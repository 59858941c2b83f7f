/// How names of a checkpoint become names of a graph.
///
///     try NameMap("layers.*.attn", to: "blocks.*.attention")
///
/// In the pattern, `*` matches any run of characters, `.` and `/` among them, and as few as will do; in
/// the new name, each `*` stands for what the one in the same place matched. A pattern matches a whole
/// name, or else the beginning of one up to a `.` or `/`, whose rest is kept: the map above makes
/// `blocks.3.attention.weight` of `layers.3.attn.weight`.
public struct NameMap: Sendable, Hashable, CustomStringConvertible {
  private let pattern: String
  private let template: String
  /// What stands between the stars of the pattern.
  private let parts: [[UInt8]]

  /// A map.
  ///
  /// - Throws: `CheckpointError.Code.malformedNameMap` where the pattern is empty, or the new name has
  ///   more or fewer stars.
  public init(_ pattern: String, to template: String) throws {
    self.pattern = pattern
    self.template = template
    parts = pattern.utf8.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
      .map(Array.init)
    let starCount = template.utf8.count { $0 == UInt8(ascii: "*") }
    guard !pattern.isEmpty, starCount == parts.count - 1 else {
      throw CheckpointError.malformedNameMap(self)
    }
  }

  /// As people write it: `layers.*.attn → blocks.*.attention`.
  public var description: String { "\(pattern) → \(template)" }

  /// The new name; `nil` where the pattern does not match.
  ///
  /// - Complexity: O(*n · m*) for a name of *n* and a pattern of *m* bytes.
  public func renamed(_ name: String) -> String? {
    let name = Array(name.utf8)
    guard let found = match(name, isWhole: true) ?? match(name, isWhole: false) else { return nil }
    var result: [UInt8] = []
    var stars = found.stars[...]
    for byte in template.utf8 {
      if byte == UInt8(ascii: "*"), let star = stars.popFirst() {
        result += star
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result + found.rest, as: UTF8.self)
  }

  /// What the stars match, each as little as will do, and what is left of the name.
  private func match(
    _ name: [UInt8], isWhole: Bool
  ) -> (stars: [ArraySlice<UInt8>], rest: ArraySlice<UInt8>)? {
    var stars: [ArraySlice<UInt8>] = []
    var end = 0
    for (number, part) in parts.enumerated() {
      let isLast = number == parts.count - 1
      let starts = number == 0 ? 0...0 : end...max(end, name.count)
      let start = starts.first { start in
        let partEnd = start + part.count
        guard partEnd <= name.count, name[start..<partEnd].elementsEqual(part) else { return false }
        guard isLast else { return true }
        return isWhole
          ? partEnd == name.count : partEnd < name.count && Self.separators.contains(name[partEnd])
      }
      guard let start else { return nil }
      if number > 0 { stars.append(name[end..<start]) }
      end = start + part.count
    }
    return (stars, name[end...])
  }

  private static let separators = [UInt8(ascii: "."), UInt8(ascii: "/")]
}
