/// The size of a convolution's kernel: one number for all axes, or one for each.
public struct TorchKernelSize: Sendable, Hashable, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral
{
  private let sizes: [Int]
  private let isSame: Bool

  /// The same size on every axis.
  public init(_ size: Int) {
    sizes = [size]
    isSame = true
  }

  /// One size for each axis.
  public init(_ sizes: [Int]) {
    self.sizes = sizes
    isSame = false
  }

  /// The same size on every axis.
  public init(integerLiteral value: Int) { self.init(value) }
  /// One size for each axis.
  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The sizes of `rank` axes; `nil` where another number of sizes was given.
  func sizes(rank: Int) -> [Int]? {
    if isSame { return Array(repeating: sizes[0], count: rank) }
    return sizes.count == rank ? sizes : nil
  }

  /// As in a message.
  var text: String { isSame ? "\(sizes[0])" : "\(sizes)" }
}
