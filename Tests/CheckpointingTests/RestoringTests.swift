import Foundation
import Nascent
import TestSupport
import Testing

/// Restoring the values of another model.
struct RestoringTests {
  private let folder: TemporaryFolder
  private let store: CheckpointStore

  init() throws {
    folder = try TemporaryFolder()
    store = try CheckpointStore(path: folder.path("s.db"))
  }

  /// The model that the store has: two layers and a head, named and laid out as its framework does it.
  private func donor() throws -> VariableGraph {
    var graph = VariableGraph(seed: 4)
    for layer in 0..<2 {
      try graph.declare(
        "module.layers.\(layer).attn.weight", shape: [6, 4], dtype: .float64,
        initializer: .normal())
      try graph.declare("module.layers.\(layer).attn.bias", shape: [4], initializer: .normal())
    }
    try graph.declare("module.head", shape: [4, 4], initializer: .normal())
    return graph
  }

  /// The same model in another's words: other names, `[out, in]`, half the bytes.
  private func receiver() throws -> VariableGraph {
    var graph = VariableGraph(seed: 5)
    for layer in 0..<2 {
      try graph.declare(
        "net/blocks.\(layer).attention.weight", shape: [4, 6], initializer: .zeros)
      try graph.declare("net/blocks.\(layer).attention.bias", shape: [4], initializer: .zeros)
    }
    try graph.declare("net/head", shape: [4, 4], dtype: .bfloat16, initializer: .zeros)
    return graph
  }

  private func configuration() throws -> RestoreConfiguration {
    RestoreConfiguration(
      strippedPrefix: "module.",
      nameMaps: [
        try NameMap("layers.*.attn", to: "blocks.*.attention"),
        try NameMap("layers.*", to: "never.*"),
      ],
      addedPrefix: "net/", transpositions: [.init("*.weight"), .init("net/head")], casts: ["*"])
  }

  private func save(_ graph: VariableGraph) async throws -> Runtime {
    let runtime = Runtime(graph: graph)
    try await store.save(runtime, step: 0, name: "initial")
    return runtime
  }

  @Test func `a renamed, transposed and cast model is restored`() async throws {
    let source = try await save(donor())
    let runtime = Runtime(graph: try receiver())
    let report = try await runtime.restore(from: store, configuration: configuration())
    #expect(
      report.description == """
        5 restorable (5 renamed, 3 transposed, 3 cast), 0 missing, 0 unexpected, 0 mismatching
          renamed: module.layers.0.attn.weight to net/blocks.0.attention.weight
          renamed: module.layers.0.attn.bias to net/blocks.0.attention.bias
          renamed: module.layers.1.attn.weight to net/blocks.1.attention.weight
          renamed: module.layers.1.attn.bias to net/blocks.1.attention.bias
          renamed: module.head to net/head
          transposed: net/blocks.0.attention.weight from [6, 4] to [4, 6], axes [1, 0]
          transposed: net/blocks.1.attention.weight from [6, 4] to [4, 6], axes [1, 0]
          transposed: net/head from [4, 4] to [4, 4], axes [1, 0]
          cast: net/blocks.0.attention.weight from float64 to float32
          cast: net/blocks.1.attention.weight from float64 to float32
          cast: net/head from float32 to bfloat16
        """)
    for layer in 0..<2 {
      let stored = try await source.value(of: "module.layers.\(layer).attn.weight").doubles()
      let expected = (0..<4).flatMap { column in (0..<6).map { Float(stored[$0 * 4 + column]) } }
      let name = "net/blocks.\(layer).attention"
      #expect(try await runtime.value(of: "\(name).weight").array(of: Float.self) == expected)
      #expect(
        try await runtime.value(of: "\(name).bias")
          .isIdentical(to: source.value(of: "module.layers.\(layer).attn.bias")))
    }
    #expect(try await runtime.value(of: "net/head").scalarType == .bfloat16)
    #expect(await runtime.fillCounts.isEmpty)
    #expect(try await runtime.isAssigned("net/head"))
  }

  @Test func `without consent nothing is renamed, transposed or cast`() async throws {
    _ = try await save(donor())
    let runtime = Runtime(graph: try receiver())
    #expect(try await runtime.restore(from: store).missing.count == 5)
    var names = try configuration()
    names.transpositions = []
    names.casts = []
    let report = try await runtime.restore(from: store, configuration: names)
    #expect(
      report.mismatching.map { "\($0.name) \($0.declared) \($0.stored) \($0.remedy ?? "-")" } == [
        """
        net/blocks.0.attention.weight float32 [4, 6] float64 [6, 4] transposed it would fit, a cast \
        would make the dtypes equal
        """,
        """
        net/blocks.1.attention.weight float32 [4, 6] float64 [6, 4] transposed it would fit, a cast \
        would make the dtypes equal
        """,
        "net/head bfloat16 [4, 4] float32 [4, 4] a cast would make the dtypes equal",
      ])
    #expect(report.description.contains("float64 [6, 4] in the store; transposed it would fit, a"))
    // All or nothing: the biases would fit.
    #expect(try await runtime.uninitialized().count == 5)
  }

  @Test func `a dry run says what a restore would and changes nothing`() async throws {
    _ = try await save(donor())
    let dry = try store.restoreReport(for: receiver(), configuration: configuration())
    let runtime = Runtime(graph: try receiver())
    #expect(
      try await runtime.restore(from: store, configuration: configuration()).description
        == dry.description)
  }

  @Test func `only selected variables are restored`() async throws {
    _ = try await save(donor())
    let runtime = Runtime(graph: try receiver())
    var subset = try configuration()
    subset.selection = ["*.bias"]
    let report = try await runtime.restore(from: store, configuration: subset)
    #expect(
      report.description == """
        2 restorable (2 renamed), 0 missing, 0 unexpected, 0 mismatching, 3 left out
          renamed: module.layers.0.attn.bias to net/blocks.0.attention.bias
          renamed: module.layers.1.attn.bias to net/blocks.1.attention.bias
        """)
    #expect(report.leftOut.contains("net/head"))
    #expect(try await runtime.uninitialized().count == 3)
  }

  @Test func `the first map that matches counts, and other names stay`() async throws {
    let configuration = RestoreConfiguration(nameMaps: [
      try NameMap("a.b", to: "first"), try NameMap("a.*", to: "second.*"),
    ])
    #expect(configuration.name(for: "a.b") == "first")
    #expect(configuration.name(for: "a.c") == "second.c")
    #expect(configuration.name(for: "b.c") == "b.c")
  }

  @Test func `two sources of one variable are an error that names both`() async throws {
    var graph = VariableGraph()
    try graph.declare("old.w", shape: [2], initializer: .zeros)
    try graph.declare("new.w", shape: [2], initializer: .ones)
    _ = try await save(graph)
    var target = VariableGraph()
    try target.declare("new.w", shape: [2], initializer: .zeros)
    let configuration = RestoreConfiguration(nameMaps: [try NameMap("old", to: "new")])
    let runtime = Runtime(graph: target)
    await #expect {
      _ = try await runtime.restore(from: store, configuration: configuration)
    } throws: { error in
      (error as? CheckpointError)?.code == .ambiguousName
        && "\(error)" == """
          Cannot restore variable "new.w": "old.w" and "new.w" of the checkpoint both become it, so \
          nothing was restored.
          Change the maps of names so that one of them remains.
          """
    }
    #expect(throws: CheckpointError.self) {
      try store.restoreReport(for: target, configuration: configuration)
    }
  }

  @Test func `a value that the dtype cannot hold is an error, and nothing is restored`()
    async throws
  {
    var graph = VariableGraph()
    try graph.declare("a", shape: [2], initializer: .ones)
    try graph.declare("b", shape: [2], initializer: .constant(0.5))
    _ = try await save(graph)
    var target = VariableGraph()
    try target.declare("a", shape: [2], dtype: .int8, initializer: .zeros)
    try target.declare("b", shape: [2], dtype: .int8, initializer: .zeros)
    let runtime = Runtime(graph: target)
    await #expect {
      _ = try await runtime.restore(
        from: store, configuration: RestoreConfiguration(casts: ["*"]))
    } throws: { error in
      (error as? CheckpointError)?.code == .lossyCast
        && "\(error)" == """
          Cannot cast variable "b" of checkpoint "initial", so nothing was restored.
          Element 0 is 0.5, which int8 cannot hold: only floating-point numbers are rounded, and only \
          inside the range of their type.
          Keep the type, or choose one that can hold every element.
          """
    }
    #expect(try await runtime.uninitialized().count == 2)
  }

  @Test func `axes in another order that do not fit are a mismatch`() async throws {
    var graph = VariableGraph()
    try graph.declare("kernel", shape: [5, 3, 2, 2], initializer: .normal(seed: 1))
    let source = try await save(graph)
    var target = VariableGraph()
    try target.declare("kernel", shape: [2, 2, 3, 5], initializer: .zeros)
    func report(_ axes: [Int]?) throws -> RestoreReport {
      try store.restoreReport(
        for: target,
        configuration: RestoreConfiguration(transpositions: [.init("kernel", axes: axes)]))
    }
    for axes in [[0, 1, 2, 3], [1, 0], [0, 0, 0, 0]] {
      #expect(try report(axes).mismatching.map(\.remedy) == ["transposed it does not fit"])
    }
    #expect(try report([2, 3, 1, 0]).isComplete)
    #expect(try report(nil).isComplete)
    let runtime = Runtime(graph: target)
    _ = try await runtime.restore(
      from: store,
      configuration: RestoreConfiguration(
        transpositions: [.init("kernel", axes: [2, 3, 1, 0]), .init("*")]))
    #expect(
      try await runtime.value(of: "kernel")
        .isIdentical(to: source.value(of: "kernel").transposed(axes: [2, 3, 1, 0])))
  }

  @Test func `missing and unexpected variables are listed under their own names`() async throws {
    _ = try await save(donor())
    var target = try receiver()
    try target.declare("net/new", shape: [1], initializer: .zeros)
    var half = try configuration()
    half.nameMaps = [try NameMap("layers.0.attn", to: "blocks.0.attention")]
    let report = try store.restoreReport(for: target, configuration: half)
    #expect(
      report.missing == [
        "net/blocks.1.attention.weight", "net/blocks.1.attention.bias", "net/new",
      ])
    #expect(report.unexpected == ["module.layers.1.attn.weight", "module.layers.1.attn.bias"])
    #expect(report.description.contains("  missing: net/new\n  unexpected: module.layers.1.attn.w"))
  }

  @Test func `an alias needs no value of its own, and may have no other`() async throws {
    var separate = VariableGraph()
    try separate.declare("embedding", shape: [2], initializer: .ones)
    try separate.declare("head", shape: [2], initializer: .zeros)
    _ = try await save(separate)
    var tied = VariableGraph()
    try tied.declare("embedding", shape: [2], initializer: .zeros)
    try tied.tie("head", to: "embedding")
    #expect(
      try store.restoreReport(for: tied).description == """
        1 restorable, 0 missing, 0 unexpected, 1 mismatching
          mismatching: head is an alias of "embedding" in the graph and another value than that in the store
        """)
    let alone = RestoreConfiguration(nameMaps: [try NameMap("head", to: "other")])
    let report = try store.restoreReport(for: tied, configuration: alone)
    #expect(report.restorable == ["embedding", "head"])
    #expect(report.unexpected == ["head"])
  }

  @Test func `a tied model is restored into one that is not`() async throws {
    var tied = VariableGraph()
    try tied.declare("embedding", shape: [2], initializer: .ones)
    try tied.tie("head", to: "embedding")
    _ = try await save(tied)
    var separate = VariableGraph()
    try separate.declare("embedding", shape: [2], initializer: .zeros)
    try separate.declare("head", shape: [2], initializer: .zeros)
    let runtime = Runtime(graph: separate)
    #expect(try await runtime.restore(from: store).isComplete)
    try await runtime.update("head", as: Float.self) { $0[0] = 7 }
    #expect(try await runtime.value(of: "embedding").array(of: Float.self) == [1, 1])
  }

  @Test func `maps of many random models find every variable`() async throws {
    var generator = SeededGenerator(state: 9)
    for number in 0..<200 {
      let layers = Int.random(in: 1...4, using: &generator)
      let parts = ["q", "k", "v", "o"].shuffled(using: &generator)
        .prefix(Int.random(in: 1...4, using: &generator))
      let separator = Bool.random(using: &generator) ? "." : "/"
      let map = try NameMap(
        "enc\(separator)*\(separator)att", to: "encoder\(separator)*\(separator)attention")
      for layer in 0..<layers {
        for part in parts {
          let tail = [String(layer), part].joined(separator: separator)
          #expect(
            map.renamed("enc\(separator)\(layer)\(separator)att\(separator)\(tail)")
              == "encoder\(separator)\(layer)\(separator)attention\(separator)\(tail)",
            "case \(number)")
        }
      }
    }
  }
}
