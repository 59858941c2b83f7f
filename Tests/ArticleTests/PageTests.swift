import Foundation
import TestSupport
import Testing

/// Code that stands in the documentation stands in a test, too.
struct PageTests {
  /// Files of a folder, by the end of their names.
  private static func files(in folder: String, _ end: String) throws -> [String] {
    try FileManager.default
      .contentsOfDirectory(atPath: ProjectFiles.root.appending(path: folder).path)
      .filter { $0.hasSuffix(end) }.map { "\(folder)/\($0)" }.sorted()
  }

  /// The lines of a text without what they are indented by.
  private static func bare(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
  }

  @Test func `every Swift block of an article is in a test that runs it`() throws {
    let sources = try Self.files(in: "Tests/ArticleTests", ".swift").map { path in
      Self.bare(
        try String(contentsOf: ProjectFiles.root.appending(path: path), encoding: .utf8))
    }
    let articles = try Self.files(in: "Docs/Nascent.docc", ".md")
    let references = [
      "Docs/Cluster.md", "Docs/Expressions.md", "Docs/Modules.md", "Docs/Proofs.md",
      "Docs/PyTorch.md",
    ]
    var count = 0
    for page in try (articles + references).map({ path in try Page(path) }) {
      for block in page.blocks(in: "swift") {
        let isThere = sources.contains { $0.contains("\n" + Self.bare(block)) }
        #expect(isThere, "\(page.path) has a block that no test runs:\n\(block)")
        count += 1
      }
    }
    #expect(count >= 30)
  }

  @Test func `an output follows the code that prints it`() throws {
    for page in try Self.files(in: "Docs/Nascent.docc", ".md").map({ path in try Page(path) }) {
      for (code, output) in zip(page.blocks, page.blocks.dropFirst()) where output.language.isEmpty
      {
        #expect(["swift", "sql"].contains(code.language), "\(page.path):\n\(output.text)")
      }
      #expect(page.blocks.first?.language.isEmpty != true, "\(page.path)")
    }
  }
}
