import Foundation
import Nascent
import TestSupport
import Testing

/// PyTorch's one generator: what is drawn first decides what comes next.
struct TorchStreamTests {
  private struct Stream: Decodable {
    let seed: Int64
    let calls: [Call]

    struct Call: Decodable {
      let name: String
      let config: JSONValue
      let shape: [Int]
      let dtype: String
      let sha256: String?
    }

    func graph() throws -> VariableGraph {
      var graph = VariableGraph(seed: seed, dialect: .pyTorch)
      for (index, call) in calls.enumerated() {
        try graph.declare(
          "v\(index)", call.shape, #require(ScalarType(rawValue: call.dtype)),
          InitializerRegistry.standard.initializer(
            .object(["class_name": .string("torch.nn.init.\(call.name)"), "config": call.config])))
      }
      return graph
    }
  }

  private static func streams() throws -> [Stream] {
    let file = ProjectFiles.root.appending(path: "Tests/Vectors/torch-streams.json")
    return try JSONDecoder().decode([Stream].self, from: Data(contentsOf: file))
  }

  @Test func `calls one after another have PyTorch's digests`() async throws {
    var compared = 0
    for stream in try Self.streams() {
      let runtime = Runtime(graph: try stream.graph())
      for (index, call) in stream.calls.enumerated() {
        guard let expected = call.sha256 else { continue }
        let digest = try await runtime.value(of: "v\(index)").digest().hex
        #expect(
          digest == expected, "seed \(stream.seed), call \(index): \(call.name) \(call.shape)")
        compared += 1
      }
    }
    #expect(compared > 150)
  }

  @Test func `each variable of a stream is the same alone`() async throws {
    var compared = 0
    for stream in try Self.streams().prefix(20) {
      for (index, call) in stream.calls.enumerated().reversed() {
        guard let expected = call.sha256 else { continue }
        // A new graph and runtime for each, the last first: nothing was made before.
        let value = try await Runtime(graph: stream.graph()).value(of: "v\(index)")
        #expect(value.digest().hex == expected, "seed \(stream.seed), call \(index)")
        compared += 1
      }
    }
    #expect(compared > 70)
  }

  @Test func `values that are thrown away count`() async throws {
    for stream in try Self.streams() {
      guard let last = stream.calls.last, let expected = last.sha256 else { continue }
      var graph = VariableGraph(seed: stream.seed, dialect: .pyTorch)
      let declared = try stream.graph().variables
      for variable in declared.dropLast() {
        try graph.discard(variable)
      }
      let variable = try #require(declared.last)
      try graph.declare(
        variable.name, last.shape, variable.scalarType, variable.initializer)
      #expect(try await Runtime(graph: graph).value(of: variable.name).digest().hex == expected)
    }
  }

  @Test func `a place reads back from its JSON`() throws {
    var behindUnknownDraws = 0
    for stream in try Self.streams() {
      let graph = try stream.graph()
      for variable in graph.variables {
        guard let place = variable.streamPlace else { continue }
        let json = try JSONValue(parsing: Data(place.json.canonicalText.utf8))
        let read = try StreamPlace(json: json)
        #expect(read.json == place.json)
        let memory = StreamMemory()
        #expect(
          read.state(seed: graph.seed, memory: memory)
            == place.state(seed: graph.seed, memory: memory))
        if place.wordCount == nil { behindUnknownDraws += 1 }
      }
    }
    #expect(behindUnknownDraws > 10)
  }

  @Test func `the bytes do not depend on cores, memory or slices`() async throws {
    var graph = VariableGraph(seed: 3, dialect: .pyTorch)
    try graph.declare("a", shape: [700_001], initializer: .torchNormal())
    try graph.declare("b", shape: [3, 200_003], initializer: .torchUniform(from: -1, to: 1))
    try graph.declare(
      "c", shape: [1_100_000], dtype: .bfloat16, initializer: .torchNormal(mean: 1))
    try graph.declare("d", shape: [90_000], dtype: .float64, initializer: .torchNormal())
    try graph.declare("e", shape: [501, 999], initializer: .torchTruncatedNormal())
    try graph.declare("f", shape: [600_000], initializer: .heNormal())
    let runtime = Runtime(
      graph: graph, configuration: RuntimeConfiguration(jobCount: 1, memoryByteCount: 1 << 30))
    for variable in graph.variables {
      let whole = try await runtime.value(of: variable.name)
      let digest = whole.digest()
      for jobs in 2...3 {
        let other = Runtime(
          graph: graph, configuration: RuntimeConfiguration(jobCount: jobs, memoryByteCount: 1))
        #expect(try await other.value(of: variable.name).digest() == digest, "\(variable)")
      }
    }
  }

  @Test func `an initializer that does not say what it draws is refused`() throws {
    struct Silent: ElementwiseInitializer {
      var configuration: InitializerConfiguration { .init(className: "Silent", config: [:]) }
      var seeding: Seeding { .graph }
      func value(at index: Int, of target: FillTarget) -> Double { 0 }
    }
    var graph = VariableGraph(dialect: .pyTorch)
    let error = #expect(throws: GraphError.self) {
      try graph.declare("x", shape: [2], initializer: Silent())
    }
    #expect((error?.cause as? InitializerError)?.code == .unknownDraws)
    #expect(
      error?.message == """
        Cannot declare variable "x": Silent does not say what it draws, and in the dialect pytorch the \
        next variable's values depend on it.
        Add sequentialDraws(_:_:) to it, give it a seed of its own, or choose another dialect.
        """)
    #expect(graph.variables.isEmpty)
    #expect(graph.stream == .beginning)
  }

  @Test(arguments: [
    #"7"#, #"{}"#, #"{"words": -1}"#, #"{"words": 1.5}"#, #"{"words": 9223372036854775807}"#,
    #"{"words": 3, "pair": 0}"#, #"{"words": 3, "pair": true}"#, #"{"after": []}"#,
    #"{"after": [{}], "empty": {"words": 0}, "kept": {"words": 0}}"#,
  ])
  func `a malformed place is refused`(text: String) throws {
    var graph = VariableGraph(dialect: .pyTorch)
    let error = #expect(throws: GraphError.self) {
      try graph.declare(
        "x", shape: [2], initializer: .torchNormal(),
        metadata: ["stream_place": try JSONValue(parsing: Data(text.utf8))])
    }
    #expect(error?.code == .malformedPlace)
    #expect(
      error?.message == """
        \(try JSONValue(parsing: Data(text.utf8)).canonicalText) is not a place in PyTorch's stream.
        Write the number of words drawn before as {"words": 1000}, with "pair" where a normal is kept.
        """)
  }

  @Test func `more words than a stream can count are refused`() throws {
    var graph = VariableGraph(dialect: .pyTorch)
    let half = 1 << 60
    try graph.discard(
      shape: [half], dtype: .float64, initializer: .torchUniform())
    #expect(throws: GraphError.self) {
      for _ in 0..<4 {
        try graph.discard(shape: [half], dtype: .float64, initializer: .torchUniform())
      }
    }
    #expect(throws: GraphError.self) {
      try graph.declare("x", shape: [1 << 61], dtype: .bfloat16, initializer: .heNormal())
    }
  }
}

extension VariableGraph {
  fileprivate mutating func declare(
    _ name: String, _ shape: [Int], _ type: ScalarType, _ initializer: some Initializer
  ) throws {
    try declare(name, shape: shape, dtype: type, initializer: initializer)
  }

  fileprivate mutating func discard(_ variable: Variable) throws {
    try discard(variable, variable.initializer)
  }

  private mutating func discard(_ variable: Variable, _ initializer: some Initializer) throws {
    try discard(
      shape: variable.shape.dimensions, dtype: variable.scalarType, initializer: initializer)
  }
}
