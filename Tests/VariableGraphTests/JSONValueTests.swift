import Foundation
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

  @Test(arguments: ["", "{", "nul", "'a'", "1 2", "{\"a\" 1}", "\"\\ud800\""])
  func `text that is not JSON is refused`(text: String) {
    #expect(throws: DecodingError.self) { try parse(text) }
  }

  @Test func `any value comes back through Codable`() throws {
    let value: JSONValue = ["a": [1, 0.5, "x", nil, true], "b": ["c": []]]
    #expect(try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(value)) == value)
  }
}
