public import Foundation
public import Nascent

/// What a formula gives; a row of `Tests/Vectors/zoo.json`.
public struct ZooVector: Sendable, CustomStringConvertible {
  /// The class.
  public let className: String
  /// Its parameters.
  public let config: JSONValue
  /// The dialect whose numbers are drawn.
  public let dialect: String
  /// The size of each axis.
  public let shape: [Int]
  /// The dtype.
  public let scalarType: ScalarType
  /// The little-endian bytes.
  public let bytes: Data
  /// How far a float64 value may be, in units in its last place; 0 for none.
  public let ulps: Double
  /// How far a value may be, absolutely; 0 for not at all.
  public let absolute: Double

  /// Reads one row.
  public init?(_ row: JSONValue) {
    guard case .object(let members) = row, case .string(let className)? = members["class_name"],
      case .string(let dialect)? = members["dialect"], let config = members["config"],
      case .array(let sizes)? = members["shape"], case .string(let type)? = members["dtype"],
      let scalarType = ScalarType(rawValue: type), case .string(let hex)? = members["hex"]
    else { return nil }
    self.className = className
    self.config = config
    self.dialect = dialect
    self.scalarType = scalarType
    shape = sizes.compactMap { $0.number.map { Int($0) } }
    let digits = hex.compactMap(\.hexDigitValue)
    bytes = Data(
      stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    ulps = members["ulps"]?.number ?? 0
    absolute = members["absolute"]?.number ?? 0
  }

  /// The rows of both files, read once.
  public static func load() throws -> [ZooVector] { try rows.get() }

  private static let rows = Result {
    try ["zoo.json", "zoo-torch.json"].flatMap { file in
      let url = ProjectFiles.root.appending(path: "Tests/Vectors/\(file)")
      guard case .array(let rows) = try JSONValue(parsing: Data(contentsOf: url)) else {
        return [ZooVector]()
      }
      return rows.compactMap { ZooVector($0) }
    }
  }

  /// The initializer of the row.
  public func initializer() throws -> any Initializer {
    try InitializerRegistry.standard.initializer(
      .object(["class_name": .string(className), "config": config]))
  }

  /// The row's values as doubles.
  public func expected() throws -> [Double] {
    switch scalarType {
    case .float64:
      bytes.withUnsafeBytes { raw in
        (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
      }
    default: []
    }
  }

  /// The text for people.
  public var description: String {
    "\(className) \(config.canonicalText) \(dialect) \(shape) \(scalarType)"
  }
}
