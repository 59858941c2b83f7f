import Tensors
import TestSupport
import Testing

/// Names are bytes: two names are one only if their UTF-8 is equal.
struct NameKeyTests {
  private let composed = "caf\u{E9}"
  private let decomposed = "cafe\u{301}"

  @Test func `two forms of a text are one String and two names`() {
    #expect(composed == decomposed)
    #expect(NameKey(composed) != NameKey(decomposed))
    #expect(NameKey("K") != NameKey("\u{212A}"))
    #expect(NameKey(composed) == NameKey(String(decoding: Array(composed.utf8), as: UTF8.self)))
  }

  @Test func `names are in the order of their bytes`() {
    let names = ["", "a", "a\u{0}", "ab", "cafe\u{301}", "caf\u{E9}", "z", "\u{FFFD}", "\u{1F600}"]
    let sorted = names.shuffled().map { NameKey($0) }.sorted()
    #expect(sorted.map { Array($0.text.utf8) } == names.map { Array($0.utf8) })
  }

  @Test func `many names are put in the order of their bytes`() {
    let parts = ["", "e", "\u{301}", "\u{E9}", "a", "\u{0}", "/", "layer.", "layer.0.weight"]
    for seed in 0..<300 as Range<UInt64> {
      var generator = SeededGenerator(state: seed)
      let common = parts.randomElement(using: &generator) ?? ""
      let names = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
        (0..<Int.random(in: 0...3, using: &generator)).reduce(common) { name, _ in
          name + (parts.randomElement(using: &generator) ?? "")
        }
      }
      let expected = names.enumerated().sorted { left, right in
        let (a, b) = (Array(left.element.utf8), Array(right.element.utf8))
        return a == b ? left.offset < right.offset : a.lexicographicallyPrecedes(b)
      }
      #expect(NameKey.order(of: names) == expected.map(\.offset), "seed \(seed)")
    }
  }

  @Test func `equality, order and hash are those of the bytes`() {
    let parts = [
      "", "e", "\u{301}", "\u{E9}", "a", "K", "\u{212A}", "/", String(repeating: "long", count: 9),
    ]
    for seed in 0..<300 as Range<UInt64> {
      var generator = SeededGenerator(state: seed)
      func name() -> String {
        (0..<Int.random(in: 0...3, using: &generator)).map { _ in
          parts.randomElement(using: &generator) ?? ""
        }.joined()
      }
      let (left, right) = (name(), name())
      let bytes = (Array(left.utf8), Array(right.utf8))
      #expect((NameKey(left) == NameKey(right)) == (bytes.0 == bytes.1), "seed \(seed)")
      #expect(
        (NameKey(left) < NameKey(right)) == bytes.0.lexicographicallyPrecedes(bytes.1),
        "seed \(seed)")
      if bytes.0 == bytes.1 {
        #expect(NameKey(left).hashValue == NameKey(right).hashValue, "seed \(seed)")
      }
    }
  }

  @Test func `a table and a set keep both forms`() {
    var table: NameTable<Int> = ["caf\u{E9}": 1]
    table[decomposed, default: 1] += 1
    #expect(table.count == 2)
    #expect(table[composed] == 1)
    #expect(table[decomposed] == 2)
    table[composed] = nil
    #expect(table[composed] == nil)
    #expect(NameTable(byName: [("a", 1), ("a", 2)])["a"] == 1)
    var set = NameSet(names: [composed])
    #expect(!set.contains(decomposed))
    #expect(set.insert(decomposed).inserted)
    #expect(!set.insert(decomposed).inserted)
    set.remove(composed)
    #expect(set.map(\.text.utf8.count) == [6])
  }
}
