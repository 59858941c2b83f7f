internal import Tensors
internal import VariableGraph

/// The axes that Keras counts the fans of a weight by: `input_axes` and `output_axes`.
///
/// Where both are given, fanIn is the product of the sizes of the input axes and fanOut that of the
/// output axes; no other axis counts. Where one is missing, neither counts.
///
/// - Source: `compute_fans` of Keras 3's `random_initializers.py`.
public struct KerasAxes: Sendable, Hashable {
  /// The axes of the inputs; from the end when negative.
  public let inputs: [Int]?
  /// The axes of the outputs.
  public let outputs: [Int]?

  /// Axes of both.
  public init(inputs: [Int]?, outputs: [Int]?) {
    self.inputs = inputs
    self.outputs = outputs
  }

  /// Reads the two parameters; `nil` where neither is given.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  init?(_ reader: ConfigurationReader) throws {
    func list(_ name: String) throws -> [Int]? {
      switch reader.value(name, default: .null) {
      case .null: return nil
      case .array(let values):
        return try values.map { value in
          guard case .integer(let axis) = value else { throw error(name, value) }
          return Int(clamping: axis)
        }
      case let value: throw error(name, value)
      }
    }
    func error(_ name: String, _ found: JSONValue) -> InitializerError {
      InitializerError.invalidParameter(
        reader.className, name, found: found.canonicalText, needed: "null or a list of axes")
    }
    self.init(inputs: try list("input_axes"), outputs: try list("output_axes"))
    if inputs == nil, outputs == nil { return nil }
  }

  /// The parameters that are given.
  var config: [String: JSONValue] {
    ["input_axes": inputs, "output_axes": outputs].compactMapValues { axes in
      axes.map { .array($0.map { .integer(Int64($0)) }) }
    }
  }

  /// - Throws: `InitializerError.Code.unsuitableShape` when an axis is not one of the shape's.
  func validate(_ shape: Shape, _ className: String) throws {
    for axis in (inputs ?? []) + (outputs ?? [])
    where !(-shape.rank..<shape.rank).contains(axis) {
      throw InitializerError.unsuitableRank(
        className, shape: shape, needed: "enough axes for axis \(axis)")
    }
  }

  /// The fans of a shape that `validate` has accepted.
  func fans(of shape: Shape) -> Fans {
    guard let inputs, let outputs else { return Fans(of: shape) }
    func product(_ axes: [Int]) -> Double {
      axes.reduce(1) { $0 * Double(shape.dimensions[$1 < 0 ? $1 + shape.rank : $1]) }
    }
    return Fans(fanIn: product(inputs), fanOut: product(outputs))
  }
}
