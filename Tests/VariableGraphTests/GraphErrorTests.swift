import Initializers
import Tensors
import Testing
import VariableGraph

/// Each refusal of a declaration, with its whole message; the graph stays as it was.
struct GraphErrorTests {
  private static let zero = ConstantInitializer(0)

  private func expect(
    _ message: String, _ code: GraphError.Code,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ declare: (inout VariableGraph) throws -> Void
  ) throws {
    var graph = VariableGraph()
    try graph.declare("kernel", shape: [784, 512], initializer: Self.zero)
    try graph.tie("head", to: "kernel")
    let before = graph.fingerprint()
    do {
      try declare(&graph)
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as GraphError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    }
    #expect(graph.fingerprint() == before, sourceLocation: sourceLocation)
  }

  @Test func `a taken name is refused`() throws {
    try expect(
      """
      Cannot declare variable "kernel": the name is already taken by variable 0 (float32 [784, 512]).
      Choose another name, or read the existing variable with graph["kernel"].
      """, .duplicateName
    ) { try $0.declare("kernel", shape: [1], initializer: Self.zero) }
    try expect(
      """
      Cannot declare variable "head": the name is already taken by an alias of "kernel".
      Choose another name, or read the existing variable with graph["head"].
      """, .duplicateName
    ) { try $0.declare("head", shape: [1], initializer: Self.zero) }
  }

  @Test(arguments: [
    ("", "\"\"", "is empty"), ("a\u{0}b", "\"a\\u0000b\"", "has the control character U+0000"),
    (" a", "\" a\"", "begins or ends with a space"),
    ("a//b", "\"a//b\"", "has an empty part between slashes"),
    (
      String(repeating: "x", count: 2000), "\"\(String(repeating: "x", count: 80))…\"",
      "has 2000 bytes"
    ),
  ])
  func `a malformed name is refused`(name: String, shown: String, reason: String) throws {
    try expect(
      """
      Cannot declare variable \(shown): its name \(reason).
      Names have 1 to 1024 bytes of UTF-8, no control characters, no space at either end, and no \
      empty part between slashes.
      """, .malformedName
    ) { try $0.declare(name, shape: [1], initializer: Self.zero) }
  }

  @Test func `a shape that is none is refused`() throws {
    try expect(
      """
      Cannot declare variable "v": Shape [3, -1] has the negative size -1 at axis 1.
      Give every axis a size of 0 or more.
      """, .invalidShape
    ) { try $0.declare("v", shape: [3, -1], initializer: Self.zero) }
    try expect(
      """
      Cannot declare variable "v": Shape [4611686018427387904, 4] has more than 2^63 - 1 elements.
      Check the sizes; no machine can hold such a tensor.
      """, .invalidShape
    ) { try $0.declare("v", shape: [1 << 62, 4], initializer: Self.zero) }
    try expect(
      """
      Cannot declare variable "v": A float32 tensor of shape [4611686018427387904] has more than \
      2^63 - 1 bytes: 4611686018427387904 elements of 4 bytes.
      Check the sizes; no machine can hold such a tensor.
      """, .invalidShape
    ) { try $0.declare("v", shape: [1 << 62], initializer: Self.zero) }
  }

  @Test func `a model of too many bytes is refused`() throws {
    try expect(
      """
      Cannot declare variable "v": the bytes of all variables together would pass 2^63 - 1.
      Check the shapes; no machine can hold such a model.
      """, .tooLarge
    ) { try $0.declare("v", shape: [Int.max], dtype: .int8, initializer: Self.zero) }
  }

  @Test func `an initializer that does not fit is refused`() throws {
    try expect(
      """
      Cannot declare variable "v": HeUniform cannot make dtype int32; it makes float16, bfloat16, \
      float32, float64.
      Choose one of these dtypes, or another initializer.
      """, .unsuitableInitializer
    ) { try $0.declare("v", shape: [3], dtype: .int32, initializer: .heUniform()) }
    try expect(
      """
      Cannot declare variable "v": Identity needs a shape of two axes, found [3, 3, 3] of rank 3.
      Choose such a shape, or another initializer.
      """, .unsuitableInitializer
    ) { try $0.declare("v", shape: [3, 3, 3], initializer: .identity()) }
    try expect(
      """
      Cannot declare variable "v": Constant has the value 0.5, which is not a value of dtype int8.
      Choose a value that the dtype holds, or another dtype.
      """, .unsuitableInitializer
    ) { try $0.declare("v", shape: [3], dtype: .int8, initializer: .constant(0.5)) }
    let list = try ConstantInitializer(json: [1, 2])
    try expect(
      """
      Cannot declare variable "v": Constant has a list of 2 values, and shape [3] needs 3.
      Give one value, or one for each element in row-major order.
      """, .unsuitableInitializer
    ) { try $0.declare("v", shape: [3], initializer: list) }
  }

  @Test func `a variable without an initializer is refused`() throws {
    try expect(
      """
      Variable "v" has no initializer, and no rule matches.
      Give an initializer, or add a rule such as {"match": "*", "initializer": "zeros"}.
      """, .missingInitializer
    ) { try $0.declare("v", shape: [3]) }
  }

  @Test func `an unknown name is answered with the nearest`() throws {
    try expect(
      """
      There is no variable "kernal" in the graph. Did you mean "kernel"?
      Declare it first, or correct the name.
      """, .unknownVariable
    ) { try $0.tie("other", to: "kernal") }
  }

  @Test func `an unknown dialect is answered with the known`() throws {
    try expect(
      """
      There is no dialect "fortran" in this version; there are tensorflow, \
      \(Dialect.all.dropFirst().map(\.name).joined(separator: ", ")).
      Choose one of these.
      """, .unknownDialect
    ) { _ in _ = try Dialect(named: "fortran") }
  }
}
