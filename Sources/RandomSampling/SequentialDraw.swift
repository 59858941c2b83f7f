/// One call that takes words from PyTorch's sequential stream.
public enum SequentialDraw: Sendable, Hashable {
  /// `uniform_` over a tensor of `count` elements.
  case uniform(count: Int, FloatingFormat)
  /// `normal_` over a tensor of `count` elements.
  case normal(count: Int, FloatingFormat)
  /// `randperm` of `size` numbers, `times` times.
  case permutations(of: Int, times: Int)
  /// `torch.nn.init.trunc_normal_`: how much it takes depends on what it draws.
  case truncatedNormal(TruncatedNormalDraw)

  /// True where the number of words depends on the words themselves.
  public var isDataDependent: Bool {
    switch self {
    case .uniform, .normal, .permutations: false
    case .truncatedNormal(let draw): draw.isDataDependent
    }
  }
}

extension FloatingFormat {
  /// The words that one uniform number takes: 2 in double precision, else 1.
  var wordCount: Int { self == .float64 ? 2 : 1 }
}
