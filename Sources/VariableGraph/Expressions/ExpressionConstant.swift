public import Tensors

/// Numbers that are written down in an expression: one, or a small tensor.
public struct ExpressionConstant: Sendable, Hashable {
  /// The sizes of the axes; none for one number.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType
  /// The bits of each element, in row-major order.
  public let patterns: [UInt64]

  /// How many numbers may be written down.
  public static let maximumCount = 4096

  /// A number, or lists of numbers nested as deep as the shape has axes.
  ///
  /// Numbers without a value in JSON are the texts `NaN`, `Infinity` and `-Infinity`.
  ///
  /// - Throws: `ExpressionError` with the codes `malformed`, `unsuitableScalarType`.
  public init(_ json: JSONValue, as scalarType: ScalarType) throws {
    var dimensions: [Int] = []
    var level = json
    while case .array(let items) = level {
      dimensions.append(items.count)
      guard let first = items.first else { break }
      level = first
    }
    var patterns: [UInt64] = []
    guard try Self.collect(json, dimensions[...], scalarType, &patterns) else {
      throw ExpressionError.malformed(
        json.canonicalText, needed: "a number, or lists of numbers of equal lengths")
    }
    self.shape = try Self.shape(dimensions)
    self.scalarType = scalarType
    self.patterns = patterns
  }

  private static func shape(_ dimensions: [Int]) throws -> Shape {
    do {
      return try Shape(dimensions)
    } catch let error as TensorError {
      throw ExpressionError.invalidShape(error)
    }
  }

  /// False where lists are not nested as `dimensions` says, or hold something else than numbers.
  private static func collect(
    _ json: JSONValue, _ dimensions: ArraySlice<Int>, _ type: ScalarType,
    _ patterns: inout [UInt64]
  ) throws -> Bool {
    guard let count = dimensions.first else {
      guard patterns.count < maximumCount else {
        throw ExpressionError.tooManyNumbers()
      }
      guard let pattern = try pattern(of: json, as: type) else { return false }
      patterns.append(pattern)
      return true
    }
    guard case .array(let items) = json, items.count == count else { return false }
    return try items.allSatisfy { try collect($0, dimensions.dropFirst(), type, &patterns) }
  }

  private static func pattern(of json: JSONValue, as type: ScalarType) throws -> UInt64? {
    let value: Double
    switch json {
    // 64-bit integers do not pass through a double, which would round them.
    case .integer(let number) where type == .int64: return UInt64(bitPattern: number)
    case .integer(let number) where type == .uint64 && number >= 0: return UInt64(number)
    case .integer(let number): value = Double(number)
    case .double(let number): value = number
    case .bool(let flag): value = flag ? 1 : 0
    case .string("NaN"): value = .nan
    case .string("Infinity"): value = .infinity
    case .string("-Infinity"): value = -.infinity
    default: return nil
    }
    guard let pattern = ScalarCoding.bitPattern(of: value, as: type) else {
      throw ExpressionError.valueNotRepresentable(json.canonicalText, type)
    }
    return pattern
  }

  /// What `init` reads, as it was rounded to the dtype.
  public var json: JSONValue {
    var place = 0
    return json(shape.dimensions[...], &place)
  }

  private func number(_ place: Int) -> JSONValue {
    let pattern = patterns[place]
    switch scalarType {
    case .int64: return .integer(Int64(bitPattern: pattern))
    // Beyond 2⁶³ it was written as a double, which holds it exactly.
    case .uint64: return Int64(exactly: pattern).map { .integer($0) } ?? .double(Double(pattern))
    case .bool: return .bool(pattern != 0)
    default:
      let value = ScalarCoding.double(bitPattern: pattern, as: scalarType)
      if scalarType.isInteger { return .integer(Int64(value)) }
      if value.isNaN { return "NaN" }
      if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
      return .double(value)
    }
  }

  private func json(_ dimensions: ArraySlice<Int>, _ place: inout Int) -> JSONValue {
    guard let count = dimensions.first else {
      place += 1
      return number(place - 1)
    }
    return .array((0..<count).map { _ in json(dimensions.dropFirst(), &place) })
  }
}
