public import Initializers
public import VariableGraph

/// A layer that normalizes, with a scale that begins at 1 and a shift that begins at 0.
///
/// | Form | Keras | Flax | PyTorch |
/// |---|---|---|---|
/// | layer, group | `gamma`, `beta` | `scale`, `bias` | `weight`, `bias` |
/// | RMS | `scale` | `scale` | `weight` |
/// | batch | `gamma`, `beta`, `moving_mean`, `moving_variance` | `scale`, `bias`, `mean`, `var` | `weight`, `bias`, `running_mean`, `running_var`, `num_batches_tracked` |
///
/// Nothing is drawn. Running statistics are not trained: their `kind` is `state`, and they take no key
/// of Flax's.
public struct Normalization: Layer {
  /// What the values are normalized over.
  public enum Form: Sendable, Hashable {
    /// The last axes, as `LayerNorm` does.
    case layer
    /// The last axis, by its root mean square, without a shift.
    case rootMeanSquare
    /// Groups of channels.
    case group
    /// The batch; running statistics are kept.
    case batch
  }

  /// What the values are normalized over.
  public let form: Form
  /// The sizes of the axes that have a scale.
  public let sizes: [Int]
  /// Stands for the layer.
  public let identity = VariableReference()
  /// The scale.
  public var weight = VariableReference()
  /// The shift; `nil` where there is none.
  public var bias: VariableReference?
  /// The running mean of a batch norm.
  public let runningMean = VariableReference()
  /// The running variance of a batch norm.
  public let runningVariance = VariableReference()
  /// How many batches a batch norm of PyTorch has seen.
  public let batchCount = VariableReference()
  /// Nothing stands in place of ones and zeros.
  public let initializers: [VariableReference: any Initializer] = [:]

  /// A layer norm over the last axes, of these sizes.
  public static func layer(_ sizes: [Int], bias: Bool = true) -> Normalization {
    Normalization(.layer, sizes, bias)
  }

  /// A layer norm over the last axis.
  public static func layer(_ size: Int, bias: Bool = true) -> Normalization {
    Normalization(.layer, [size], bias)
  }

  /// A norm by the root mean square of the last axis.
  public static func rootMeanSquare(_ size: Int) -> Normalization {
    Normalization(.rootMeanSquare, [size], false)
  }

  /// A norm over groups of channels; no variable depends on the number of groups.
  public static func group(channels: Int) -> Normalization {
    Normalization(.group, [channels], true)
  }

  /// A norm over the batch, of some channels.
  public static func batch(channels: Int) -> Normalization {
    Normalization(.batch, [channels], true)
  }

  private init(_ form: Form, _ sizes: [Int], _ hasBias: Bool) {
    self.form = form
    self.sizes = sizes
    bias = hasBias ? VariableReference() : nil
  }

  /// The variables of Keras and Flax; see `Layer`.
  public func variables(in convention: LayerConvention, path: String) -> [LayerVariable] {
    let isKeras = convention == .keras
    let scale = isKeras && form != .rootMeanSquare ? "gamma" : "scale"
    let parameters =
      [LayerVariable(weight, scale, shape: sizes, convention.ones)]
      + convention.bias(bias, isKeras ? "beta" : "bias", shape: sizes)
    guard form == .batch else { return parameters }
    return parameters + [
      LayerVariable(
        runningMean, isKeras ? "moving_mean" : "mean", shape: sizes, convention.zeros,
        isState: true),
      LayerVariable(
        runningVariance, isKeras ? "moving_variance" : "var", shape: sizes, convention.ones,
        isState: true),
    ]
  }

  /// The names that PyTorch gives; see `Layer`.
  public var torchVariables: [(name: String, reference: VariableReference)] {
    let parameters = [("weight", weight)] + (bias.map { [("bias", $0)] } ?? [])
    guard form == .batch else { return parameters }
    return parameters + [
      ("running_mean", runningMean), ("running_var", runningVariance),
      ("num_batches_tracked", batchCount),
    ]
  }

  /// Declares PyTorch's layer; see `Layer`.
  public func declare(in torch: inout TorchModel, path: String) throws {
    switch form {
    case .layer: try torch.layerNorm("", sizes, bias: bias != nil)
    case .rootMeanSquare: try torch.rmsNorm("", sizes[0])
    case .group: try torch.groupNorm("", sizes[0])
    case .batch: try torch.batchNorm("", sizes[0])
    }
  }
}
