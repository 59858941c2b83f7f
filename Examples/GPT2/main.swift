import Foundation
import Nascent

// Usage: GPT2 [STORE]. Declares GPT-2 small, fills it into a store, and shows it with sqlite3.

let examplesFolder = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent()

/// Refuses a graph that is not GPT-2 small as the manifest has it.
func check(_ graph: VariableGraph, against manifest: URL) throws {
  // Source: the published checkpoint, as transformers counts it with the tied weight once.
  let parameterCount = 124_439_808
  guard graph.elementCount == parameterCount else {
    throw ExampleError.wrongElementCount(graph.elementCount, expected: parameterCount)
  }
  let expected = try GraphManifest(registry: .keras).graph(
    from: Data(contentsOf: manifest), seed: graph.seed)
  let names = graph.variables.map(\.name) + graph.aliases.map(\.name)
  let expectedNames = expected.variables.map(\.name) + expected.aliases.map(\.name)
  guard names == expectedNames else {
    throw ExampleError.wrongNames(
      declaredOnly: Set(names).subtracting(expectedNames).sorted(),
      manifestOnly: Set(expectedNames).subtracting(names).sorted())
  }
  guard graph.fingerprint() == expected.fingerprint() else {
    throw ExampleError.wrongFingerprint(graph.fingerprint(), expected: expected.fingerprint())
  }
}

/// Fills `graph` into `store`, with progress on standard error.
func materialize(
  _ graph: VariableGraph, in store: CheckpointStore
) async throws -> MaterializationReport {
  let runtime = Runtime(
    graph: graph, store: store, toolVersion: "GPT2 example \(NascentVersion.current)")
  let updates = runtime.progress()
  let printer = Task {
    var lastTenth = 0
    for await progress in updates where progress.byteCount > 0 {
      let tenth = progress.bytesDone * 10 / progress.byteCount
      guard tenth > lastTenth else { continue }
      lastTenth = tenth
      printError("\(progress.variablesDone) of \(progress.variableCount) variables, \(tenth)0 %")
    }
  }
  defer { printer.cancel() }
  return try await runtime.materialize()
}

func printCounts(of report: MaterializationReport) {
  let counts = MaterializationAction.allCases.map { "\(report.count(of: $0)) \($0.rawValue)" }
  print(counts.joined(separator: ", "))
}

/// Runs `Examples/queries.sql` with the sqlite3 program, or says how to.
func showViews(of path: String) throws {
  let queries = examplesFolder.appending(path: "queries.sql")
  guard let program = executable(named: "sqlite3") else {
    print("sqlite3 is not installed. With it, `sqlite3 -readonly \(path)` answers:")
    print(try String(contentsOf: queries, encoding: .utf8))
    return
  }
  let process = Process()
  let output = Pipe()
  process.executableURL = program
  process.arguments = ["-batch", "-readonly", "-header", "-column", path]
  process.standardInput = try FileHandle(forReadingFrom: queries)
  process.standardOutput = output
  try process.run()
  let text = try output.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  print(String(decoding: text, as: UTF8.self), terminator: "")
  guard process.terminationStatus == 0 else {
    throw ExampleError.queryFailed(path, status: process.terminationStatus)
  }
}

func executable(named name: String) -> URL? {
  let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
  return folders.map { URL(filePath: String($0)).appending(path: name) }
    .first { FileManager.default.isExecutableFile(atPath: $0.path(percentEncoded: false)) }
}

func printError(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}

func run(storePath: String) async throws {
  let graph = try GPT2Model.small.graph(seed: 42)
  try check(graph, against: examplesFolder.appending(path: "models/gpt2.json"))
  print("GPT-2 small: \(graph.variables.count) variables, \(graph.elementCount) parameters")

  let store = try CheckpointStore(path: storePath)
  let first = try await materialize(graph, in: store)
  print("First run: ", terminator: "")
  printCounts(of: first)

  let second = try await materialize(graph, in: store)
  print("Second run: ", terminator: "")
  printCounts(of: second)
  guard second.count(of: .skipped) == graph.variables.count else {
    throw ExampleError.notAllSkipped(
      second.count(of: .skipped), expected: graph.variables.count)
  }
  if let digest = second.contentDigest { print("Content digest: \(digest)") }
  print()
  try showViews(of: storePath)
}

do {
  try await run(storePath: CommandLine.arguments.dropFirst().first ?? "gpt2.db")
} catch {
  printError("\(error)")
  exit(1)
}
