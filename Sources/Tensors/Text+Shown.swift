extension StringProtocol {
  /// The text as people may be shown it, also where a stranger wrote it: what moves a terminal's cursor,
  /// changes its colours or turns the direction of writing is spelled out, as `\u{1B}`.
  package var printable: String {
    let whole = String(self)
    guard whole.hasHidden else { return whole }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isHidden {
        text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }

  /// The same, and no longer than a message can bear.
  package var shown: String { prefix(200).printable }
}

extension String {
  /// True where `printable` is another text.
  package var hasHidden: Bool { !isVisibleASCII && unicodeScalars.contains { $0.isHidden } }

  /// True for what most texts are: they need no look at Unicode's tables, and have a character for each
  /// byte.
  package var isVisibleASCII: Bool { utf8.allSatisfy { 0x20..<0x7F ~= $0 } }
}

extension Unicode.Scalar {
  /// True for what a terminal obeys instead of showing it.
  package var isHidden: Bool {
    if value < 0x7F { return value < 0x20 }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    default: break
    }
    // The marks that turn the direction of writing.
    return 0x202A...0x202E ~= value || 0x2066...0x2069 ~= value
  }
}
