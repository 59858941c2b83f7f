public import Tensors
public import VariableGraph

/// Fills the state matrix A, or the input matrix B, of a state space model that remembers its inputs as
/// coefficients of orthogonal polynomials.
///
/// With row n and column k, both from 0:
///
/// | Measure | A | B |
/// |---|---|---|
/// | `legs` | −√((2n + 1)(2k + 1)) for n > k, −(n + 1) for n = k, else 0 | √(2n + 1) |
/// | `legt` | −½ √((2n + 1)(2k + 1)), times (−1)^(n − k) for n < k | ½ √(2n + 1) |
/// | `lagt` | −1 for n > k, −½ for n = k, else 0 | 1 |
///
/// - Shape: `[N, N]` for A; `[N]` or `[N, 1]` for B.
/// - Locality: `.element`. Draws nothing.
/// - Source: Gu, Dao, Ermon, Rudra and Ré (2020), "HiPPO: recurrent memory with optimal polynomial
///   projections", appendix D; Gu, Goel and Ré (2022), "Efficiently modeling long sequences with
///   structured state spaces", equation 2; `transition` of the authors' repository, which halves `legt`.
public struct HiPPOInitializer: TableInitializer {
  /// The weight by which the past counts.
  public enum Measure: String, Sendable, Hashable, CaseIterable {
    /// All of the past counts alike: scaled Legendre polynomials.
    case legS = "legs"
    /// A window of fixed length counts: translated Legendre polynomials.
    case legT = "legt"
    /// The past counts less and less: translated Laguerre polynomials.
    case lagT = "lagt"
  }

  /// Which matrix.
  public enum Matrix: String, Sendable, Hashable, CaseIterable {
    /// The state matrix, `[N, N]`.
    case a = "A"
    /// The input matrix, `[N]` or `[N, 1]`.
    case b = "B"
  }

  /// The weight by which the past counts.
  public let measure: Measure
  /// Which matrix.
  public let matrix: Matrix

  /// A matrix of a measure.
  public init(_ matrix: Matrix = .a, measure: Measure = .legS) {
    self.matrix = matrix
    self.measure = measure
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "HiPPO",
      config: ["matrix": .string(matrix.rawValue), "measure": .string(measure.rawValue)])
  }

  /// Refuses shapes other than a square for A and a column for B.
  public func check(_ shape: Shape) throws {
    let sizes = shape.dimensions
    let fits =
      matrix == .a
      ? sizes.count == 2 && sizes[0] == sizes[1]
      : sizes.count == 1 || (sizes.count == 2 && sizes[1] == 1)
    guard fits else {
      throw InitializerError.unsuitableShape(
        "HiPPO", shape: shape,
        needed: matrix == .a ? "a shape [N, N] for A" : "a shape [N] or [N, 1] for B")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let (measure, size) = (measure, max(shape.dimensions.first ?? 0, 1))
    if matrix == .b {
      return { index in
        let root = (2 * Double(index) + 1).squareRoot()
        switch measure {
        case .legS: return root
        case .legT: return 0.5 * root
        case .lagT: return 1
        }
      }
    }
    return { index in
      let (n, k) = index.quotientAndRemainder(dividingBy: size)
      // An exact integer below 2^53 for every N that fits into memory, so one rounding.
      let root = ((2 * Double(n) + 1) * (2 * Double(k) + 1)).squareRoot()
      switch measure {
      case .legS: return n > k ? -root : (n == k ? -Double(n + 1) : 0)
      case .legT: return n < k && (n - k) % 2 != 0 ? 0.5 * root : -0.5 * root
      case .lagT: return n > k ? -1 : (n == k ? -0.5 : 0)
      }
    }
  }

  /// The formula of the table above.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    let symbols =
      switch (matrix, measure) {
      case (.a, .legS):
        "A[n, k] = −√((2n + 1)(2k + 1)) for n > k, −(n + 1) for n = k, else 0"
      case (.a, .legT): "A[n, k] = −½ √((2n + 1)(2k + 1)), times (−1)^(n − k) for n < k"
      case (.a, .lagT): "A[n, k] = −1 for n > k, −½ for n = k, else 0"
      case (.b, .legS): "B[n] = √(2n + 1)"
      case (.b, .legT): "B[n] = ½ √(2n + 1)"
      case (.b, .lagT): "B[n] = 1"
      }
    explanation.formula = .init(symbols, "N = \(shape.dimensions.first ?? 0)")
  }
}

extension Initializer where Self == HiPPOInitializer {
  /// A matrix of a HiPPO measure.
  public static func hiPPO(
    _ matrix: HiPPOInitializer.Matrix = .a, measure: HiPPOInitializer.Measure = .legS
  ) -> Self { .init(matrix, measure: measure) }
}
