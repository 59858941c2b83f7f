import Foundation
import RandomSampling
import TestSupport
import Testing

/// Values that mpmath rounded correctly; see `Tests/Vectors/make_elementary.py`.
struct PortableMathTests {
  private struct Row: Decodable {
    let function: String
    let arguments: [String]
    let result: String
  }

  private func double(_ bits: String) throws -> Double {
    Double(bitPattern: try #require(UInt64(bits, radix: 16)))
  }

  private func evaluate(_ function: String, _ arguments: [Double]) throws -> Double {
    switch function {
    case "exp": PortableMath.exp(arguments[0])
    case "expm1": PortableMath.expMinusOne(arguments[0])
    case "log": PortableMath.log(arguments[0])
    case "pow": PortableMath.power(arguments[0], arguments[1])
    case "sin": PortableMath.sine(arguments[0])
    default: PortableMath.cosine(arguments[0])
    }
  }

  @Test func `every value is within one unit in the last place`() throws {
    let url = ProjectFiles.root.appending(path: "Tests/Vectors/elementary.json")
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
    var exact = 0
    for row in rows {
      let arguments = try row.arguments.map(double)
      let found = try evaluate(row.function, arguments)
      let expected = try double(row.result)
      let difference = abs(
        Int64(bitPattern: found.bitPattern) &- Int64(bitPattern: expected.bitPattern))
      #expect(difference <= 1, "\(row.function)\(arguments): \(found), expected \(expected)")
      exact += difference == 0 ? 1 : 0
    }
    #expect(rows.count > 1200)
    // What was measured: at most 0.515 units of error, so that nearly all are the nearest double.
    #expect(Double(exact) / Double(rows.count) > 0.97)
  }

  @Test func `arguments at the borders have the values that C gives them`() {
    #expect(PortableMath.exp(0) == 1)
    #expect(PortableMath.exp(-.infinity) == 0)
    #expect(PortableMath.exp(1000) == .infinity)
    #expect(PortableMath.exp(.nan).isNaN)
    #expect(PortableMath.expMinusOne(-0.0).sign == .minus)
    #expect(PortableMath.expMinusOne(-1000) == -1)
    #expect(PortableMath.expMinusOne(1000) == .infinity)
    #expect(PortableMath.log(1) == 0)
    #expect(PortableMath.log(0) == -.infinity)
    #expect(PortableMath.log(-1).isNaN)
    #expect(PortableMath.log(.infinity) == .infinity)
    #expect(PortableMath.power(0, 2) == 0)
    #expect(PortableMath.power(0, -2) == .infinity)
    #expect(PortableMath.power(-8, 1).isNaN)
    #expect(PortableMath.power(7, 0) == 1)
    #expect(PortableMath.power(0.5, .infinity) == 0)
    #expect(PortableMath.power(10, 400) == .infinity)
    #expect(PortableMath.sine(0) == 0)
    #expect(PortableMath.sine(.infinity).isNaN)
    #expect(PortableMath.cosine(0) == 1)
    #expect(PortableMath.cosine(-.infinity).isNaN)
  }

  @Test func `functions undo one another to rounding`() {
    var generator = SeededGenerator(state: 11)
    for _ in 0..<500 {
      let x = Double.random(in: -20..<20, using: &generator)
      // log(e^x) amplifies the rounding of e^x, half a unit of it, to that much absolutely.
      #expect(abs(PortableMath.log(PortableMath.exp(x)) - x) <= (1 + abs(x)) * 2 * .ulpOfOne)
      let (sine, cosine) = (PortableMath.sine(x), PortableMath.cosine(x))
      #expect(abs(sine * sine + cosine * cosine - 1) <= 4 * .ulpOfOne)
      #expect(PortableMath.sine(-x) == -sine)
      #expect(PortableMath.cosine(-x) == cosine)
    }
  }
}
