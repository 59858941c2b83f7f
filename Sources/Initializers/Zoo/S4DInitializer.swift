internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills a part of the diagonal state matrix A of S4D: the same row for every channel.
///
/// With column n from 0 and N states:
///
/// | Kind | A[n] |
/// |---|---|
/// | `lin` | −½ + i π n |
/// | `inv` | −½ + i (N/π) (N / (2n + 1) − 1) |
/// | `real` | −(n + 1) |
///
/// Parts: `real` and `imaginary` of A, and `log_real` = ln(−real), as models keep it.
///
/// - Shape: rank ≥ 1; the last axis is n. States come in conjugate pairs of which one is kept, so N is
///   twice the last axis unless it is given.
/// - Locality: `.element`. Draws nothing.
/// - Source: Gu, Gupta, Goel and Ré (2022), "On the parameterization and initialization of diagonal
///   state space models" (S4D-Lin, S4D-Inv, S4D-Real); `dplr` of the authors' `models/s4/s4.py` in
///   state-spaces/s4 (`lin`, `inv`, `real`), which keeps the other state of each pair, −i for +i.
public struct S4DInitializer: TableInitializer {
  /// Which diagonal.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    /// −½ + i π n.
    case linear = "lin"
    /// −½ + i (N/π) (N / (2n + 1) − 1).
    case inverse = "inv"
    /// −(n + 1).
    case real
  }

  /// Which part of it.
  public enum Part: String, Sendable, Hashable, CaseIterable {
    /// The real part.
    case real
    /// ln(−real), as models keep it.
    case logReal = "log_real"
    /// The imaginary part.
    case imaginary
  }

  /// Which diagonal.
  public let kind: Kind
  /// Which part of it.
  public let part: Part
  /// The number N of states; `nil` for twice the last axis.
  public let states: Int?

  /// - Throws: `InitializerError.Code.invalidParameter` unless states ≥ 1.
  public init(_ kind: Kind = .linear, part: Part, states: Int? = nil) throws {
    if let states {
      try InitializerError.require(states >= 1, "S4D", "states", states, "at least 1")
    }
    self.kind = kind
    self.part = part
    self.states = states
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "S4D",
      config: [
        "kind": .string(kind.rawValue), "part": .string(part.rawValue),
        "states": states.map { .integer(Int64($0)) } ?? .null,
      ])
  }

  /// Refuses scalars.
  public func check(_ shape: Shape) throws {
    guard shape.rank >= 1 else {
      throw InitializerError.unsuitableRank("S4D", shape: shape, needed: "at least one axis")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let columns = max(shape.dimensions.last ?? 0, 1)
    let states = states.map(Double.init) ?? 2 * Double(columns)
    let (kind, part) = (kind, part)
    return { index in
      let n = Double(index % columns)
      let decay = kind == .real ? n + 1 : 0.5
      switch (part, kind) {
      case (.real, _): return -decay
      case (.logReal, _): return PortableMath.log(decay)
      case (.imaginary, .linear): return Double.pi * n
      case (.imaginary, .inverse): return states / Double.pi * (states / (2 * n + 1) - 1)
      case (.imaginary, .real): return 0
      }
    }
  }

  /// The formula of the table above.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    let symbols =
      switch (part, kind) {
      case (.real, .real): "−(n + 1)"
      case (.real, _): "−½"
      case (.logReal, .real): "ln(n + 1)"
      case (.logReal, _): "ln ½"
      case (.imaginary, .linear): "π n"
      case (.imaginary, .inverse): "(N/π) (N / (2n + 1) − 1)"
      case (.imaginary, .real): "0"
      }
    explanation.formula = .init(
      symbols,
      "N = \(InitializerExplanation.text(states.map(Double.init) ?? 2 * Double(shape.dimensions.last ?? 0)))"
    )
  }
}

extension Initializer where Self == S4DInitializer {
  /// A part of the diagonal state matrix of S4D.
  public static func s4D(
    _ kind: S4DInitializer.Kind = .linear, part: S4DInitializer.Part, states: Int? = nil
  ) throws -> Self { try .init(kind, part: part, states: states) }
}
