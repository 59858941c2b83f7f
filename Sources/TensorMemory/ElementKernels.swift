internal import CTensorKernels

/// Arithmetic on runs of elements: the same bits on every processor.
public enum ElementKernels {
  /// What two runs of elements are combined with.
  public enum Combination: Sendable, Hashable {
    /// x + y.
    case add
    /// x − y.
    case subtract
    /// x · y.
    case multiply
    /// x / y.
    case divide

    fileprivate var kernel: nascent_combination {
      switch self {
      case .add: NASCENT_ADD
      case .subtract: NASCENT_SUBTRACT
      case .multiply: NASCENT_MULTIPLY
      case .divide: NASCENT_DIVIDE
      }
    }
  }

  /// Combines each of `values` with the operand at its place.
  ///
  /// Floating-point elements are rounded once, 16-bit ones from float32; integers wrap. Integers are
  /// not divided: they stay as they are.
  public static func combine(
    _ values: inout MutableRawSpan, _ combination: Combination, _ operands: RawSpan,
    as element: MeasurableElement
  ) {
    precondition(values.byteCount == operands.byteCount, "an operand for each value")
    let (kernel, width) = element.kernel
    let count = UInt64(values.byteCount / width)
    values.withUnsafeMutableBytes { values in
      operands.withUnsafeBytes { operands in
        guard let target = values.baseAddress, let source = operands.baseAddress else { return }
        // `count` whole elements lie in both, by the precondition.
        unsafe nascent_combine(combination.kernel, kernel, count, target, source)
      }
    }
  }

  /// Multiplies floating-point elements with `factor`, rounded to their format.
  public static func scale(
    _ values: inout MutableRawSpan, by factor: Double, as element: MeasurableElement
  ) {
    map(&values, element) { unsafe nascent_scale_elements($0, $1, factor, $2) }
  }

  /// Negates elements: the sign bit of floating-point ones; integers wrap.
  public static func negate(_ values: inout MutableRawSpan, as element: MeasurableElement) {
    map(&values, element) { unsafe nascent_negate($0, $1, $2) }
  }

  /// Takes the square roots of floating-point elements.
  public static func squareRoot(_ values: inout MutableRawSpan, as element: MeasurableElement) {
    map(&values, element) { unsafe nascent_square_root($0, $1, $2) }
  }

  /// Converts elements of one type to another.
  ///
  /// Floating-point numbers are rounded once to nearest, ties to even; integers become 16-bit numbers
  /// by way of float32, and integers of fewer bits modulo 2ⁿ; floating-point numbers become integers
  /// towards zero.
  ///
  /// - Returns: The place of the first element that has no value in an integer type; `nil` where all
  ///   have one.
  public static func convert(
    _ source: RawSpan, as element: MeasurableElement, to target: inout MutableRawSpan,
    as other: MeasurableElement
  ) -> Int? {
    let (from, fromWidth) = element.kernel
    let (to, toWidth) = other.kernel
    let count = source.byteCount / fromWidth
    precondition(target.byteCount == count * toWidth, "room for exactly the elements")
    let done = target.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { source in
        guard let out = target.baseAddress, let input = source.baseAddress else {
          return UInt64(count)
        }
        // `count` whole elements lie in both, by the precondition.
        return unsafe nascent_convert(from, to, UInt64(count), input, out)
      }
    }
    return done == UInt64(count) ? nil : Int(done)
  }

  /// Whether each element is not zero, as a byte 0 or 1; NaN is not zero.
  public static func convertToBool(
    _ source: RawSpan, as element: MeasurableElement, to target: inout MutableRawSpan
  ) {
    let (from, width) = element.kernel
    let count = source.byteCount / width
    precondition(target.byteCount == count, "a byte for each element")
    target.withUnsafeMutableBytes { target in
      source.withUnsafeBytes { source in
        guard let out = target.bindMemory(to: UInt8.self).baseAddress,
          let input = source.baseAddress
        else { return }
        // `count` whole elements lie in the source and bytes in the target, by the precondition.
        unsafe nascent_convert_to_bool(from, UInt64(count), input, out)
      }
    }
  }

  private static func map(
    _ values: inout MutableRawSpan, _ element: MeasurableElement,
    _ body: (nascent_element, UInt64, UnsafeMutableRawPointer) -> Void
  ) {
    let (kernel, width) = element.kernel
    let count = UInt64(values.byteCount / width)
    values.withUnsafeMutableBytes { values in
      // `count` whole elements lie in the values.
      if let base = values.baseAddress { unsafe body(kernel, count, base) }
    }
  }
}
