public import Foundation
public import TensorMemory

/// A value: a shape, a scalar type, and sealed bytes, little-endian and row-major.
public struct Tensor: Sendable {
  /// The sizes of the axes.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType
  /// The bytes, sealed.
  public internal(set) var storage: TensorStorage

  /// Wraps sealed bytes; their number must be that of the shape.
  ///
  /// - Throws: `TensorError.Code.tooLarge`.
  public init(shape: Shape, scalarType: ScalarType, storage: TensorStorage) throws {
    let byteCount = try shape.byteCount(of: scalarType)
    precondition(storage.byteCount == byteCount, "bytes for exactly the elements")
    self.shape = shape
    self.scalarType = scalarType
    self.storage = storage
  }

  /// The number of bytes.
  public var byteCount: Int { storage.byteCount }

  /// Lets `body` read the bytes.
  public func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
    try storage.withBytes(body)
  }

  /// A copy of the bytes.
  public func data() -> Data { storage.withBytes { $0.data } }

  /// The SHA-256 of the bytes.
  public func digest() -> Digest {
    storage.withData(in: 0..<byteCount) { Digest(of: $0) }
  }

  /// True when shape, type and every byte are equal.
  public func isIdentical(to other: Tensor) -> Bool {
    shape == other.shape && scalarType == other.scalarType && data() == other.data()
  }
}
