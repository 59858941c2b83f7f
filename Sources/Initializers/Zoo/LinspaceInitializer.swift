public import Tensors
public import VariableGraph

/// Fills one axis with n equally spaced numbers from start to stop; the other axes repeat them.
///
/// Element i is start + i · (stop − start) / m, each operation rounded in double, with m = n − 1 where
/// stop is included (it is then exact) and m = n where it is not.
///
/// - Shape: rank ≥ 1.
/// - Locality: `.element`. Draws nothing.
/// - Source: `numpy.linspace`.
public struct LinspaceInitializer: TableInitializer {
  /// The first value.
  public let start: Double
  /// The last value, or the one after the last.
  public let stop: Double
  /// True where stop is the last value.
  public let includesStop: Bool
  /// The axis, counted from the end where negative.
  public let axis: Int

  /// - Throws: `InitializerError.Code.invalidParameter` where a bound or their difference is not finite.
  public init(
    from start: Double, to stop: Double, includesStop: Bool = true, axis: Int = -1
  ) throws {
    try InitializerError.require(start.isFinite, "Linspace", "start", start, "finite")
    try InitializerError.require(
      (stop - start).isFinite, "Linspace", "stop", stop, "at a finite distance from start, \(start)"
    )
    self.start = start
    self.stop = stop
    self.includesStop = includesStop
    self.axis = axis
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "Linspace",
      config: [
        "start": .double(start), "stop": .double(stop), "endpoint": .bool(includesStop),
        "axis": .integer(Int64(axis)),
      ])
  }

  /// Refuses shapes without the axis.
  public func check(_ shape: Shape) throws {
    _ = try AxisPlace(axis, of: shape, for: "Linspace")
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    let axis = try AxisPlace(axis, of: shape, for: "Linspace")
    let parts = Double(max(includesStop ? axis.size - 1 : axis.size, 1))
    let (start, stop, distance) = (start, stop, stop - start)
    let step = distance / parts
    let last = includesStop && axis.size > 1 ? axis.size - 1 : -1
    return { index in
      let i = axis.coordinate(of: index)
      if i == last { return stop }
      // A step that underflows would lose the distance: divide last, as NumPy does.
      return step == 0 ? Double(i) / parts * distance + start : Double(i) * step + start
    }
  }

  /// The step with its numbers.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard let axis = try? AxisPlace(axis, of: shape, for: "Linspace") else { return }
    let parts = max(includesStop ? axis.size - 1 : axis.size, 1)
    explanation.bounds = min(start, stop)...max(start, stop)
    explanation.formula = .init(
      "start + i · (stop − start) / \(includesStop ? "(n − 1)" : "n")",
      "\(start) + i · \(InitializerExplanation.text((stop - start) / Double(parts)))")
  }
}

/// One axis of a shape: its size, and an element's place on it.
struct AxisPlace {
  let size: Int
  private let stride: Int

  init(_ axis: Int, of shape: Shape, for className: String) throws {
    let place = axis < 0 ? axis + shape.rank : axis
    guard shape.dimensions.indices.contains(place) else {
      throw InitializerError.axisOutOfRange(className, axis: axis, shape: shape)
    }
    size = shape.dimensions[place]
    // Fits: a part of the product that `Shape` checks.
    stride = shape.dimensions[(place + 1)...].reduce(1) { $0 * max($1, 1) }
  }

  func coordinate(of index: Int) -> Int { index / stride % max(size, 1) }
}

extension Initializer where Self == LinspaceInitializer {
  /// Equally spaced numbers along one axis.
  public static func linspace(
    from start: Double, to stop: Double, includesStop: Bool = true, axis: Int = -1
  ) throws -> Self {
    try .init(from: start, to: stop, includesStop: includesStop, axis: axis)
  }
}
