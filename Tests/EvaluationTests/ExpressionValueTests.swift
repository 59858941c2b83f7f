import Nascent
import TestSupport
import Testing

/// Known answers of every operation.
struct ExpressionValueTests {
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph()
    try graph.declare(
      "m", shape: [2, 3], initializer: ConstantInitializer(json: [1, 2, 3, 4, 5, 6]))
    try graph.declare("v", shape: [3], initializer: ConstantInitializer(json: [0.5, -1, 2]))
    try graph.declare(
      "i", shape: [4], dtype: .int8, initializer: ConstantInitializer(json: [1, -128, 127, 100]))
    try graph.declare("w", shape: [2, 2], initializer: ConstantInitializer(json: [3, 0, 4, 5]))
    return graph
  }

  private func value(_ expression: TensorExpression) async throws -> Tensor {
    var graph = try graph()
    try graph.declare("e", as: expression)
    return try await Runtime(graph: graph).value(of: "e")
  }

  private func expect(
    _ expression: TensorExpression, _ values: [Double], _ shape: [Int],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let found = try await value(expression)
    #expect(try found.doubles() == values, sourceLocation: sourceLocation)
    #expect(found.shape.dimensions == shape, sourceLocation: sourceLocation)
  }

  @Test func `elements are combined one by one`() async throws {
    try await expect(.copy("v"), [0.5, -1, 2], [3])
    try await expect("v" + "v" + "v", [1.5, -3, 6], [3])
    try await expect("v" - .value("v").scaled(by: 3), [-1, 2, -4], [3])
    try await expect("v" * "v", [0.25, 1, 4], [3])
    try await expect("v" / .value("v"), [1, 1, 1], [3])
    try await expect(-"v", [-0.5, 1, -2], [3])
    try await expect(("v" * "v").squareRoot(), [0.5, 1, 2], [3])
    try await expect(.zeros(like: "m"), [0, 0, 0, 0, 0, 0], [2, 3])
    try await expect(.ones(like: "i"), [1, 1, 1, 1], [4])
    try await expect(.constant([[1, 2], [3, 4]]), [1, 2, 3, 4], [2, 2])
    try await expect(.constant(7, as: .uint8), [7], [])
  }

  @Test func `integers wrap, as NumPy's do`() async throws {
    try await expect("i" + "i", [2, 0, -2, -56], [4])
    try await expect("i" * "i", [1, 0, 1, 16], [4])
    try await expect(-"i", [-1, -128, -127, -100], [4])
    try await expect(.value("i").cast(to: .uint8), [1, 128, 127, 100], [4])
    try await expect(.value("i").cast(to: .float64), [1, -128, 127, 100], [4])
    try await expect(.value("i").cast(to: .bool), [1, 1, 1, 1], [4])
  }

  @Test func `floating-point numbers become integers towards zero`() async throws {
    try await expect(.value("v").cast(to: .int32), [0, -1, 2], [3])
    try await expect(.value("v").scaled(by: 1.9).cast(to: .int8), [0, -1, 3], [3])
    try await expect(.value("v").cast(to: .bool), [1, 1, 1], [3])
    // -0.95 is above -1: its integer part is a value of uint8.
    try await expect(.constant([-0.95, 255.9]).cast(to: .uint8), [0, 255], [2])
  }

  @Test func `16-bit numbers are computed in float32 and rounded once`() async throws {
    let third = TensorExpression.value("v").cast(to: .float16).scaled(by: 1.0 / 3)
    // 1/3 in binary16 is 1365 · 2⁻¹²; half of it is exact.
    try await expect(third, [1365 * 0x1p-13, -1365 * 0x1p-12, 1365 * 0x1p-11], [3])
    // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷ of bfloat16: ties go to even.
    let brain = try TensorExpression.constant(0x1p-8, as: .bfloat16).broadcast(to: [3])
    try await expect(
      .value("v").cast(to: .bfloat16) * .value("v").cast(to: .bfloat16) + brain,
      [0.25390625, 1, 4], [3])
  }

  @Test func `elements move`() async throws {
    try await expect(.transpose("m"), [1, 4, 2, 5, 3, 6], [3, 2])
    try await expect(.value("m").reshaped(to: [3, 2]), [1, 2, 3, 4, 5, 6], [3, 2])
    try await expect(.value("m").transposed([1, 0]).reshaped(to: [6]), [1, 4, 2, 5, 3, 6], [6])
    try await expect(.value("m").sliced(1..<3, axis: -1), [2, 3, 5, 6], [2, 2])
    try await expect(.value("m").sliced(0..<3, axis: 1, step: 2), [1, 3, 4, 6], [2, 2])
    try await expect(.concatenate(["m", "m"]), [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6], [4, 3])
    try await expect(
      .concatenate(["w", .value("m").sliced(0..<1, axis: 1)], axis: 1), [3, 0, 1, 4, 5, 4], [2, 3])
    try await expect(.stack(["v", "v"], axis: 1), [0.5, 0.5, -1, -1, 2, 2], [3, 2])
    try await expect(
      .value("v").padded([.init(axis: 0, before: 1, after: 2)], with: 9), [9, 0.5, -1, 2, 9, 9], [6]
    )
    try await expect(.value("v").broadcast(to: [2, 3]), [0.5, -1, 2, 0.5, -1, 2], [2, 3])
    try await expect(.value("v").repeated(2), [0.5, 0.5, -1, -1, 2, 2], [6])
    try await expect(
      .value("m").repeated(2, axis: 1), [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6], [2, 6])
  }

  @Test func `norms and products`() async throws {
    try await expect(
      .value("w").norm(axes: [1]), [3, (41 as Double).squareRoot()].map { Double(Float($0)) },
      [2, 1])
    try await expect(.value("w").norm(axes: [0]), [5, 5], [1, 2])
    try await expect(
      .value("w").norm(axes: [0, 1]), [Double(Float((50 as Double).squareRoot()))], [1, 1])
    try await expect(.matmul("w", "m"), [3, 6, 9, 24, 33, 42], [2, 3])
    let empty = TensorExpression.value("m").sliced(0..<0, axis: 1)
    try await expect(.matmul(empty, empty.transposed()), [0, 0, 0, 0], [2, 2])
    try await expect(empty.norm(axes: [1]), [0, 0], [2, 1])
  }

  @Test func `a NaN of arithmetic is the positive quiet one, and a copied one is kept`()
    async throws
  {
    let infinity = try TensorExpression.constant(.double(.infinity))
    #expect(try await value(infinity - infinity).array(of: Float.self)[0].bitPattern == 0x7fc0_0000)
    let zero = try TensorExpression.constant(0, as: .float64)
    #expect(
      try await value(zero / zero).array(of: Double.self)[0].bitPattern == 0x7ff8_0000_0000_0000)
    let matrix = try TensorExpression.constant([["Infinity"]])
    let product = try await value(.matmul(matrix, .constant([[0]])))
    #expect(try product.array(of: Float.self)[0].bitPattern == 0x7fc0_0000)
    let norm = try await value((-(infinity - infinity)).reshaped(to: [1]).norm(axes: [0]))
    #expect(try norm.array(of: Float.self)[0].bitPattern == 0x7fc0_0000)
    #expect(
      try await value(-(infinity - infinity)).array(of: Float.self)[0].bitPattern == 0xffc0_0000)
  }
}
