internal import Tensors

/// Names that a misspelt name may have meant.
public enum Spelling {
  /// At most three of `candidates` within a third of the name's length in edits, nearest first.
  ///
  /// - Complexity: O(*n · m²*) for *n* candidates of *m* characters; names over 200 characters and
  ///   lists over 20,000 give nothing.
  public static func nearest(to name: String, in candidates: some Collection<String>) -> [String] {
    guard name.count <= 200, candidates.count <= 20_000 else { return [] }
    let limit = max(1, name.count / 3)
    let wanted = Array(name)
    return candidates.compactMap { candidate -> (String, Int)? in
      guard abs(candidate.count - wanted.count) <= limit else { return nil }
      let distance = editDistance(wanted, Array(candidate))
      return distance <= limit ? (candidate, distance) : nil
    }
    .sorted { ($0.1, NameKey($0.0)) < ($1.1, NameKey($1.0)) }.prefix(3).map(\.0)
  }

  /// Levenshtein's distance: insertions, deletions and replacements of one character.
  package static func editDistance(_ left: [Character], _ right: [Character]) -> Int {
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let replaced = diagonal + (character == other ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(replaced, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}
