internal import Tensors
public import VariableGraph

/// An initializer of your own that says what element *i* is, one value at a time.
///
///     struct Ramp: ElementwiseInitializer {
///       var configuration: InitializerConfiguration { .init(className: "Ramp", config: [:]) }
///       func value(at index: Int, of target: FillTarget) -> Double { Double(index) }
///     }
///
/// `fill` comes with it, for every dtype; conform to `Initializer` itself where speed counts.
public protocol ElementwiseInitializer: Initializer {
  /// The value of element `index`, in row-major order. It is rounded to the dtype.
  func value(at index: Int, of target: FillTarget) throws -> Double
}

extension ElementwiseInitializer {
  /// Calls `value(at:of:)` for each element.
  ///
  /// - Throws: `InitializerError.Code.unsuitableScalarType` when an integer dtype cannot hold a value.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    for (place, index) in range.enumerated() {
      let value = try value(at: index, of: target)
      guard ScalarCoding.store(value, in: &span, at: place, as: target.scalarType) else {
        throw InitializerError.valueNotRepresentable(
          configuration.className, value: "\(value)", scalarType: target.scalarType)
      }
    }
  }
}
