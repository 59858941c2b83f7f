import Foundation
import Initializers
import Synchronization
import TestSupport
import Testing
import VariableGraph

@testable import Interchange

/// A manifest is read variable by variable, and texts that repeat are read once: it must be what its JSON is.
struct ManifestDocumentTests {
  /// The document put together again, or why it is none.
  private func read(_ data: Data) -> Result<JSONValue, any Error> {
    Result {
      let document = try ManifestDocument(parsing: data)
      guard case .object(var members) = document.root, let variables = document.variables else {
        return document.root
      }
      members["variables"] = .array(
        variables.map {
          switch $0 {
          case .variable(let declared): document.json(declared)
          case .other(let value): value
          }
        })
      return .object(members)
    }
  }

  private func expectSame(_ data: Data, _ comment: Comment) {
    let expected = Result { try JSONValue(parsing: data) }
    switch (read(data), expected) {
    case (.success(let found), .success(let value)):
      // As text, where a double that is no number is equal to itself.
      #expect(found.canonicalText == value.canonicalText, comment)
    case (.failure(let found), .failure(let error)):
      #expect(found is JSONError && "\(found)" == "\(error)", comment)
    case (let found, let other):
      Issue.record("\(found) and \(other): \(comment)")
    }
  }

  private static let corpus = {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fuzz/Corpus/manifest")
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.sorted().compactMap { try? Data(contentsOf: folder.appending(path: $0)) }
  }()

  @Test func `each manifest of the corpus is read as its JSON is`() {
    #expect(Self.corpus.count > 20)
    for (place, data) in Self.corpus.enumerated() { expectSame(data, "file \(place)") }
  }

  @Test func `a manifest with any change is read as its JSON is, or refused with the same words`() {
    let pieces = [
      "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "1", "-0", "1.5", " ", "\"name\"",
      "\"shape\"",
      "\"dtype\"", "\"initializer\"", "\"variables\"", "\"float32\"", "[2,3]", "[2, 3]", "[null]",
      "\u{E9}",
    ]
    for seed in 0..<3000 as Range<UInt64> {
      var generator = SeededGenerator(state: seed)
      var bytes = Array(Self.corpus.randomElement(using: &generator) ?? Data())
      for _ in 0...Int.random(in: 0...2, using: &generator) {
        let start = Int.random(in: 0...bytes.count, using: &generator)
        let end = min(start + Int.random(in: 0...3, using: &generator), bytes.count)
        let piece = pieces.randomElement(using: &generator) ?? ""
        bytes.replaceSubrange(start..<end, with: Array(piece.utf8))
      }
      expectSame(Data(bytes), "seed \(seed)")
    }
  }

  @Test(arguments: [
    #"{"name": "a", "name": "b"}"#, #"{"name": 1, "name": "b"}"#, #"{"name": "a", "name": 1}"#,
    #"{"shape": [2], "shape": [2]}"#, #"{"shape": [null], "shape": [2]}"#,
    #"{"shape": [2], "shape": null}"#, #"{"dtype": "int8", "dtype": "int8"}"#,
    #"{"dtype": "no", "dtype": "int8"}"#, #"{"dtype": "int8", "dtype": null}"#,
    #"{"initializer": "ones", "initializer": "ones"}"#, #"{"initializer": 1, "initializer": 12}"#,
    #"{"kind": 1, "kind": 1}"#,
  ])
  func `a key that stands twice is refused`(variable: String) {
    expectSame(Data(#"{"variables": [\#(variable)]}"#.utf8), "\(variable)")
    #expect(throws: JSONError.self) {
      try ManifestDocument(parsing: Data(#"{"variables": [\#(variable)]}"#.utf8))
    }
  }

  @Test func `the list of variables stands once, in any form`() {
    for text in [
      #"{"variables": [], "variables": []}"#, #"{"variables": 1, "variables": []}"#,
      #"{"variables": [], "variables": 1}"#, #"[{"variables": []}]"#, #"{"variables": 1}"#, "1", "",
      "\u{FEFF}{\"variables\": [1]} ", #"{"variables": []} 1"#,
    ] {
      expectSame(Data(text.utf8), "\(text)")
    }
  }

  @Test func `a text that is the beginning of another is another`() throws {
    let texts = ["1", "12", "\"a\"", "\"a\"", "\"ab\"", "{}", "{\"a\":1}", "[1]", "[1,2]", "[1]"]
    let variables = texts.map { "{\"initializer\": \($0), \"shape\": \($0)}" }
    let data = Data(#"{"variables": [\#(variables.joined(separator: ","))]}"#.utf8)
    expectSame(data, "all")
    // Repeated texts are one initializer; numbers do not say where they end, and are read each time.
    #expect(try ManifestDocument(parsing: data).initializers.count == 8)
  }

  /// Counts across calls; a class, because they share it.
  private final class Counter: Sendable {
    let count = Mutex(0)
  }

  @Test func `an initializer that many variables have is made once`() throws {
    let made = Counter()
    var registry = InitializerRegistry()
    registry.register("Counted") { _ in
      made.count.withLock { $0 += 1 }
      return try InitializerRegistry.keras.initializer("ones")
    }
    let variables = (0..<100).map {
      #"{"name": "v\#($0)", "shape": [2], "initializer": "Counted"}"#
    }
    let text = #"{"variables": [\#(variables.joined(separator: ","))]}"#
    let graph = try GraphManifest(registry: registry).graph(from: Data(text.utf8))
    #expect(graph.variables.count == 100)
    #expect(made.count.withLock { $0 } == 1)
  }

  @Test func `aliases of aliases may come in any order, thousands of them`() throws {
    let count = 4000
    let pairs = (1...count).map { #"["a\#($0)", "a\#($0 - 1)"]"# }.reversed()
    let text = #"""
      {"variables": [{"name": "a0", "shape": [2], "initializer": "ones"}],
       "tied": [\#(pairs.joined(separator: ","))]}
      """#
    let graph = try GraphManifest(registry: .keras).graph(from: Data(text.utf8))
    #expect(graph.aliases.map(\.name) == (1...count).map { "a\($0)" })
    #expect(graph.aliases.allSatisfy { $0.target == "a0" })
  }
}
