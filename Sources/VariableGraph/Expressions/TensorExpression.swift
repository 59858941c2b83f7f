internal import Tensors

/// A variable's initial value, written in terms of other variables and constants.
///
///     try graph.declare("decoder/kernel", as: .transpose("encoder/kernel"))
///     try graph.declare("average", as: .value("w").scaled(by: 0.5) + "b")
///
/// A value: it names variables by their full names, and what it means is checked when it is declared.
/// A text literal stands for the variable of that name.
///
/// - Determinism: each operation has one order of steps, which `ExpressionOperation` states.
public struct TensorExpression: Sendable, Hashable {
  /// What an expression is made of.
  public indirect enum Node: Sendable, Hashable {
    /// The value of the variable of that full name.
    case variable(String)
    /// Numbers that are written down.
    case constant(ExpressionConstant)
    /// An operation on other expressions.
    case operation(ExpressionOperation, [TensorExpression])

    /// True where both are the same, the bytes of names compared.
    public static func == (left: Node, right: Node) -> Bool {
      switch (left, right) {
      case (.variable(let left), .variable(let right)): NameKey(left) == NameKey(right)
      case (.constant(let left), .constant(let right)): left == right
      case (.operation(let left, let inputs), .operation(let right, let others)):
        left == right && inputs == others
      default: false
      }
    }

    /// Hashes the parts; of names the bytes.
    public func hash(into hasher: inout Hasher) {
      switch self {
      case .variable(let name): hasher.combine(NameKey(name))
      case .constant(let constant): hasher.combine(constant)
      case .operation(let operation, let operands):
        hasher.combine(operation)
        hasher.combine(operands)
      }
    }
  }

  /// The outermost part.
  public let node: Node
  /// How many operations are inside one another; 0 for a variable or a constant.
  let depth: Int
  /// The number of variables, constants and operations, parts that occur twice counted twice.
  let nodeCount: Int

  /// How many operations may be inside one another.
  public static let maximumDepth = 24
  /// How many variables, constants and operations an expression may have.
  public static let maximumNodeCount = 10_000

  init(_ node: Node) {
    self.node = node
    guard case .operation(_, let operands) = node else {
      depth = 0
      nodeCount = 1
      return
    }
    depth = 1 + (operands.map(\.depth).max() ?? 0)
    // Shared parts can double the number at each step, beyond any integer.
    nodeCount = operands.reduce(1) { min($0 + $1.nodeCount, TensorExpression.maximumNodeCount + 1) }
  }

  init(_ operation: ExpressionOperation, _ operands: TensorExpression...) {
    self.init(.operation(operation, operands))
  }

  /// The variables that are named, each once, in the order of their first mention.
  public var variableNames: [String] { names { _ in true } }

  /// The variables whose values count: not those of which only the shape and dtype do.
  var valueNames: [String] { names { !$0.readsShapeOnly } }

  private func names(in isFollowed: (ExpressionOperation) -> Bool) -> [String] {
    var found: [String] = []
    var known: NameSet = []
    collect(isFollowed, &found, &known)
    return found
  }

  private func collect(
    _ isFollowed: (ExpressionOperation) -> Bool, _ found: inout [String], _ known: inout NameSet
  ) {
    switch node {
    case .variable(let name): if known.insert(name).inserted { found.append(name) }
    case .constant: break
    case .operation(let operation, let operands):
      guard isFollowed(operation) else { return }
      for operand in operands { operand.collect(isFollowed, &found, &known) }
    }
  }

  /// The same with other names of variables.
  func renaming(_ name: (String) throws -> String) rethrows -> TensorExpression {
    switch node {
    case .variable(let old): TensorExpression(.variable(try name(old)))
    case .constant: self
    case .operation(let operation, let operands):
      TensorExpression(.operation(operation, try operands.map { try $0.renaming(name) }))
    }
  }
}

extension TensorExpression: CustomStringConvertible {
  /// As calls: `add(scale(w, by=0.5), b)`.
  public var description: String {
    switch node {
    case .variable(let name): return name
    case .constant(let constant): return constant.json.callText
    case .operation(let operation, let operands):
      let arguments = operation.arguments.sorted { $0.key < $1.key }
        .map { "\($0.key)=\($0.value.callText)" }
      return
        "\(operation.name)(\((operands.map(\.description) + arguments).joined(separator: ", ")))"
    }
  }
}
