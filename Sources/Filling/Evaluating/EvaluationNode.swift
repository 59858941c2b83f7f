internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// One step of an evaluation. Others are named by their numbers, which are smaller.
struct EvaluationNode: Sendable, Hashable {
  /// What the step does.
  enum Kind: Sendable, Hashable {
    /// The variable at that place of the graph, made by its initializer.
    case variable(Int)
    /// Bytes that are written down.
    case constant([UInt8])
    case combine(ElementKernels.Combination, [Int])
    case scale(Double, Int)
    case negate(Int)
    case squareRoot(Int)
    case cast(Int)
    /// The same elements in another shape.
    case reshape(Int)
    case view(AxisView, Int)
    case concatenate(axis: Int, [Int])
    /// √ Σ x² over axes that stay with size 1.
    case norm(axes: [Int], Int)
    case product(Int, Int)
    /// All factors of a matrix, whose shape and dtype are the node's.
    case factors(Factorization, Int)
    /// One of them.
    case factor(Int, of: Int)
  }

  let kind: Kind
  let dimensions: [Int]
  let scalarType: ScalarType

  /// The steps that this one reads.
  var inputs: [Int] {
    switch kind {
    case .variable, .constant: []
    case .combine(_, let inputs), .concatenate(_, let inputs): inputs
    case .scale(_, let input), .negate(let input), .squareRoot(let input), .cast(let input),
      .reshape(let input), .view(_, let input), .norm(_, let input), .factors(_, let input),
      .factor(_, let input):
      [input]
    case .product(let left, let right): [left, right]
    }
  }

  var elementCount: Int { dimensions.contains(0) ? 0 : dimensions.reduce(1, *) }
}

/// A decomposition of a matrix.
enum Factorization: Sendable, Hashable {
  /// q and r.
  case qr
  /// u, s and vᵀ.
  case svd
}
