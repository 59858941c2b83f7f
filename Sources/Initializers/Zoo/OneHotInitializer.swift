public import Tensors
public import VariableGraph

/// Fills each row with zeros and a single 1: at the row's index, or at row mod columns without indices.
///
/// - Shape: `[…, columns]`, rank ≥ 1; as many rows as indices.
/// - Locality: `.element`. Draws nothing. Every dtype.
/// - Source: `jax.nn.one_hot`, `tf.one_hot`.
public struct OneHotInitializer: TableInitializer {
  /// The column of each row's 1; `nil` for row mod columns.
  public let indices: [Int]?

  /// - Throws: `InitializerError.Code.invalidParameter` for a negative index.
  public init(indices: [Int]? = nil) throws {
    if let indices {
      try InitializerError.require(
        indices.allSatisfy { $0 >= 0 }, "OneHot", "indices", indices, "a list of numbers from 0")
    }
    self.indices = indices
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: "OneHot", config: ["indices": indices.map { JSONValue($0) } ?? .null])
  }

  /// Refuses shapes that the indices do not fit.
  public func validate(_ shape: Shape, _ scalarType: ScalarType, in dialect: Dialect) throws {
    guard let columns = shape.dimensions.last else {
      throw InitializerError.unsuitableRank("OneHot", shape: shape, needed: "at least one axis")
    }
    guard let indices else { return }
    let rows = shape.dimensions.dropLast().reduce(1, *)
    guard rows == indices.count else {
      throw InitializerError.unsuitableShape(
        "OneHot", shape: shape, needed: "as many rows as indices, \(indices.count)")
    }
    guard let largest = indices.max(), largest >= columns else { return }
    throw InitializerError.unsuitableShape(
      "OneHot", shape: shape, needed: "more columns than the largest index, \(largest)")
  }

  /// The value of each element.
  public func elements(of shape: Shape) -> (Int) -> Double {
    let columns = max(shape.dimensions.last ?? 0, 1)
    guard let indices else {
      return { ($0 / columns) % columns == $0 % columns ? 1 : 0 }
    }
    return { indices[$0 / columns] == $0 % columns ? 1 : 0 }
  }

  /// The formula.
  public func describe(_ shape: Shape, in explanation: inout InitializerExplanation) {
    explanation.formula = .init(
      indices == nil
        ? "1 where column = row mod columns, else 0" : "1 where column = index[row], else 0",
      "\(shape.dimensions.last ?? 0) columns")
  }
}

extension Initializer where Self == OneHotInitializer {
  /// Rows of zeros with a single 1.
  public static func oneHot(indices: [Int]? = nil) throws -> Self { try .init(indices: indices) }
}
