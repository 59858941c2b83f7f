import Nascent
import Testing

struct NameMapTests {
  @Test(
    arguments: [
      ("layers.*.attn", "blocks.*.attention", "layers.3.attn", "blocks.3.attention"),
      ("layers.*.attn", "blocks.*.attention", "layers.3.attn.weight", "blocks.3.attention.weight"),
      ("layers.*.attn", "blocks.*.attention", "layers.3.attention", nil),
      ("layers.*.attn", "blocks.*.attention", "layers.3.mlp.attn", "blocks.3.mlp.attention"),
      ("layers.*.attn", "blocks.*.attention", "model.layers.3.attn", nil),
      ("a", "b", "a", "b"), ("a", "b", "a/x", "b/x"), ("a", "b", "ax", nil), ("a", "b", "", nil),
      ("*", "model.*", "w", "model.w"), ("module.*", "*", "module.a.b", "a.b"),
      ("*.*", "*/*", "a.b.c", "a/b.c"), ("*.weight", "*.kernel", "a.weight", "a.kernel"),
      ("*.weight", "*.kernel", "a.weight.weight", "a.weight.kernel"),
      ("x*y*z", "*-*", "xyyz", "-y"), ("x*", "*x", "x", "x"), ("ä.*", "ö.*", "ä.é", "ö.é"),
      ("h.*.*.w", "*.*", "h.1.a.b.w", "1.a.b"), ("aXa", "b", "aXaXa", nil),
      ("a*a", "*", "a", nil), ("a*a", "*", "aa", ""),
    ] as [(String, String, String, String?)])
  func `what a star matches is carried over`(
    pattern: String, template: String, name: String, expected: String?
  ) throws {
    #expect(try NameMap(pattern, to: template).renamed(name) == expected)
  }

  @Test(arguments: [("", "a"), ("a.*", "b"), ("a", "*"), ("*.*", "*")])
  func `stars without a partner are refused`(pattern: String, template: String) {
    #expect {
      try NameMap(pattern, to: template)
    } throws: { error in
      "\(error)" == """
        The map of names "\(pattern) → \(template)" is refused: it needs a pattern, and as many stars on \
        both sides.
        Write one star in the new name for each in the pattern: what it matches is carried over.
        """
    }
  }
}
