import Testing
import VariableGraph

struct GlobPatternTests {
  @Test(arguments: [
    ("*", ""), ("*", "a/b.c"), ("kernel", "kernel"), ("*/kernel", "a/b/kernel"),
    ("*kernel*", "kernel"), ("dense?/bias", "dense1/bias"), ("a*b*c", "aXbXbXc"),
    ("h.*.weight", "h.11.attn.weight"), ("?", "é"), ("?", "😀"), ("**", "a"), ("", ""),
    ("[a]", "[a]"), ("a*", "a"), ("*a", "aaa"), ("*ab", "aab"),
  ])
  func `a pattern matches`(pattern: String, name: String) {
    #expect(GlobPattern(pattern).matches(name))
  }

  @Test(arguments: [
    ("", "a"), ("a", ""), ("?", ""), ("?", "ab"), ("kernel", "Kernel"), ("*/kernel", "kernel"),
    ("a*b", "abc"), ("[ab]", "a"), ("dense?", "dense"), ("??", "é"), ("*.weight", "a/weight"),
  ])
  func `a pattern does not match`(pattern: String, name: String) {
    #expect(!GlobPattern(pattern).matches(name))
  }

  @Test func `an exact name has no wildcards`() {
    #expect(GlobPattern(exactly: "a*").matches("a*"))
    #expect(!GlobPattern(exactly: "a*").matches("ab"))
    #expect(!GlobPattern(exactly: "?").matches("b"))
  }

  @Test func `a pattern is written as it was given`() {
    let pattern: GlobPattern = "*/bias"
    #expect(pattern.description == "*/bias")
    #expect(pattern == GlobPattern("*/bias"))
  }

  @Test func `many stars do not take exponential time`() {
    let pattern = GlobPattern(String(repeating: "*a", count: 200) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 1000)))
  }
}
