internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills one axis with start, start + step, start + 2 · step, …; the other axes repeat them.
///
/// Element i is start + i · step, both operations rounded in double. Integer dtypes are filled where
/// every value is one of theirs.
///
/// - Shape: rank ≥ 1.
/// - Locality: `.element`. Draws nothing.
/// - Source: `torch.arange`.
public struct RangeInitializer: TableInitializer {
  /// The first value.
  public let start: Double
  /// The difference of neighbours.
  public let step: Double
  /// The axis, counted from the end where negative.
  public let axis: Int

  /// - Throws: `InitializerError.Code.invalidParameter` where a number is not finite.
  public init(from start: Double = 0, by step: Double = 1, axis: Int = -1) throws {
    try InitializerError.require(start.isFinite, "Range", "start", start, "finite")
    try InitializerError.require(step.isFinite, "Range", "step", step, "finite")
    self.start = start
    self.step = step
    self.axis = axis
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Range",
      config: [
        "start": .double(start), "step": .double(step), "axis": .integer(Int64(axis)),
      ])
  }

  /// Refuses shapes without the axis, and integer dtypes that lack the first, second or last value.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    let axis = try AxisPlace(axis, of: shape, for: "Range")
    guard !scalarType.isFloatingPoint else { return }
    // Between them all values are then integers of the dtype, as long as doubles hold them exactly.
    for i in [0, 1, axis.size - 1] where i >= 0 && i < axis.size {
      let value = Double(i) * step + start
      guard abs(value) <= 0x1p53, ScalarCoding.bitPattern(of: value, as: scalarType) != nil else {
        throw InitializerError.valueNotRepresentable(
          "Range", value: "\(value)", scalarType: scalarType)
      }
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let axis = try AxisPlace(axis, of: shape, for: "Range")
    let (start, step) = (start, step)
    return { Double(axis.coordinate(of: $0)) * step + start }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    explanation.formula = .init("start + i · step", "\(start) + i · \(step)")
  }
}

extension Initializer where Self == RangeInitializer {
  /// start, start + step, start + 2 · step, … along one axis.
  public static func range(
    from start: Double = 0, by step: Double = 1, axis: Int = -1
  ) throws -> Self { try .init(from: start, by: step, axis: axis) }
}
