public import VariableGraph

/// Which axes of a weight are inputs, outputs, independent copies, and taps of a kernel.
///
/// A layout is declared, by a name or by its axes, and never guessed from a shape: the same
/// `[64, 64, 3, 3]` is one thing to TensorFlow and another to PyTorch. Axes that are none of inputs,
/// outputs or copies are taps: they multiply both fans.
///
///     {"class_name": "HeNormal", "config": {"layout": "oihw"}}
///     {"class_name": "HeNormal", "config": {"layout": {"name": "oihw", "groups": 32}}}
///     {"class_name": "HeNormal", "config": {"layout": {"in": [0], "out": [1, 2]}}}
public struct WeightLayout: Sendable, Hashable {
  /// The named layout, or `nil` for explicit axes.
  public let name: Name?
  /// Axes of inputs; negative ones count from the end.
  public let inputAxes: [Int]
  /// Axes of outputs.
  public let outputAxes: [Int]
  /// Axes of independent copies, such as experts: they count for no fan.
  public let batchAxes: [Int]
  /// How many groups of channels a convolution has that do not see one another.
  public let groups: Int
  /// How many weights of equal size are packed along the outputs, such as 3 for Q, K and V.
  public let packed: Int

  /// A named layout.
  ///
  /// - Parameter name: What the axes are, in order.
  /// - Parameter groups: How many groups of channels do not see one another, at least 1.
  /// - Parameter packed: How many equal weights are packed along the outputs, at least 1.
  /// - Throws: `InitializerError.Code.invalidParameter`.
  public init(_ name: Name, groups: Int = 1, packed: Int = 1) throws {
    try self.init(
      name: name, name.axes.inputs, name.axes.outputs, name.axes.copies, groups, packed)
  }

  /// A layout by its axes; all others are taps of a kernel.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter` where an axis has two meanings.
  public init(
    inputAxes: [Int], outputAxes: [Int], batchAxes: [Int] = [], groups: Int = 1, packed: Int = 1
  ) throws {
    try self.init(name: nil, inputAxes, outputAxes, batchAxes, groups, packed)
  }

  private init(
    name: Name?, _ inputs: [Int], _ outputs: [Int], _ copies: [Int], _ groups: Int, _ packed: Int
  ) throws {
    let axes = inputs + outputs + copies
    guard Set(axes).count == axes.count else {
      throw InitializerError.invalidParameter(
        "A layout", "its axes", found: "\(axes)", needed: "different from one another")
    }
    for (parameter, value) in [("groups", groups), ("packed", packed)]
    where !(1...Int(Int32.max) ~= value) {
      throw InitializerError.invalidParameter(
        "A layout", parameter, found: "\(value)", needed: "from 1 to \(Int32.max)")
    }
    self.name = name
    inputAxes = inputs
    outputAxes = outputs
    batchAxes = copies
    self.groups = groups
    self.packed = packed
  }

  /// True where `groups` divides the inputs' axes: PyTorch's transposed convolutions keep all inputs
  /// and the outputs of one group.
  var groupsDivideInputs: Bool { name == .transposedIOHW }

  /// As JSON: the name alone where nothing else is said.
  public var json: JSONValue {
    var members: [String: JSONValue] = [:]
    if groups > 1 { members["groups"] = .integer(Int64(groups)) }
    if packed > 1 { members["packed"] = .integer(Int64(packed)) }
    if let name {
      if members.isEmpty { return .string(name.rawValue) }
      members["name"] = .string(name.rawValue)
    } else {
      members["in"] = JSONValue(inputAxes)
      members["out"] = JSONValue(outputAxes)
      if !batchAxes.isEmpty { members["batch"] = JSONValue(batchAxes) }
    }
    return .object(members)
  }
}

extension WeightLayout: CustomStringConvertible {
  /// For people: `oihw, groups 32`, `in [0], out [1, 2]`.
  public var description: String {
    var parts: [String] = []
    if let name {
      parts = [name.rawValue]
    } else {
      parts = ["in \(inputAxes)", "out \(outputAxes)"]
      if !batchAxes.isEmpty { parts.append("batch \(batchAxes)") }
    }
    if groups > 1 { parts.append("groups \(groups)") }
    if packed > 1 { parts.append("packed \(packed)") }
    return parts.joined(separator: ", ")
  }
}

extension JSONValue {
  init(_ integers: [Int]) { self = .array(integers.map { .integer(Int64($0)) }) }
}
