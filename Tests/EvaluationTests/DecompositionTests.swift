import Nascent
import Synchronization
import TestSupport
import Testing

/// The factors have their properties, to a bound that follows from the rounding unit.
struct DecompositionTests {
  private static let cases: [(rows: Int, columns: Int, type: ScalarType)] =
    [(1, 1), (5, 3), (3, 5), (8, 8), (40, 17), (17, 40), (64, 64), (1, 7), (7, 1), (0, 3), (3, 0)]
    .flatMap { size in [ScalarType.float32, .float64].map { (size.0, size.1, $0) } }

  private func factors(
    _ rows: Int, _ columns: Int, _ type: ScalarType, _ base: TensorExpression? = nil
  ) async throws -> [String: [Double]] {
    var graph = VariableGraph(seed: 3)
    try graph.declare(
      "a", shape: [rows, columns], dtype: type, initializer: .normal(standardDeviation: 1))
    if let base { try graph.declare("b", as: base) }
    let matrix = TensorExpression.value(base == nil ? "a" : "b")
    try graph.declare("q", as: matrix.qr.q)
    try graph.declare("r", as: matrix.qr.r)
    try graph.declare("u", as: matrix.svd.u)
    try graph.declare("s", as: matrix.svd.s)
    try graph.declare("vt", as: matrix.svd.vt)
    let runtime = Runtime(graph: graph)
    var values: [String: [Double]] = [:]
    for variable in graph.variables {
      values[variable.name] = try await runtime.value(of: variable.name).doubles()
    }
    return values
  }

  private func product(
    _ a: [Double], _ b: [Double], _ rows: Int, _ inner: Int, _ columns: Int
  ) -> [Double] {
    (0..<rows * columns).map { place in
      (0..<inner).reduce(0) {
        $0 + a[place / columns * inner + $1] * b[$1 * columns + place % columns]
      }
    }
  }

  private func difference(_ a: [Double], _ b: [Double]) -> Double {
    #expect(a.count == b.count)
    return zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  private func transposed(_ a: [Double], _ rows: Int, _ columns: Int) -> [Double] {
    (0..<rows * columns).map { a[$0 % rows * columns + $0 / rows] }
  }

  private func unit(_ count: Int) -> [Double] {
    (0..<count * count).map { $0 / count == $0 % count ? 1 : 0 }
  }

  private func norm(_ a: [Double]) -> Double { a.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  @Test(arguments: cases)
  func `factors multiply to the matrix, and are orthonormal`(
    rows: Int, columns: Int, type: ScalarType
  ) async throws {
    let found = try await factors(rows, columns, type)
    let (a, rank) = (found["a"] ?? [], min(rows, columns))
    let (q, r) = (found["q"] ?? [], found["r"] ?? [])
    let (u, s, vt) = (found["u"] ?? [], found["s"] ?? [], found["vt"] ?? [])
    // A factorization by Householder or Jacobi is off by some units of rounding for each of the `rank`
    // steps, relative to the Frobenius norm: Higham (2002), "Accuracy and stability of numerical
    // algorithms", theorem 19.4. Ten a step are allowed.
    let rounding = type == .float32 ? 0x1p-24 : 0x1p-53
    let bound = 10 * Double(rank + 1) * rounding * (norm(a) + Double(rank).squareRoot())
    #expect(difference(product(q, r, rows, rank, columns), a) <= bound)
    #expect(
      difference(product(transposed(q, rows, rank), q, rank, rows, rank), unit(rank)) <= bound)
    for i in 0..<rank {
      #expect(r[i * columns + i] >= 0)
      for j in 0..<min(i, columns) { #expect(r[i * columns + j] == 0) }
    }
    var scaled = u
    for place in scaled.indices { scaled[place] *= s[place % rank] }
    #expect(difference(product(scaled, vt, rows, rank, columns), a) <= bound)
    #expect(
      difference(product(transposed(u, rows, rank), u, rank, rows, rank), unit(rank)) <= bound)
    #expect(
      difference(product(vt, transposed(vt, rank, columns), rank, columns, rank), unit(rank))
        <= bound)
    #expect(s == s.sorted(by: >) && s.allSatisfy { $0 >= 0 })
    for j in 0..<rank {
      let column = (0..<rows).map { u[$0 * rank + j] }
      let largest = column.map(\.magnitude).max() ?? 0
      #expect((column.first { $0.magnitude == largest } ?? 1) > 0)
    }
  }

  @Test func `a matrix without full rank has orthonormal factors, too`() async throws {
    for (rows, columns) in [(6, 4), (4, 6), (5, 5)] {
      // The first row over and over: rank 1; and zeros: rank 0.
      let first = TensorExpression.value("a").sliced(0..<1).broadcast(to: [rows, columns])
      for (base, rank) in [(first, 1), (.zeros(like: "a"), 0)] {
        let found = try await factors(rows, columns, .float64, base)
        let (u, s, vt) = (found["u"] ?? [], found["s"] ?? [], found["vt"] ?? [])
        let count = min(rows, columns)
        let bound = 100 * 0x1p-53
        #expect(s.dropFirst(rank).allSatisfy { $0 <= bound * (s[0] + 1) })
        #expect(
          difference(product(transposed(u, rows, count), u, count, rows, count), unit(count))
            <= bound)
        #expect(
          difference(
            product(vt, transposed(vt, count, columns), count, columns, count), unit(count))
            <= bound)
      }
    }
  }

  @Test func `singular values of a diagonal matrix are its numbers, whatever their size`()
    async throws
  {
    func factors(_ diagonal: [Double]) async throws -> (s: [Double], u: [Double]) {
      var graph = VariableGraph()
      let rows = diagonal.indices.map { row in
        JSONValue.array(diagonal.indices.map { .double($0 == row ? diagonal[row] : 0) })
      }
      let svd = try TensorExpression.constant(.array(rows), as: .float64).svd
      try graph.declare("s", as: svd.s)
      try graph.declare("u", as: svd.u)
      let runtime = Runtime(graph: graph)
      return try await (
        runtime.value(of: "s").array(of: Double.self), runtime.value(of: "u").array(of: Double.self)
      )
    }
    let wide = try await factors([1e-100, -3e40, 2])
    #expect(wide.s == [3e40, 2, 1e-100])
    #expect(wide.u == [0, 0, 1, 1, 0, 0, 0, 1, 0])
    // What is below 2⁻⁵⁰⁰ of the largest is 0, and its columns are the first that are free.
    let wider = try await factors([1e-200, -3e200, 2])
    #expect(wider.s == [3e200, 0, 0])
    #expect(wider.u == [0, 1, 0, 1, 0, 0, 0, 0, 1])
  }

  @Test func `a decomposition that three variables share is made once`() async throws {
    var graph = VariableGraph(seed: 1)
    let counter = CountingInitializer()
    try graph.declare("a", shape: [20, 30], initializer: counter)
    let svd = TensorExpression.value("a").svd
    try graph.declare("u", as: svd.u)
    try graph.declare("s", as: svd.s)
    try graph.declare("vt", as: svd.vt)
    let runtime = Runtime(graph: graph)
    for name in ["u", "s", "vt"] { _ = try await runtime.value(of: name) }
    #expect(counter.elements.withLock { $0 } == 600)
  }
}
