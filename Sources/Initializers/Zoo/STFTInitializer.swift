internal import RandomSampling
public import Tensors
public import VariableGraph

/// Fills the kernel of a convolution that is a short-time Fourier transform: a window times the cosines
/// (real side) or sines (imaginary side) of its frequencies.
///
/// With T taps and F bands, element (t, 0, f) is cos(−2π t f / L) · w[t] / s or sin(−2π t f / L) · w[t] / s,
/// L = 2 (F − 1). Windows are sums of cosines of 2π t / M with M = T − 1, or M = T where periodic. The
/// scale s is √Σw² (`density`) or Σ|w| (`spectrum`). Without a window there is no scale.
///
/// The angle is reduced exactly in integers, and all is worked out in double; Keras works in the dtype,
/// so the two agree to the rounding of an angle of about π T in the dtype.
///
/// - Shape: `[T, 1, F]` with F ≥ 2.
/// - Locality: `.element`. Draws nothing.
/// - Source: `keras.initializers.STFT`; `scipy.signal.get_window`.
public struct STFTInitializer: TableInitializer {
  /// Which side of the transform.
  public enum Side: String, Sendable, Hashable, CaseIterable {
    /// The cosines.
    case real
    /// The sines of the negative angles.
    case imaginary = "imag"
  }

  /// The windows that are there.
  public enum Window: String, Sendable, Hashable, CaseIterable {
    /// 0.5 − 0.5 cos(2π t / M).
    case hann
    /// 0.54 − 0.46 cos(2π t / M).
    case hamming
    /// 0.42 − 0.5 cos(2π t / M) + 0.08 cos(4π t / M).
    case blackman

    /// w[t] = Σ (−1)^k a[k] cos(2π k t / M).
    var coefficients: [Double] {
      switch self {
      case .hann: [0.5, 0.5]
      case .hamming: [0.54, 0.46]
      case .blackman: [0.42, 0.5, 0.08]
      }
    }
  }

  /// What the window is divided by.
  public enum Scaling: String, Sendable, Hashable, CaseIterable {
    /// √Σw².
    case density
    /// Σ|w|.
    case spectrum
  }

  /// Which side of the transform.
  public let side: Side
  /// The window; `nil` for none.
  public let window: Window?
  /// What the window is divided by; `nil` for nothing.
  public let scaling: Scaling?
  /// True where the window is one period, false where its ends are equal.
  public let isPeriodic: Bool

  /// A side of the transform.
  public init(
    _ side: Side = .real, window: Window? = .hann, scaling: Scaling? = .density,
    isPeriodic: Bool = false
  ) {
    self.side = side
    self.window = window
    self.scaling = scaling
    self.isPeriodic = isPeriodic
  }

  /// The class and its parameters, as Keras has them.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "STFT",
      config: [
        "side": .string(side.rawValue), "window": window.map { .string($0.rawValue) } ?? .null,
        "scaling": scaling.map { .string($0.rawValue) } ?? .null, "periodic": .bool(isPeriodic),
      ])
  }

  /// Refuses other shapes than a kernel of one channel and two bands or more.
  public func check(_ shape: Shape) throws {
    let sizes = shape.dimensions
    guard sizes.count == 3, sizes[1] == 1, sizes[2] >= 2 else {
      throw InitializerError.unsuitableShape(
        "STFT", shape: shape, needed: "a shape [T, 1, F] with F of at least 2")
    }
  }

  /// The value of each element.
  public func elements(of shape: Shape) throws -> (Int) -> Double {
    try check(shape)
    let (taps, bands) = (shape.dimensions[0], shape.dimensions[2])
    guard taps > 0 else { return { _ in 0 } }
    let scale = scale(taps)
    return { index in
      let (t, f) = index.quotientAndRemainder(dividingBy: bands)
      // t · f fits, as it is below the number of elements, which does; so does 2 (F − 1) by half.
      let (rest, period) = (t * f % (2 * (bands - 1)), Double(2 * (bands - 1)))
      let angle = -2 * Double.pi * (Double(rest) / period)
      let wave = side == .real ? PortableMath.cosine(angle) : PortableMath.sine(angle)
      return window == nil ? wave : wave * weight(t, taps) / scale
    }
  }

  /// w[t].
  private func weight(_ t: Int, _ taps: Int) -> Double {
    guard let window, taps > 1 else { return 1 }
    let period = Double(isPeriodic ? taps : taps - 1)
    return window.coefficients.enumerated().reduce(0) { sum, term in
      let cosine = PortableMath.cosine(2 * Double.pi * Double(term.offset) * (Double(t) / period))
      return sum + (term.offset % 2 == 0 ? term.element : -term.element) * cosine
    }
  }

  /// What the window is divided by.
  private func scale(_ taps: Int) -> Double {
    guard window != nil, let scaling else { return 1 }
    let weights = (0..<taps).lazy.map { weight($0, taps) }
    return scaling == .density
      ? weights.reduce(0) { $0 + $1 * $1 }.squareRoot() : weights.reduce(0) { $0 + abs($1) }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    guard (try? check(shape)) != nil else { return }
    explanation.bounds = -1...1
    let function = side == .real ? "cos" : "sin"
    explanation.formula = .init(
      "\(function)(−2π t f / L)\(window == nil ? "" : " · w[t] / s")",
      """
      L = \(InitializerExplanation.text(2 * Double(shape.dimensions[2] - 1))), \
      window \(window?.rawValue ?? "none"), scaling \(scaling?.rawValue ?? "none")
      """)
  }
}

extension Initializer where Self == STFTInitializer {
  /// The kernel of a convolution that is a short-time Fourier transform.
  public static func stft(
    _ side: STFTInitializer.Side = .real, window: STFTInitializer.Window? = .hann,
    scaling: STFTInitializer.Scaling? = .density, isPeriodic: Bool = false
  ) -> Self { .init(side, window: window, scaling: scaling, isPeriodic: isPeriodic) }
}
