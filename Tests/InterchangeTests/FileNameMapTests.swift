import Foundation
import Interchange
import Testing

struct FileNameMapTests {
  private func map(_ text: String, isInverted: Bool = false) throws -> FileNameMap {
    try FileNameMap(parsing: Data(text.utf8), isInverted: isInverted)
  }

  private let text = """
    {"dense/kernel": "dense.weight", "block/*/*/bias": "h.*.*.b", "block/*": "h.*", "*/gamma": "*.weight"}
    """

  @Test func `names, stars and names without a rule`() throws {
    let names = ["dense/kernel", "block/0/attn/q/bias", "block/1/x", "norm/gamma", "other"]
    let mapped = ["dense.weight", "h.0.attn/q.b", "h.1/x", "norm.weight", "other"]
    #expect(try map(text).applied(to: names) == mapped)
  }

  @Test func `the same map leads back`() throws {
    let names = ["dense.weight", "h.0.attn.b", "norm.weight", "other"]
    #expect(
      try map(text, isInverted: true).applied(to: names)
        == ["dense/kernel", "block/0/attn/bias", "norm/gamma", "other"])
  }

  @Test(
    arguments: [
      (
        "[", ["a"],
        """
        The name map cannot be read: an object must stand here (byte 0).
        Write an object of names in the store and names in the file, such as {"dense/kernel": \
        "dense.weight", "block/*/bias": "h.*.b"}.
        """
      ),
      (
        #"{"a": 1}"#, ["a"],
        """
        The name map cannot be read: "a" leads to no text.
        Write an object of names in the store and names in the file, such as {"dense/kernel": \
        "dense.weight", "block/*/bias": "h.*.b"}.
        """
      ),
      (
        #"{"a*": "b"}"#, ["a"],
        """
        The name map cannot be read: "a*" and "b" have different numbers of *.
        Write an object of names in the store and names in the file, such as {"dense/kernel": \
        "dense.weight", "block/*/bias": "h.*.b"}.
        """
      ),
      (
        #"{"a": "b", "a": "c"}"#, ["a"],
        """
        The name map cannot be read: "a" leads to "b" and "c".
        Write an object of names in the store and names in the file, such as {"dense/kernel": \
        "dense.weight", "block/*/bias": "h.*.b"}.
        """
      ),
      (
        #"{"x": "b", "w": "c"}"#, ["a"],
        """
        The name map names "w", "x", and there is no such tensor.
        Correct the names; the left ones are the store's, the right ones the file's.
        """
      ),
      (
        #"{"a": "b"}"#, ["a", "b"],
        """
        The name map leads both "a" and "b" to "b".
        Give each a name of its own.
        """
      ),
    ] as [(String, [String], String)])
  func `a map that is wrong is refused`(text: String, names: [String], message: String) {
    #expect {
      try map(text).applied(to: names)
    } throws: {
      "\($0)" == message
    }
  }
}
