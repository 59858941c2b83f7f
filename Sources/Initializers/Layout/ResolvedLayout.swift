public import Tensors
internal import VariableGraph

/// A layout on one shape: what each axis is, and where each element lies.
public struct ResolvedLayout: Sendable, Hashable {
  /// What an axis of a weight is.
  public enum Role: String, Sendable, Hashable {
    /// Inputs: they make up fanIn.
    case input
    /// Outputs: they make up fanOut.
    case output
    /// Independent copies.
    case batch
    /// Taps of a kernel.
    case tap
  }

  /// The layout as declared.
  public let layout: WeightLayout
  /// The shape.
  public let shape: Shape
  /// What each axis is.
  public let roles: [Role]

  /// Puts a layout on a shape.
  ///
  /// - Throws: `InitializerError.Code.unsuitableShape` where the shape has other axes, or sizes that
  ///   the groups or packed parts do not divide.
  public init(_ layout: WeightLayout, on shape: Shape, for className: String) throws {
    if let name = layout.name, !name.ranks.contains(shape.rank) {
      throw InitializerError.unsuitableRank(
        className, shape: shape, needed: "the form \(name.form)")
    }
    var roles = [Role](repeating: .tap, count: shape.rank)
    let meanings: [(Role, [Int])] = [
      (.input, layout.inputAxes), (.output, layout.outputAxes), (.batch, layout.batchAxes),
    ]
    for (role, axes) in meanings {
      for axis in axes {
        let place = axis < 0 ? axis + shape.rank : axis
        guard roles.indices.contains(place), roles[place] == .tap else {
          throw InitializerError.axisOutOfRange(className, axis: axis, shape: shape)
        }
        roles[place] = role
      }
    }
    self.layout = layout
    self.shape = shape
    self.roles = roles
    let grouped = layout.groupsDivideInputs ? size(of: .input) : size(of: .output)
    guard grouped % layout.groups == 0 else {
      throw InitializerError.indivisible(
        className, shape: shape, size: grouped, by: "\(layout.groups) groups")
    }
    guard size(of: .output) % layout.packed == 0 else {
      throw InitializerError.indivisible(
        className, shape: shape, size: size(of: .output), by: "\(layout.packed) packed parts")
    }
  }

  /// The product of the sizes of the axes of one role; 1 where there are none.
  public func size(of role: Role) -> Int {
    // Fits: a part of the product that `Shape` checks, or 0.
    zip(roles, shape.dimensions).reduce(1) { $1.0 == role ? $0 * $1.1 : $0 }
  }

  /// The axes of one role, counted from 0.
  public func axes(of role: Role) -> [Int] { roles.indices.filter { roles[$0] == role } }

  /// Where an element lies.
  public struct Place: Sendable, Hashable {
    /// Its number along the inputs, outputs, copies and taps, each in row-major order.
    public var input = 0, output = 0, batch = 0, tap = 0
  }

  /// Where element `index`, in row-major order, lies.
  public func place(of index: Int) -> Place {
    var rest = index
    var place = Place()
    var scale = Place(input: 1, output: 1, batch: 1, tap: 1)
    for axis in shape.dimensions.indices.reversed() {
      let size = max(shape.dimensions[axis], 1)
      let (quotient, coordinate) = rest.quotientAndRemainder(dividingBy: size)
      rest = quotient
      switch roles[axis] {
      case .input:
        (place.input, scale.input) = (place.input + coordinate * scale.input, scale.input * size)
      case .output:
        (place.output, scale.output) = (
          place.output + coordinate * scale.output, scale.output * size
        )
      case .batch:
        (place.batch, scale.batch) = (place.batch + coordinate * scale.batch, scale.batch * size)
      case .tap: (place.tap, scale.tap) = (place.tap + coordinate * scale.tap, scale.tap * size)
      }
    }
    return place
  }

  /// The number of the kernel's middle tap, at half its size on each axis.
  ///
  /// - Parameter roundsUp: For even sizes: ⌊k/2⌋ where true, ⌊(k − 1)/2⌋ otherwise.
  public func middleTap(roundsUp: Bool) -> Int {
    zip(roles, shape.dimensions).reduce(0) { number, axis in
      guard axis.0 == .tap else { return number }
      return number * axis.1 + (roundsUp ? axis.1 : max(axis.1 - 1, 0)) / 2
    }
  }
}
