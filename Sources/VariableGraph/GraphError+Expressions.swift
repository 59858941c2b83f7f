internal import Tensors

extension GraphError {
  /// An expression has no meaning.
  package static func unsuitableExpression(_ name: String, _ cause: ExpressionError) -> GraphError {
    GraphError(
      code: .unsuitableExpression,
      message: "Cannot declare variable \"\(name.shown)\": \(cause)", cause: cause)
  }

  static func readsLater(_ name: String, _ other: String) -> GraphError {
    GraphError(
      code: .unsuitableExpression,
      message: """
        Cannot declare variable "\(name)": its expression reads "\(other)", which is not declared \
        before it.
        Read variables that are declared before; then none can read itself.
        """)
  }

  static func notBound(_ variables: [UnboundVariable]) -> GraphError {
    let shown = variables.prefix(20).map {
      "Variable \"\($0.name)\" has no value yet: \($0.missing)."
    }
    let rest = variables.count > 20 ? ["And \(variables.count - 20) more."] : []
    let names = variables.filter { $0.shape != nil }.map(\.name) + variables.flatMap(\.waitsFor)
    let name = names.first ?? "NAME"
    return GraphError(
      code: .notBound,
      message: """
        \((shown + rest).joined(separator: "\n"))
        Give the sizes with graph.bind("\(name)", shape: […]), or on the command line with --bind \
        \(name)=SIZES.
        """)
  }

  static func alreadyBound(_ variable: Variable) -> GraphError {
    GraphError(
      code: .alreadyBound,
      message: """
        Cannot bind variable "\(variable.name)": its shape is \(variable.shape).
        A size is bound once; declare it as unknown, or leave the binding out.
        """)
  }

  static func axisAlreadyBound(_ name: String, _ shape: PartialShape, _ axis: Int) -> GraphError {
    GraphError(
      code: .alreadyBound,
      message: """
        Cannot bind axis \(axis) of variable "\(name)": it has a size in \(shape).
        A size is bound once; leave the binding out.
        """)
  }

  static func unsuitableBinding(
    _ name: String, _ shape: PartialShape, found: [Int]
  ) -> GraphError {
    GraphError(
      code: .unsuitableBinding,
      message: """
        Cannot bind variable "\(name)" to \(found): it is declared as \(shape).
        Give a shape of \(shape.dimensions.count) axes that has the known sizes in their places.
        """)
  }

  static func noSuchAxis(_ name: String, _ shape: PartialShape, _ axis: Int) -> GraphError {
    GraphError(
      code: .unsuitableBinding,
      message: """
        Cannot bind axis \(axis) of variable "\(name)": it is declared as \(shape).
        Give an axis from \(-shape.dimensions.count) to \(shape.dimensions.count - 1).
        """)
  }

  static func waitsForOthers(_ variable: UnboundVariable) -> GraphError {
    GraphError(
      code: .unsuitableBinding,
      message: """
        Cannot bind variable "\(variable.name)": its shape follows from \
        \(GraphLint.list(variable.waitsFor)).
        Bind that.
        """)
  }
}
