import Foundation
import Initializers
import Tensors
import Testing
import VariableGraph

/// Each refusal of an expression, with its whole message; the graph stays as it was.
struct ExpressionErrorTests {
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph()
    try graph.declare("w", shape: [2, 3], initializer: .zeros)
    try graph.declare("v", shape: [3], initializer: .zeros)
    try graph.declare("d", shape: [3], dtype: .float64, initializer: .zeros)
    try graph.declare("i", shape: [3], dtype: .int8, initializer: .zeros)
    try graph.declare("flag", shape: [3], dtype: .bool, initializer: .zeros)
    return graph
  }

  private func expect(
    _ message: String, _ code: ExpressionError.Code,
    _ expression: @autoclosure () throws -> TensorExpression,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var graph = try graph()
    let before = graph.fingerprint()
    do {
      try graph.declare("e", as: expression())
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as GraphError {
      #expect(
        error.message == "Cannot declare variable \"e\": \(message)", sourceLocation: sourceLocation
      )
      #expect(error.code == .unsuitableExpression, sourceLocation: sourceLocation)
      #expect((error.cause as? ExpressionError)?.code == code, sourceLocation: sourceLocation)
    } catch let error as ExpressionError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    }
    #expect(graph.fingerprint() == before, sourceLocation: sourceLocation)
    #expect(!graph.declares("e"), sourceLocation: sourceLocation)
  }

  @Test func `dtypes that do not go together are refused`() throws {
    try expect(
      """
      The operation add has operands of dtype float32 and float64.
      Values are never cast silently: cast one of them.
      """, .unsuitableScalarType, "v" + "d")
    try expect(
      """
      The operation scale needs a dtype that is floating-point, found int8.
      Cast the operand.
      """, .unsuitableScalarType, TensorExpression.value("i").scaled(by: 2))
    try expect(
      """
      The operation negate needs a dtype that is a number's, found bool.
      Cast the operand.
      """, .unsuitableScalarType, -TensorExpression.value("flag"))
    try expect(
      """
      The number 0.5 is not a value of dtype int8.
      Choose a number that the dtype holds, or another dtype.
      """, .unsuitableScalarType,
      TensorExpression.value("i").padded([.init(axis: 0, before: 1)], with: 0.5))
    try expect(
      """
      The number 300 is not a value of dtype int8.
      Choose a number that the dtype holds, or another dtype.
      """, .unsuitableScalarType, .constant(300, as: .int8))
  }

  @Test func `shapes that do not go together are refused`() throws {
    try expect(
      """
      The operation multiply has operands of shape [2, 3] and [3].
      Bring them to one shape; broadcast repeats axes of size 1.
      """, .unsuitableShape, "w" * "v")
    try expect(
      """
      The operation concatenate has operands of shape [2, 3] and [3, 2], which may differ along axis 0 \
      only.
      Bring them to one shape; broadcast repeats axes of size 1.
      """, .unsuitableShape, .concatenate(["w", .transpose("w")]))
    try expect(
      """
      The operation matmul cannot take an operand of shape [2, 3]: it needs 3 rows, as many as the \
      first has columns.
      Reshape, slice or transpose the operand.
      """, .unsuitableShape, .matmul("w", "w"))
    try expect(
      """
      The operation svd_u cannot take an operand of shape [3]: it needs two axes.
      Reshape, slice or transpose the operand.
      """, .unsuitableShape, TensorExpression.value("v").svd.u)
    try expect(
      """
      The operation reshape cannot take an operand of shape [2, 3]: it needs the 8 elements of [8], \
      found 6.
      Reshape, slice or transpose the operand.
      """, .unsuitableShape, TensorExpression.value("w").reshaped(to: [8]))
    try expect(
      """
      The operation broadcast cannot take an operand of shape [2, 3]: it needs the last sizes of \
      [4, 3], or 1 in their place.
      Reshape, slice or transpose the operand.
      """, .unsuitableShape, TensorExpression.value("w").broadcast(to: [4, 3]))
    try expect(
      """
      Shape [-6] has the negative size -6 at axis 0.
      Give every axis a size of 0 or more.
      """, .unsuitableShape, TensorExpression.value("w").reshaped(to: [-6]))
    try expect(
      """
      A float64 tensor of shape [2305843009213693952, 3] has more than 2^63 - 1 bytes: \
      6917529027641081856 elements of 8 bytes.
      Check the sizes; no machine can hold such a tensor.
      """, .unsuitableShape, TensorExpression.value("d").broadcast(to: [1 << 61, 3]))
  }

  @Test func `parameters out of their bounds are refused`() throws {
    func message(_ operation: String, _ what: String) -> String {
      "The operation \(operation) needs \(what).\nCorrect the parameter."
    }
    try expect(
      message("stack", "axis to be an axis from -3 to 2, found 3"), .invalidParameter,
      .stack(["w", "w"], axis: 3))
    try expect(
      message("norm", "axes to be axes of which none occurs twice, found [0, -2]"),
      .invalidParameter, TensorExpression.value("w").norm(axes: [0, -2]))
    try expect(
      message("norm", "axes to be one axis or more, found none"), .invalidParameter,
      TensorExpression.value("w").norm(axes: []))
    try expect(
      message("norm", "axes to be an axis, and the operand has none, found 0"), .invalidParameter,
      try TensorExpression.constant(1).norm(axes: [0]))
    try expect(
      message("transpose", "axes to be all 2 axes in some order, found [1]"), .invalidParameter,
      TensorExpression.value("w").transposed([1]))
    try expect(
      message(
        "slice",
        "the range of axis 1 to be inside 0 up to 3 in steps of 1 or more, found 1 up to 4 "
          + "in steps of 1"), .invalidParameter, TensorExpression.value("w").sliced(1..<4, axis: 1))
    try expect(
      message(
        "slice",
        "the range of axis 0 to be inside 0 up to 2 in steps of 1 or more, found 0 up to 2 "
          + "in steps of 0"), .invalidParameter, TensorExpression.value("w").sliced(0..<2, step: 0))
    try expect(
      message("pad", "the padding of axis 0 to be 0 or more on either side, found -1 and 0"),
      .invalidParameter, TensorExpression.value("w").padded([.init(axis: 0, before: -1)]))
    try expect(
      message("repeat", "count to be 0 or more, found -1"), .invalidParameter,
      TensorExpression.value("w").repeated(-1))
    try expect(
      message("repeat", "the size of an axis to be below 2^63, found a larger one"),
      .invalidParameter, TensorExpression.value("w").repeated(Int.max))
    try expect(
      message("pad", "the size of an axis to be below 2^63, found a larger one"),
      .invalidParameter, TensorExpression.value("w").padded([.init(axis: 0, before: Int.max)]))
  }

  @Test func `too many operations are refused`() throws {
    var deep = TensorExpression.value("v")
    for _ in 0..<25 { deep = -deep }
    try expect(
      """
      The expression has 25 operations inside one another, more than 24.
      Declare parts of it as variables of their own.
      """, .tooComplex, deep)
    var wide = TensorExpression.value("v")
    for _ in 0..<20 { wide = wide - wide }
    try expect(
      """
      The expression has too many operations and operands, more than 10000.
      Declare parts of it as variables of their own.
      """, .tooComplex, wide)
    try expect(
      """
      A constant has more than 4096 numbers.
      Declare a variable with them, by the initializer Constant, and read that.
      """, .tooComplex, .constant(.array([JSONValue](repeating: 1, count: 4097))))
    var sum = TensorExpression.value("v")
    for _ in 0..<1000 { sum = sum + "v" }
    var graph = try graph()
    try graph.declare("sum", as: sum)
  }

  @Test func `other variables must be declared before`() throws {
    var graph = try graph()
    #expect {
      try graph.declare("e", as: .copy("ww"))
    } throws: { error in
      "\(error)" == """
        There is no variable "ww" in the graph. Did you mean "w"?
        Declare it first, or correct the name.
        """
    }
    try graph.declare("e", as: .copy("w"))
    try graph.declare("f", as: .copy("e"))
    for (name, other) in [("e", "f"), ("e", "e")] {
      #expect {
        try graph.reinitialize(name, initializer: ExpressionInitializer(.value(other)))
      } throws: { error in
        "\(error)" == """
          Cannot declare variable "\(name)": its expression reads "\(other)", which is not declared \
          before it.
          Read variables that are declared before; then none can read itself.
          """
      }
    }
  }

  @Test func `a declared shape or dtype must be that of the expression`() throws {
    var graph = try graph()
    func message(_ what: String, _ found: String, _ declared: String) -> String {
      """
      Cannot declare variable "e": The expression has \(what) \(found), declared is \(declared).
      Leave the \(what) out, or correct one of the two.
      """
    }
    let initializer = ExpressionInitializer(.value("w"))
    #expect {
      try graph.declare("e", shape: [3, 2], initializer: initializer)
    } throws: { "\($0)" == message("shape", "[2, 3]", "[3, 2]") }
    #expect {
      try graph.declare("e", shape: [2, 3], dtype: .float64, initializer: initializer)
    } throws: { "\($0)" == message("dtype", "float32", "float64") }
    #expect {
      try graph.declare("e", shape: [.unknown, 3], initializer: initializer)
    } throws: { error in
      "\(error)" == """
        Cannot declare variable "e": It is an expression, and its shape is declared as [?, 3].
        Leave the shape out: it follows from the expression.
        """
    }
    try graph.declare("e", shape: [2, 3], initializer: initializer)
  }

  @Test(arguments: [
    ("3", "3 is not an expression."),
    (#"{"of":"w"}"#, #"{"of":"w"} is not an expression."#),
    (
      #"{"op":"frobnicate","of":"w"}"#,
      """
      There is no operation "frobnicate"; there are add, broadcast, cast, concatenate, copy, divide, \
      matmul, multiply, negate, norm, ones_like, pad, qr_q, qr_r, repeat, reshape, scale, slice, sqrt, \
      stack, subtract, svd_s, svd_u, svd_vt, transpose, zeros_like.
      Correct the name.
      """
    ),
    (
      #"{"op":"scale","of":"w","by":2,"factor":3}"#,
      """
      The operation scale has no parameter "factor"; it has by.
      Remove it or correct its name.
      """
    ),
    (
      #"{"op":"add","of":["w"]}"#,
      """
      The operation add has 1 operands and needs at least 2.
      Give it as many.
      """
    ),
    (#"{"op":"scale","of":"w"}"#, "nothing as by of the operation scale is not a number."),
    (#"{"op":"negate"}"#, "nothing as of of the operation negate is not a list of operands."),
    (
      #"{"op":"reshape","of":"w","shape":[1.5]}"#,
      "[1.5] as shape of the operation reshape is not a list of integers."
    ),
    (
      #"{"op":"slice","of":"w","ranges":[{"axis":0}]}"#,
      #"[{"axis":0}] as ranges of the operation slice is not a list of objects with axis, from, to, step."#
    ),
    (#"{"constant":[1,[2]]}"#, "[1,[2]] is not a number, or lists of numbers of equal lengths."),
    (#"{"constant":1,"dtype":"int7"}"#, "the dtype of a constant is not a dtype."),
    (
      #"{"op":"copy","of":["w","w"]}"#,
      "The operation copy has 2 operands and needs 1.\nGive it as many."
    ),
  ])
  func `what is no expression is refused`(text: String, message: String) throws {
    let json = try JSONValue(parsing: Data(text.utf8))
    let wayOut = """

      Write an expression as {"op": "add", "of": ["a", "b"]}; Docs/Expressions.md lists the operations.
      """
    var graph = try graph()
    do {
      try graph.declare("e", as: TensorExpression(json: json))
      Issue.record("nothing was thrown")
    } catch let error as ExpressionError {
      #expect(error.code == .malformed)
      #expect(error.message == message || error.message == message + wayOut)
    } catch let error as GraphError {
      #expect(error.message == "Cannot declare variable \"e\": \(message)")
    }
  }
}
