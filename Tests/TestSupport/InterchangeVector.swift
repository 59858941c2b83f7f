internal import Foundation
public import Nascent

/// A tensor in the files of `Tests/Vectors/interchange`; a row of `values.json` there.
public struct InterchangeVector: Decodable, Sendable {
  /// The name.
  public let name: String
  /// The name of the dtype.
  public let dtype: String
  /// The size of each axis.
  public let shape: [Int]
  /// The row-major, little-endian bytes as hexadecimal digits.
  public let hex: String

  /// All rows.
  public static func load() throws -> [InterchangeVector] {
    let data = try Data(contentsOf: URL(filePath: path("values.json")))
    return try JSONDecoder().decode([InterchangeVector].self, from: data)
  }

  /// The row of that name.
  public static func load(_ name: String) throws -> InterchangeVector {
    guard let row = try load().first(where: { $0.name == name }) else {
      throw InitializerError(message: "values.json has no row \(name)")
    }
    return row
  }

  /// The path of a file in the folder.
  public static func path(_ file: String) -> String {
    ProjectFiles.root.appending(path: "Tests/Vectors/interchange/\(file)").path
  }

  /// The bytes.
  public var bytes: [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }
}

/// Tensors in memory as a source.
public struct MemoryTensors: TensorSource {
  /// The name of the format.
  public let formatName = "memory"
  /// The tensors.
  public let entries: [TensorEntry]
  private let bytes: [[UInt8]]

  /// The tensors of rows.
  public init(_ rows: [InterchangeVector]) throws {
    entries = try rows.map { row in
      guard let type = ScalarType(rawValue: row.dtype) else {
        throw InitializerError(message: "there is no dtype \(row.dtype)")
      }
      return try TensorEntry(name: row.name, shape: Shape(row.shape), scalarType: type)
    }
    bytes = rows.map(\.bytes)
  }

  /// Tensors of bytes, each a vector of `uint8`.
  public init(_ tensors: [(name: String, bytes: [UInt8])]) throws {
    entries = try tensors.map {
      try TensorEntry(name: $0.name, shape: .vector($0.bytes.count), scalarType: .uint8)
    }
    bytes = tensors.map(\.bytes)
  }

  /// Copies a part of a tensor.
  public func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    span.store(contentsOf: Array(bytes[index][offset..<offset + span.byteCount]))
  }
}
