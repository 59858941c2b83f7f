/// The sizes of a variable's axes, some of which are not known when it is declared.
///
///     try graph.declare("w", shape: [.unknown, 128], initializer: .heUniform())
///     try graph.bind("w", shape: [784, 128])
public struct PartialShape: Sendable, Hashable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// The size of an axis: a number, or not known yet.
  public struct Dimension: Sendable, Hashable, ExpressibleByIntegerLiteral {
    /// The size; `nil` while it is not known.
    public let size: Int?

    /// A size that is bound later.
    public static let unknown = Dimension(size: nil)

    /// A size that is known.
    public init(integerLiteral size: Int) { self.size = size }

    /// A size, or `nil` for one that is bound later.
    public init(size: Int?) { self.size = size }
  }

  /// The axes.
  public let dimensions: [Dimension]

  /// A shape of these axes.
  public init(arrayLiteral dimensions: Dimension...) { self.dimensions = dimensions }

  /// A shape of these sizes; `nil` stands for one that is bound later.
  public init(_ sizes: [Int?]) { dimensions = sizes.map(Dimension.init(size:)) }

  /// The sizes, where all are known.
  public var sizes: [Int]? {
    let known = dimensions.compactMap(\.size)
    return known.count == dimensions.count ? known : nil
  }

  /// The axes whose size is not known.
  public var unknownAxes: [Int] { dimensions.indices.filter { dimensions[$0].size == nil } }

  /// With `?` for what is not known: `[?, 128]`.
  public var description: String {
    "[\(dimensions.map { $0.size.map(String.init) ?? "?" }.joined(separator: ", "))]"
  }

  /// With null for what is not known: `[null, 128]`.
  public var json: JSONValue {
    .array(dimensions.map { $0.size.map { .integer(Int64($0)) } ?? .null })
  }

  /// The same with the size of one axis.
  func binding(_ axis: Int, to size: Int) -> PartialShape {
    var sizes = dimensions.map(\.size)
    sizes[axis] = size
    return PartialShape(sizes)
  }
}
