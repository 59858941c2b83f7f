import Foundation
import Nascent
import TestSupport
import Testing

/// What the command does with files of strangers.
struct HostileFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Runs the command in the folder, with 2 GiB of addresses: what asks for more gets none.
  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(
      "bash",
      [
        "-c", #"ulimit -v 2097152; cd "$1" && shift && exec "$@""#, "bash", folder.url.path,
        ChildProcess.nascent,
      ] + arguments)
  }

  private var files: Set<String> {
    get throws {
      Set(try FileManager.default.subpathsOfDirectory(atPath: folder.url.path))
    }
  }

  /// Names, paths and dtypes may be those of strangers: no character is there that a terminal obeys.
  private func expectReadable(
    _ result: ChildProcess, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for text in [result.output, result.errors] {
      let hidden = text.unicodeScalars.filter {
        $0 != "\n"
          && [.control, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
      }
      #expect(hidden.isEmpty, "\(text)", sourceLocation: sourceLocation)
    }
  }

  @Test(arguments: HostileFile.all)
  func `a hostile file is refused in little memory, and nothing is written`(file: HostileFile)
    throws
  {
    try file.bytes.write(to: folder.url.appending(path: file.name))
    let isManifest = file.name == "x.json"
    let result =
      isManifest
      ? try nascent("plan", file.name) : try nascent("import", file.name, "--store", "s.db")
    // A size of 2^62 may be declared, and cannot be made.
    let isPlanned = isManifest && file.malice == "a dimension of 2^62" && result.status == 0
    #expect(result.status == 65 || isPlanned, "\(result)")
    #expect(isPlanned || result.errors.split(separator: "\n").count >= 2, "\(result.errors)")
    #expect(result.errors.utf8.count < 4096)
    expectReadable(result)
    #expect(try files == [file.name])
  }

  @Test func `names that look like paths write nothing but the file that is named`() throws {
    let names = ["../../climbs", "/absolute/w", "a/../../b", "C:\\w", "~root", "$(touch x)"]
    let entries = names.enumerated().map { number, name in
      let name = name.replacing("\\", with: "\\\\")
      let bytes = number * 8
      return #""\#(name)":{"dtype":"F32","shape":[2],"data_offsets":[\#(bytes),\#(bytes + 8)]}"#
    }
    let header = "{\(entries.joined(separator: ","))}"
    var file = Data((0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> ($0 * 8)) })
    file += Data(header.utf8) + Data(count: names.count * 8)
    try file.write(to: folder.url.appending(path: "x.safetensors"))
    let outside = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.deletingLastPathComponent().path)
    // A variable's name begins with no slash.
    let refused = try nascent("import", "x.safetensors", "--store", "s.db")
    #expect(refused.status == 65, "\(refused)")
    let map = #"{"/absolute/w": "absolute"}"#
    try Data(#"{"absolute": "/absolute/w"}"#.utf8).write(
      to: folder.url.appending(path: "map.json"))
    let imported = try nascent(
      "import", "x.safetensors", "--store", "s.db", "--name-map", "map.json")
    #expect(imported.status == 0, "\(imported) \(map)")
    #expect(try nascent("export", "s.db", "out.safetensors").status == 0)
    #expect(try nascent("export", "s.db", "out.npz").status == 65)
    #expect(
      try files.subtracting(["s.db"]) == ["x.safetensors", "map.json", "out.safetensors"])
    let after = try FileManager.default.contentsOfDirectory(
      atPath: folder.url.deletingLastPathComponent().path)
    #expect(!Set(after).subtracting(outside).contains { $0.contains("climbs") || $0 == "b.npy" })
  }

  @Test func `names of checkpoints, metrics and files reach no terminal as they are`() async throws
  {
    let hostile = "\u{1B}[31mred\u{9B}1m\u{7}\u{202E}back\nforged: verified"
    let store = try CheckpointStore(path: folder.path("s.db"))
    var graph = VariableGraph()
    try graph.declare(
      "w", shape: [3], initializer: .zeros, metadata: ["kind": .string(hostile)])
    let runtime = Runtime(graph: graph, store: store)
    try await store.save(
      runtime, step: 1, name: hostile, metrics: [hostile: 1], metadata: .string(hostile))
    try FileManager.default.copyItem(atPath: folder.path("s.db"), toPath: folder.path("t.db"))
    for arguments in [
      ["list", "s.db"], ["list", "s.db", "--json"], ["show", "s.db", "--checkpoint", hostile],
      ["show", "s.db", "--checkpoint", hostile, "--json"],
      ["verify", "s.db", "--checkpoint", hostile, "--level", "regenerate"],
      ["verify", "s.db", "--checkpoint", hostile, "--json"],
      ["diff", "s.db", "t.db", "--checkpoint", hostile],
      ["fingerprint", "s.db", "--checkpoint", hostile], ["show", "s.db"],
      ["export", "s.db", "o.safetensors", "--checkpoint", hostile, "--json"],
      ["prune", "t.db", "--keep-every", "2"],
    ] {
      let result = try ChildProcess.run(
        "bash",
        ["-c", #"cd "$1" && shift && exec "$@""#, "bash", folder.url.path, ChildProcess.nascent]
          + arguments)
      #expect([0, 65].contains(result.status), "\(arguments): \(result)")
      expectReadable(result)
      // A line that a stranger wrote is no line of its own.
      #expect(!result.output.split(separator: "\n").contains { $0.hasPrefix("forged") })
      if arguments.contains("--json"), arguments[0] == "list" {
        let text = try JSONValue(parsing: Data(result.output.utf8)).canonicalText
        #expect(text.contains(JSONValue.string(hostile).canonicalText))
      }
    }
  }

  @Test func `a store whose variables have such names is refused`() async throws {
    let store = try CheckpointStore(path: folder.path("s.db"))
    var graph = VariableGraph()
    try graph.declare("w", shape: [3], initializer: .zeros)
    _ = try await Runtime(graph: graph, store: store).materialize()
    _ = try ChildProcess.run(
      "sqlite3",
      [folder.path("s.db"), "UPDATE variable SET name = 'w' || char(27) || '[2J' || char(10)"])
    for command in ["show", "verify", "diff"] {
      let more = command == "diff" ? ["s.db"] : []
      let result = try ChildProcess.run(
        "bash",
        [
          "-c", #"cd "$1" && shift && exec "$@""#, "bash", folder.url.path, ChildProcess.nascent,
          command, "s.db",
        ] + more)
      #expect(result.status == 65, "\(result)")
      #expect(result.errors.contains("the name of a variable has the control character U+001B"))
      expectReadable(result)
    }
  }
}
