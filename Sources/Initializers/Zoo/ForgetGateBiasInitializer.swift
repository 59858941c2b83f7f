public import Tensors
public import VariableGraph

/// Fills the bias of a recurrent cell with zeros, and the part of one gate with a value.
///
/// The last axis holds the gates one after another; the forget gate is number 1 of 4 in the cells of
/// Keras (i, f, c, o), PyTorch (i, f, g, o) and Flax. PyTorch adds two biases: give only one the value.
///
/// - Shape: rank ≥ 1, the last axis divisible by the gates.
/// - Locality: `.element`. Draws nothing.
/// - Source: Gers, Schmidhuber and Cummins (2000), "Learning to forget"; Jozefowicz, Zaremba and
///   Sutskever (2015), "An empirical exploration of recurrent network architectures", section 2.2;
///   `unit_forget_bias` of Keras's LSTM.
public struct ForgetGateBiasInitializer: TableInitializer {
  /// The value of the gate's bias.
  public let value: Double
  /// The gate's number, from 0.
  public let gate: Int
  /// The number of gates.
  public let gates: Int

  /// - Throws: `InitializerError.Code.invalidParameter` unless 0 ≤ gate < gates.
  public init(value: Double = 1, gate: Int = 1, gates: Int = 4) throws {
    let name = "ForgetGateBias"
    try InitializerError.require(value.isFinite, name, "value", value, "finite")
    try InitializerError.require(gates >= 1, name, "gates", gates, "at least 1")
    try InitializerError.require(
      gate >= 0 && gate < gates, name, "gate", gate, "from 0 to \(gates - 1)")
    self.value = value
    self.gate = gate
    self.gates = gates
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "ForgetGateBias",
      config: [
        "value": .double(value), "gate": .integer(Int64(gate)), "gates": .integer(Int64(gates)),
      ])
  }

  /// Refuses scalars and axes that the gates do not divide.
  public func check(_ shape: Shape) throws {
    guard let size = shape.dimensions.last, size % gates == 0 else {
      throw InitializerError.unsuitableShape(
        "ForgetGateBias", shape: shape, needed: "a last axis divisible by \(gates) gates")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let size = max(shape.dimensions.last ?? 0, 1)
    let units = max(size / gates, 1)
    let (gate, value) = (gate, value)
    return { $0 % size / units == gate ? value : 0 }
  }

  /// The gate's part.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    let units = (shape.dimensions.last ?? 0) / gates
    explanation.formula = .init(
      "b[gate · units ..< (gate + 1) · units] = value, else 0",
      "b[\(gate * units)..<\((gate + 1) * units)] = \(InitializerExplanation.text(value)), else 0")
  }
}

extension Initializer where Self == ForgetGateBiasInitializer {
  /// Zeros, and `value` for one of the gates of a recurrent cell.
  public static func forgetGateBias(
    value: Double = 1, gate: Int = 1, gates: Int = 4
  ) throws -> Self { try .init(value: value, gate: gate, gates: gates) }
}
