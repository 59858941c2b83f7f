/// The sizes of a tensor's axes, in row-major order, checked.
///
/// The element count of a `Shape` always fits in `Int`, so that arithmetic on it cannot trap.
public struct Shape: Sendable, Hashable, CustomStringConvertible {
  /// The size of each axis, 0 or more. Empty for a scalar.
  public let dimensions: [Int]
  /// The product of the dimensions; 1 for a scalar.
  public let elementCount: Int

  /// The largest number of axes, TensorFlow's.
  public static let maximumRank = 254

  /// Checks the sizes.
  ///
  /// - Throws: `TensorError` with the codes `negativeDimension`, `tooLarge`, `tooManyAxes`.
  public init(_ dimensions: [Int]) throws {
    guard dimensions.count <= Shape.maximumRank else {
      throw TensorError.tooManyAxes(dimensions.count)
    }
    if let axis = dimensions.firstIndex(where: { $0 < 0 }) {
      throw TensorError.negativeDimension(dimensions, axis: axis)
    }
    // With a zero among them the product is zero, however large the others are; but the product of
    // the others is still needed by fans, so it must fit as well.
    var product = 1
    for dimension in dimensions where dimension > 0 {
      let (next, overflow) = product.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw TensorError.tooManyElements(dimensions) }
      product = next
    }
    self.dimensions = dimensions
    self.elementCount = dimensions.contains(0) ? 0 : product
  }

  private init(unchecked dimensions: [Int], elementCount: Int) {
    self.dimensions = dimensions
    self.elementCount = elementCount
  }

  /// The shape of a scalar: no axes, one element.
  public static let scalar = Shape(unchecked: [], elementCount: 1)

  /// The shape of a vector of `count` elements.
  public static func vector(_ count: Int) -> Shape {
    precondition(count >= 0, "a count is not negative")
    return Shape(unchecked: [count], elementCount: count)
  }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The number of bytes of a tensor of this shape.
  ///
  /// - Throws: `TensorError.Code.tooLarge` when it does not fit in `Int`.
  public func byteCount(of type: ScalarType) throws -> Int {
    let (bytes, overflow) = elementCount.multipliedReportingOverflow(by: type.byteCount)
    guard !overflow else { throw TensorError.tooManyBytes(self, type) }
    return bytes
  }

  /// Reads the text that `json` writes; `nil` for any other.
  public init?(json text: String) {
    let bytes = text.utf8
    guard bytes.first == UInt8(ascii: "["), bytes.last == UInt8(ascii: "]") else { return nil }
    var dimensions: [Int] = []
    let inside = text.dropFirst().dropLast()
    if !inside.isEmpty {
      for part in inside.split(separator: ",", omittingEmptySubsequences: false) {
        guard let dimension = Int(part) else { return nil }
        dimensions.append(dimension)
      }
    }
    guard let shape = try? Shape(dimensions), shape.json == text else { return nil }
    self = shape
  }

  /// As JSON: `[784,128]`.
  public var json: String {
    var text: [UInt8] = []
    writeJSON(to: &text)
    return String(decoding: text, as: UTF8.self)
  }

  /// Adds the JSON.
  package func writeJSON(to text: inout [UInt8]) {
    text.append(UInt8(ascii: "["))
    for (axis, dimension) in dimensions.enumerated() {
      if axis > 0 { text.append(UInt8(ascii: ",")) }
      text.append(contentsOf: String(dimension).utf8)
    }
    text.append(UInt8(ascii: "]"))
  }

  /// As Swift: `[784, 128]`.
  public var description: String { Shape.text(dimensions) }

  /// As Python writes a shape: `(784, 128)`, `(5,)`, `()`.
  public var tupleDescription: String {
    let list = dimensions.map(String.init).joined(separator: ", ")
    return rank == 1 ? "(\(list),)" : "(\(list))"
  }

  static func text(_ dimensions: [Int]) -> String {
    var text = "["
    for (axis, dimension) in dimensions.enumerated() {
      if axis > 0 { text += ", " }
      text += String(dimension)
    }
    return text + "]"
  }
}
