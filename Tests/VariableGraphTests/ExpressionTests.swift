import Foundation
import Initializers
import Tensors
import Testing
import VariableGraph

struct ExpressionTests {
  /// Every operation once, with the JSON that it is written as.
  private static let written: [(TensorExpression, String)] = [
    ("w", #""w""#),
    (.copy("w"), #""w""#),
    (
      TensorExpression.value("w").cast(to: .float16), #"{"dtype":"float16","of":["w"],"op":"cast"}"#
    ),
    (TensorExpression.value("w").scaled(by: 0.5), #"{"by":0.5,"of":["w"],"op":"scale"}"#),
    (-TensorExpression.value("w"), #"{"of":["w"],"op":"negate"}"#),
    (TensorExpression.value("w").squareRoot(), #"{"of":["w"],"op":"sqrt"}"#),
    ("w" + "b" + "c", #"{"of":["w","b","c"],"op":"add"}"#),
    ("w" - "b", #"{"of":["w","b"],"op":"subtract"}"#),
    ("w" * "b" * "c", #"{"of":["w","b","c"],"op":"multiply"}"#),
    (TensorExpression.value("w") / "b", #"{"of":["w","b"],"op":"divide"}"#),
    (
      TensorExpression.value("w").reshaped(to: [2, -1]),
      #"{"of":["w"],"op":"reshape","shape":[2,-1]}"#
    ),
    (.transpose("w"), #"{"of":["w"],"op":"transpose"}"#),
    (
      TensorExpression.value("w").transposed([1, 0]),
      #"{"axes":[1,0],"of":["w"],"op":"transpose"}"#
    ),
    (
      TensorExpression.value("w").sliced(1..<5, axis: -1, step: 2),
      #"{"of":["w"],"op":"slice","ranges":[{"axis":-1,"from":1,"step":2,"to":5}]}"#
    ),
    (.concatenate(["w", "b"], axis: 1), #"{"axis":1,"of":["w","b"],"op":"concatenate"}"#),
    (.stack(["w", "b"]), #"{"axis":0,"of":["w","b"],"op":"stack"}"#),
    (
      TensorExpression.value("w").padded([.init(axis: 0, before: 1, after: 2)], with: 1),
      #"{"of":["w"],"op":"pad","paddings":[{"after":2,"axis":0,"before":1}],"value":1.0}"#
    ),
    (
      TensorExpression.value("w").broadcast(to: [3, 2]),
      #"{"of":["w"],"op":"broadcast","shape":[3,2]}"#
    ),
    (TensorExpression.value("w").repeated(3), #"{"axis":0,"count":3,"of":["w"],"op":"repeat"}"#),
    (TensorExpression.value("w").norm(axes: [0]), #"{"axes":[0],"of":["w"],"op":"norm"}"#),
    (.matmul("w", "b"), #"{"of":["w","b"],"op":"matmul"}"#),
    (TensorExpression.value("w").qr.q, #"{"of":["w"],"op":"qr_q"}"#),
    (TensorExpression.value("w").qr.r, #"{"of":["w"],"op":"qr_r"}"#),
    (TensorExpression.value("w").svd.u, #"{"of":["w"],"op":"svd_u"}"#),
    (TensorExpression.value("w").svd.s, #"{"of":["w"],"op":"svd_s"}"#),
    (TensorExpression.value("w").svd.vt, #"{"of":["w"],"op":"svd_vt"}"#),
    (.zeros(like: "w"), #"{"of":["w"],"op":"zeros_like"}"#),
    (.ones(like: "w"), #"{"of":["w"],"op":"ones_like"}"#),
  ]

  @Test func `an expression is written as JSON and read back`() throws {
    for (expression, text) in Self.written {
      #expect(expression.json.canonicalText == text)
      let parsed = try JSONValue(parsing: Data(text.utf8))
      #expect(try TensorExpression(json: parsed) == expression)
    }
  }

  @Test(arguments: [
    (#"{"op":"copy","of":"w"}"#, "\"w\""),
    (#"{"op":"negate","of":"w"}"#, #"{"of":["w"],"op":"negate"}"#),
    (#"{"op":"norm","of":"w","axis":1}"#, #"{"axes":[1],"of":["w"],"op":"norm"}"#),
    (#"{"op":"stack","of":["w"]}"#, #"{"axis":0,"of":["w"],"op":"stack"}"#),
    (
      #"{"op":"slice","of":"w","ranges":[{"from":1,"to":2}]}"#,
      #"{"of":["w"],"op":"slice","ranges":[{"axis":0,"from":1,"step":1,"to":2}]}"#
    ),
    (#"{"constant":[1,0.5]}"#, #"{"constant":[1.0,0.5],"dtype":"float32"}"#),
    (#"{"constant":0.1,"dtype":"float16"}"#, #"{"constant":0.0999755859375,"dtype":"float16"}"#),
    (
      #"{"constant":[[9007199254740993]],"dtype":"int64"}"#,
      #"{"constant":[[9007199254740993]],"dtype":"int64"}"#
    ),
    (#"{"constant":1e19,"dtype":"uint64"}"#, #"{"constant":1e+19,"dtype":"uint64"}"#),
    (#"{"constant":["NaN","-Infinity"]}"#, #"{"constant":["NaN","-Infinity"],"dtype":"float32"}"#),
    (#"{"constant":true,"dtype":"bool"}"#, #"{"constant":true,"dtype":"bool"}"#),
    (#"{"constant":[]}"#, #"{"constant":[],"dtype":"float32"}"#),
  ])
  func `short forms are read, too`(text: String, written: String) throws {
    let json = try JSONValue(parsing: Data(text.utf8))
    #expect(try TensorExpression(json: json).json.canonicalText == written)
  }

  @Test func `an expression is shown as calls`() {
    let expression = TensorExpression.value("w").scaled(by: 0.5) + .transpose("b")
    #expect("\(expression)" == "add(scale(w, by=0.5), transpose(b))")
    #expect("\(ExpressionInitializer(expression).configuration)" == "\(expression)")
  }

  @Test func `variables are declared before they are read, so that no cycle can be written`() throws
  {
    var graph = VariableGraph()
    try graph.declare("w", shape: [2, 3], initializer: .zeros)
    try graph.scope("head") { try $0.declare("kernel", as: .transpose("w")) }
    try graph.tie("alias", to: "w")
    try graph.declare("copy", as: .copy("alias"))
    #expect(graph["head/kernel"]?.shape.dimensions == [3, 2])
    // An alias is kept as the variable that it stands for.
    #expect(graph["copy"]?.expression == .value("w"))
    #expect(throws: GraphError.self) { try graph.declare("self", as: "self" + "w") }
    #expect(graph["self"] == nil)
    try graph.reinitialize("copy", initializer: ExpressionInitializer(-TensorExpression.value("w")))
    #expect(graph["copy"]?.expression == -TensorExpression.value("w"))
    #expect(graph.inputs(of: try graph.variable(named: "copy")).map(\.name) == ["w"])
  }

  @Test func `an expression draws nothing from the streams of PyTorch and Flax`() throws {
    for dialect in [Dialect.pyTorch, .flaxNNX, .flaxLinen] {
      func places(_ hasExpression: Bool) throws -> [String?] {
        var graph = VariableGraph(dialect: dialect)
        try graph.declare("a", shape: [3, 3], initializer: .heUniform())
        if hasExpression { try graph.declare("e", as: .copy("a")) }
        let b = try graph.declare("b", shape: [3, 3], initializer: .heUniform())
        return [
          b.streamPlace.map { "\($0.json.canonicalText)" }, b.streamIndex.map(String.init),
          Fingerprint.variable(b, in: graph).hex,
        ]
      }
      #expect(try places(true) == places(false))
    }
  }
}
