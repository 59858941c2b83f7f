import Foundation
import TestSupport
import Testing
import VariableGraph

struct JSONValueTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue(parsing: Data(text.utf8)) }

  @Test(
    arguments: [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
      ("1", .integer(1)), ("-7", .integer(-7)), ("0.5", .double(0.5)), ("\"1\"", .string("1")),
      ("[]", .array([])), ("{}", .object([:])), ("[1,[null]]", [1, [nil]]),
      ("{\"a\":{\"b\":[true]}}", ["a": ["b": [true]]]),
    ] as [(String, JSONValue)])
  func `a text reads as its value and is its canonical text`(text: String, value: JSONValue) throws
  {
    #expect(try parse(text) == value)
    #expect(value.canonicalText == text)
  }

  @Test func `64-bit integers keep every digit`() throws {
    for text in ["9223372036854775807", "-9223372036854775808", "9007199254740993"] {
      #expect(try parse(text).canonicalText == text)
    }
    #expect(try parse("9223372036854775807") == .integer(.max))
  }

  @Test func `an integer beyond 64 bits is a double`() throws {
    #expect(try parse("9223372036854775808") == .double(0x1p63))
  }

  @Test func `keys are sorted by bytes and spaces are dropped`() throws {
    let value = try parse(" { \"b\" : 1 , \"a\" : 2 , \"é\" : 3 , \"Z\" : 4 , \"\" : 5 } ")
    #expect(value.canonicalText == "{\"\":5,\"Z\":4,\"a\":2,\"b\":1,\"é\":3}")
  }

  @Test func `doubles have their shortest digits`() {
    #expect(JSONValue.double(0.1).canonicalText == "0.1")
    #expect(JSONValue.double(1).canonicalText == "1.0")
    #expect(JSONValue.double(1e300).canonicalText == "1e+300")
    #expect(JSONValue.double(.leastNonzeroMagnitude).canonicalText == "5e-324")
  }

  @Test func `numbers without JSON digits have Python's names`() {
    #expect(JSONValue.double(.nan).canonicalText == "\"NaN\"")
    #expect(JSONValue.double(.infinity).canonicalText == "\"Infinity\"")
    #expect(JSONValue.double(-.infinity).canonicalText == "\"-Infinity\"")
  }

  @Test func `quotes, backslashes and control characters are escaped`() throws {
    let value = JSONValue.string("a\"b\\c\n\r\t\u{0}\u{1f}\u{7f}é😀/")
    #expect(value.canonicalText == "\"a\\\"b\\\\c\\n\\r\\t\\u0000\\u001f\u{7f}é😀/\"")
    #expect(try parse(value.canonicalText) == value)
  }

  @Test func `the two zeros keep their signs in text`() {
    #expect(JSONValue.double(0).canonicalText == "0.0")
    #expect(JSONValue.double(-0.0).canonicalText == "-0.0")
  }

  @Test func `numbers are read from both kinds of number only`() {
    #expect(JSONValue.integer(3).number == 3)
    #expect(JSONValue.double(0.5).number == 0.5)
    #expect(JSONValue.string("3").number == nil)
    #expect(JSONValue.bool(true).number == nil)
    #expect(JSONValue.null.number == nil)
  }

  @Test(
    arguments: [
      ("", "the text ends where a value must stand (byte 0)"),
      ("{", "a key must stand here, in quotes (byte 1)"),
      ("nul", "no value begins so (byte 0)"), ("'a'", "no value begins so (byte 0)"),
      ("1 2", "there is more after the end of the value (byte 2)"),
      ("{\"a\" 1}", "a colon must stand after a key (byte 5)"),
      ("{\"a\": 1]", "a comma or a brace must stand here (byte 7)"),
      ("[1 2]", "a comma or a bracket must stand here (byte 3)"),
      ("[1,]", "no value begins so (byte 3)"),
      ("{\"a\":1,\"a\":2}", "the key \"a\" stands twice in one object (byte 12)"),
      ("-", "a number must go on with a digit (byte 1)"),
      ("01", "a number does not begin with a zero and another digit (byte 2)"),
      ("1.", "a digit must stand after the point (byte 2)"),
      ("1e+", "a digit must stand in the exponent (byte 3)"),
      ("1e999", "the number 1e999 is too large (byte 5)"),
      ("\"a", "a string does not end (byte 2)"), ("\"\\", "a string does not end (byte 2)"),
      ("\"\u{1}\"", "a string has a control character that is not escaped (byte 2)"),
      ("\"\\x\"", "there is no such escape (byte 3)"),
      ("\"\\u+123\"", "four hexadecimal digits must stand after \\u (byte 3)"),
      ("\"\\ud800\"", "half of a pair of surrogates stands alone (byte 7)"),
      ("\"\\ud800\\u0041\"", "half of a pair of surrogates stands alone (byte 13)"),
      (
        String(repeating: "[", count: 65),
        "it nests deeper than 64 arrays and objects (byte 64)"
      ),
    ])
  func `text that is not JSON is refused with its reason`(text: String, reason: String) {
    let error = #expect(throws: JSONError.self) { try parse(text) }
    #expect(error?.message == reason)
  }

  @Test func `bytes that are not UTF-8 are refused`() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: Data([0x22, 0xC3, 0x28, 0x22]))
    }
    #expect(error?.message == "a string is not UTF-8 (byte 4)")
  }

  @Test func `escapes read as their characters`() throws {
    #expect(
      try parse(#""\u00e9\ud83d\ude00\/\b\f\n\r\t\"\\""#) == .string("é😀/\u{8}\u{c}\n\r\t\"\\"))
  }

  @Test func `any text reads as Foundation reads it, or is refused by both`() throws {
    var generator = SeededGenerator(state: 11)
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\n\"", "1", "-12", "2.5e-3", "null", "true", " ",
      "é", "\"",
    ]
    var accepted = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 1...7, using: &generator))
        .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
      let found = try? parse(text)
      let reference = try? JSONSerialization.jsonObject(
        with: Data(text.utf8), options: .fragmentsAllowed)
      guard let found, let reference else {
        // Foundation takes a key that stands twice.
        #expect((found == nil) == (reference == nil) || text.contains("\"a\""), "\(text)")
        continue
      }
      accepted += 1
      let again = try JSONSerialization.jsonObject(
        with: Data(found.canonicalText.utf8), options: .fragmentsAllowed)
      let options: JSONSerialization.WritingOptions = [.fragmentsAllowed, .sortedKeys]
      #expect(
        try JSONSerialization.data(withJSONObject: again, options: options)
          == JSONSerialization.data(withJSONObject: reference, options: options), "\(text)")
    }
    #expect(accepted > 1000)
  }
}
