import Foundation
import TestSupport

/// A page of the documentation: its blocks of code, in order.
struct Page {
  /// A block between fences.
  struct Block {
    /// What stands behind the opening fence: `swift`, `sql`, or nothing for an output.
    let language: String
    /// The lines between the fences, each with its end.
    let text: String
  }

  /// The path from the project's root.
  let path: String
  /// All blocks.
  let blocks: [Block]

  /// Reads a page, by its path from the project's root.
  init(_ path: String) throws {
    self.path = path
    let text = try String(contentsOf: ProjectFiles.root.appending(path: path), encoding: .utf8)
    var blocks: [Block] = []
    var open: (language: String, lines: [Substring])?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let (language, lines) = open {
          blocks.append(Block(language: language, text: lines.map { "\($0)\n" }.joined()))
          open = nil
        } else {
          open = (String(line.dropFirst(3)), [])
        }
      } else {
        open?.lines.append(line)
      }
    }
    self.blocks = blocks
  }

  /// An article of the catalog.
  init(article name: String) throws { try self.init("Docs/Nascent.docc/\(name).md") }

  /// The blocks of a language.
  func blocks(in language: String) -> [String] {
    blocks.filter { $0.language == language }.map(\.text)
  }

  /// Blocks of a language, each with the output that the page says it has.
  func outputs(of language: String) -> [(code: String, output: String)] {
    zip(blocks, blocks.dropFirst()).filter { $0.language == language && $1.language.isEmpty }
      .map { ($0.text, $1.text) }
  }

  /// All that the Swift code of the page prints, as the page says.
  var output: String { outputs(of: "swift").map(\.output).joined() }
}
