internal import Foundation
internal import Tensors
internal import VariableGraph

extension InitializerExplanation {
  /// Says what the axes of a weight are, and its fans.
  mutating func describe(_ weight: ResolvedLayout) {
    layout = weight.layout.description
    axes = zip(weight.shape.dimensions, weight.roles).map { Axis(size: $0, role: $1.rawValue) }
    let fans = Fans(of: weight)
    (fanIn, fanOut) = (fans.fanIn, fans.fanOut)
    fanSource = .declared
  }

  /// Says what a shape's axes are by TensorFlow's rule, which JAX and Keras share: `[…, in, out]`.
  mutating func describeRule(_ shape: Shape) {
    let fans = Fans(of: shape)
    (fanIn, fanOut) = (fans.fanIn, fans.fanOut)
    fanSource = .rule
    layout = "[…, in, out] by TensorFlow's rule"
    axes = shape.dimensions.enumerated().map { axis, size in
      let role: ResolvedLayout.Role =
        axis == shape.rank - 1 ? .output : (axis == shape.rank - 2 ? .input : .tap)
      return Axis(size: size, role: role.rawValue)
    }
    if shape.rank == 1 {
      layout = "a vector: both fans are its length, by TensorFlow's rule"
      axes = shape.dimensions.map { Axis(size: $0, role: "input and output") }
    } else if shape.rank == 0 {
      layout = "a scalar: both fans are 1, by TensorFlow's rule"
    }
  }

  /// Says what a shape's axes are by Keras's `input_axes` and `output_axes`; others count for nothing.
  mutating func describe(_ shape: Shape, _ fans: Fans, _ inputs: [Int], _ outputs: [Int]) {
    layout = "input_axes \(inputs), output_axes \(outputs)"
    fanSource = .declared
    (fanIn, fanOut) = (fans.fanIn, fans.fanOut)
    describe(shape, inputs: inputs, outputs: outputs, others: "not counted")
  }

  /// A number for people: seven digits, without what rounds away.
  static func text(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
    return String(format: "%.7g", value)
  }
}
