internal import TensorMemory

extension Tensor {
  /// A tensor of the given values.
  ///
  /// - Throws: `TensorError.Code.wrongValueCount` when there are not `shape.elementCount` values;
  ///   an error of the memory.
  public init<Scalar: TensorScalar>(_ values: [Scalar], shape: Shape) throws {
    guard values.count == shape.elementCount else {
      throw TensorError.wrongValueCount(shape, found: values.count)
    }
    let storage = try TensorStorage(byteCount: shape.byteCount(of: Scalar.scalarType))
    storage.fill(0..<storage.byteCount) { span in
      for (index, value) in values.enumerated() {
        span.store(value, at: index * MemoryLayout<Scalar>.size)
      }
    }
    storage.seal()
    try self.init(shape: shape, scalarType: Scalar.scalarType, storage: storage)
  }

  /// The values, in row-major order.
  ///
  /// - Throws: `TensorError.Code.wrongScalarType`: values are never cast silently.
  public func array<Scalar: TensorScalar>(of type: Scalar.Type) throws -> [Scalar] {
    guard type.scalarType == scalarType else {
      throw TensorError.wrongScalarType(found: scalarType, asked: type.scalarType)
    }
    return withBytes { $0.array(of: type) }
  }

  /// Elements `range` as doubles, whatever the scalar type; 64-bit integers beyond 2⁵³ are rounded.
  ///
  /// - Throws: `TensorError.Code.rangeOutOfBounds`.
  public func doubles(in range: Range<Int>? = nil) throws -> [Double] {
    let range = range ?? 0..<shape.elementCount
    guard range.lowerBound >= 0, range.upperBound <= shape.elementCount else {
      throw TensorError.rangeOutOfBounds(range, elementCount: shape.elementCount)
    }
    return withBytes { bytes in
      range.map { ScalarCoding.double(in: bytes, at: $0, as: scalarType) }
    }
  }
}

extension Tensor {
  /// Elements `range`, row-major, as a vector of their own.
  ///
  /// - Throws: `TensorError.Code.rangeOutOfBounds`; an error of the memory.
  public func slice(elements range: Range<Int>) throws -> Tensor {
    guard range.lowerBound >= 0, range.upperBound <= shape.elementCount else {
      throw TensorError.rangeOutOfBounds(range, elementCount: shape.elementCount)
    }
    let width = scalarType.byteCount
    let bytes = range.lowerBound * width..<range.upperBound * width
    let part = try TensorStorage(byteCount: bytes.count)
    storage.withData(in: bytes) { part.fill(at: 0, with: $0) }
    part.seal()
    return try Tensor(shape: .vector(range.count), scalarType: scalarType, storage: part)
  }
}
