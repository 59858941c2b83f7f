import Foundation
import TestSupport
import Testing

/// The commands of the README and of `Docs/Commands.md`, run as they stand there, print what stands there.
struct ReadmeTests {
  @Test(arguments: [("README.md", 4), ("Docs/Commands.md", 7)])
  func `every command prints what the page shows`(page: String, count: Int) throws {
    let readme = try String(
      contentsOf: ProjectFiles.root.appending(path: "README.md"), encoding: .utf8)
    let text = try String(
      contentsOf: ProjectFiles.root.appending(path: page), encoding: .utf8)
    let folder = try TemporaryFolder()
    let manifest = try #require(block(after: "```json\n", in: readme))
    try Data(manifest.utf8).write(to: folder.url.appending(path: "digits.json"))
    let session = try #require(block(after: "```\n$ nascent", in: text))
    let steps = ("\n$ nascent" + session).components(separatedBy: "\n$ ").dropFirst()
    #expect(steps.count == count)
    for step in steps {
      let lines = step.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      let command = lines[0].replacing("nascent", with: ChildProcess.nascent, maxReplacements: 1)
      let result = try ChildProcess.run(
        "sh", ["-c", "cd '\(folder.url.path)' && \(command)"])
      #expect(result.status == 0, "\(lines[0]): \(result.errors)")
      #expect(timeless(result.output) == timeless(lines.dropFirst().joined(separator: "\n")))
    }
  }

  @Test func `the first program of the README is the example Digits and prints what stands there`()
    throws
  {
    let readme = try String(
      contentsOf: ProjectFiles.root.appending(path: "README.md"), encoding: .utf8)
    let program = try #require(block(after: "```swift\n", in: readme))
    let output = try #require(block(after: program + "```\n\n```\n", in: readme))
    let source = ProjectFiles.root.appending(path: "Examples/Digits/main.swift")
    #expect(program == (try String(contentsOf: source, encoding: .utf8)))
    let folder = try TemporaryFolder()
    let digits = URL(filePath: ChildProcess.nascent).deletingLastPathComponent()
      .appending(path: "Digits").path
    let again = output.replacing("2 materialized, 0 skipped", with: "0 materialized, 2 skipped")
    for expected in [output, again] {
      let run = try ChildProcess.run("sh", ["-c", "cd '\(folder.url.path)' && '\(digits)'"])
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output == expected)
    }
  }

  private func block(after opening: String, in text: String) -> String? {
    let parts = text.components(separatedBy: opening)
    return parts.count > 1 ? parts[1].components(separatedBy: "```")[0] : nil
  }

  /// Without the seconds, which differ from run to run, and without blank ends.
  private func timeless(_ text: String) -> String {
    text.replacing(/in [0-9.]+ s/, with: "in … s").trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
