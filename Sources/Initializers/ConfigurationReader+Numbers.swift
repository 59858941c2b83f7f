internal import VariableGraph

extension ConfigurationReader {
  /// An integer in a range.
  ///
  /// - Parameter fallback: Without one the parameter must be there.
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func integer(
    _ name: String, in range: ClosedRange<Int>, default fallback: Int? = nil
  ) throws -> Int {
    let value = value(name, default: .null)
    if value == .null, let fallback { return fallback }
    if case .integer(let number) = value, let number = Int(exactly: number), range ~= number {
      return number
    }
    throw wrong(
      name, value,
      range.upperBound == .max
        ? "an integer of at least \(range.lowerBound)"
        : "an integer from \(range.lowerBound) to \(range.upperBound)")
  }

  /// A finite number above 0.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func positive(_ name: String, default fallback: Double? = nil) throws -> Double {
    let found = value(name, default: .null)
    if found == .null, let fallback { return fallback }
    guard let number = found.number, number > 0, number.isFinite else {
      throw wrong(name, found, "a positive, finite number")
    }
    return number
  }

  /// True or false.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func flag(_ name: String, default fallback: Bool) throws -> Bool {
    switch value(name, default: .bool(fallback)) {
    case .bool(let flag): return flag
    case let other: throw wrong(name, other, "true or false")
    }
  }

  /// One of the raw values of an enumeration.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func option<Option: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: Option
  ) throws -> Option where Option.RawValue == String {
    let text = try string(name, default: fallback.rawValue)
    guard let option = Option(rawValue: text) else {
      let known = Option.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong(name, .string(text), "one of \(known)")
    }
    return option
  }

  /// One of the raw values of an enumeration, or `nil` for null.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func optionOrNull<Option: RawRepresentable & CaseIterable>(
    _ name: String, default fallback: Option
  ) throws -> Option? where Option.RawValue == String {
    let found = value(name, default: .string(fallback.rawValue))
    if found == .null { return nil }
    guard case .string(let text) = found, let option = Option(rawValue: text) else {
      let known = Option.allCases.map(\.rawValue).joined(separator: ", ")
      throw wrong(name, found, "null or one of \(known)")
    }
    return option
  }

  /// A list of integers, none of them negative.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func integers(_ name: String) throws -> [Int] {
    let found = value(name, default: .null)
    guard case .array(let values) = found else {
      throw wrong(name, found, "a list of integers of at least 0")
    }
    return try values.map { value in
      guard case .integer(let number) = value, number >= 0, let number = Int(exactly: number)
      else { throw wrong(name, found, "a list of integers of at least 0") }
      return number
    }
  }

  private func wrong(_ name: String, _ found: JSONValue, _ needed: String) -> InitializerError {
    InitializerError.invalidParameter(
      className, name, found: found == .null ? "nothing" : found.canonicalText, needed: needed)
  }
}
