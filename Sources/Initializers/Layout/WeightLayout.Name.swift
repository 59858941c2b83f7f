extension WeightLayout {
  /// The layouts that have a name.
  public enum Name: String, Sendable, Hashable, CaseIterable {
    /// `[in, out]`: dense kernels of TensorFlow, Keras and Flax; GPT-2's `Conv1D`.
    case inOut = "in_out"
    /// `[out, in]`: PyTorch's and MLX's `Linear`.
    case outIn = "out_in"
    /// `[…, in, out]`: convolution kernels of TensorFlow, Keras and Flax. With `groups`, `in` is the
    /// inputs of one group.
    case hwio
    /// `[out, in, …]`: PyTorch's convolutions, depthwise ones with `groups` = inputs among them.
    case oihw
    /// `[out, …, in]`: MLX's convolutions.
    case ohwi
    /// `[…, in, multiplier]`: Keras's `DepthwiseConv2D`: each output sees one input channel.
    case depthwiseHWIM = "depthwise_hwim"
    /// `[…, out, in]`: Keras's `Conv2DTranspose`.
    case transposedHWOI = "transposed_hwoi"
    /// `[in, out, …]`: PyTorch's `ConvTranspose2d`. With `groups`, `out` is the outputs of one group.
    case transposedIOHW = "transposed_iohw"
    /// `[in, heads, size]`: query, key and value kernels of Keras's and Flax's attention.
    case inHeads = "in_heads"
    /// `[heads, size, out]`: output kernels of Keras's and Flax's attention.
    case headsOut = "heads_out"
    /// `[experts, in, out]`: stacked experts, each a weight of its own.
    case expertsInOut = "experts_in_out"
    /// `[experts, out, in]`: stacked experts as PyTorch's models keep them.
    case expertsOutIn = "experts_out_in"

    /// Axes by their meaning; the rest are taps of a kernel.
    var axes: (inputs: [Int], outputs: [Int], copies: [Int]) {
      switch self {
      case .inOut, .hwio: ([-2], [-1], [])
      case .outIn: ([1], [0], [])
      case .oihw: ([1], [0], [])
      case .ohwi: ([-1], [0], [])
      // Each input channel has outputs of its own: it is a copy of a kernel with one input.
      case .depthwiseHWIM: ([], [-1], [-2])
      case .transposedHWOI: ([-1], [-2], [])
      case .transposedIOHW: ([0], [1], [])
      case .inHeads: ([0], [1, 2], [])
      case .headsOut: ([0, 1], [2], [])
      case .expertsInOut: ([1], [2], [0])
      case .expertsOutIn: ([2], [1], [0])
      }
    }

    /// The ranks that a weight of this layout can have.
    var ranks: ClosedRange<Int> {
      switch self {
      case .inOut, .outIn: 2...2
      case .inHeads, .headsOut, .expertsInOut, .expertsOutIn: 3...3
      default: 3...254
      }
    }

    /// What the shape looks like, for messages.
    var form: String {
      switch self {
      case .inOut: "[in, out]"
      case .outIn: "[out, in]"
      case .hwio: "[…, in, out] with at least one axis before"
      case .oihw: "[out, in, …] with at least one axis after"
      case .ohwi: "[out, …, in] with at least one axis between"
      case .depthwiseHWIM: "[…, in, multiplier] with at least one axis before"
      case .transposedHWOI: "[…, out, in] with at least one axis before"
      case .transposedIOHW: "[in, out, …] with at least one axis after"
      case .inHeads: "[in, heads, size]"
      case .headsOut: "[heads, size, out]"
      case .expertsInOut: "[experts, in, out]"
      case .expertsOutIn: "[experts, out, in]"
      }
    }
  }
}
