internal import Foundation
internal import VariableGraph

/// Numbers as the page gets them: small, and the same on every machine.
enum ReportNumber {
  /// A statistic with the digits of a float32, which are more than a page shows; null where there is none.
  static func json(_ value: Double?) -> JSONValue {
    guard let value, value.isFinite else { return .null }
    if value == value.rounded(), abs(value) < 0x1p53 { return .integer(Int64(value)) }
    let single = Float(value)
    guard single.isNormal, let short = Double("\(single)") else { return .double(value) }
    return .double(short)
  }

  /// A whole number.
  static func json(_ value: Int) -> JSONValue { .integer(Int64(value)) }

  /// A text, or null.
  static func json(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  /// Heights from 0 to `peak` as one byte each, in base 64.
  static func heights(_ values: [Double], peak: Double) -> String {
    let bytes = values.map { value in
      peak > 0 ? UInt8(min(max((value / peak * 255).rounded(), 0), 255)) : 0
    }
    return Data(bytes).base64EncodedString()
  }

  /// Values from −`scale` to `scale` as one byte each, 1 to 255, in base 64; 0 where there is none.
  static func signed(_ values: [Double?], scale: Double) -> String {
    let bytes = values.map { value -> UInt8 in
      guard let value else { return 0 }
      return scale > 0 ? UInt8(128 + min(max((value / scale * 127).rounded(), -127), 127)) : 128
    }
    return Data(bytes).base64EncodedString()
  }
}
