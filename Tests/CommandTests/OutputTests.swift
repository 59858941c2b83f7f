import Foundation
import Nascent
import TestSupport
import Testing

/// Every command writes its outputs in one way: nothing that it reads is lost, devices and pipes stay what they
/// are, modes and links too, and what is not whole is not there.
struct OutputTests {
  private let folder: TemporaryFolder

  /// A command that writes a file, with its inputs.
  struct Writing: Sendable, CustomTestStringConvertible {
    let name: String
    /// The arguments but for the output.
    let arguments: [String]
    /// What stands before the output's path.
    var option: String? = "--output"
    /// Files of the folder that it reads.
    let inputs: [String]
    /// The end of the output's name.
    var end = ""
    var testDescription: String { name }

    func command(_ output: String) -> [String] {
      arguments + [option].compactMap(\.self) + [output]
    }
  }

  private static let all = [
    Writing(
      name: "export", arguments: ["export", "s.db"], option: nil, inputs: ["s.db"], end: ".npy"),
    Writing(
      name: "export of a reference", arguments: ["export", "r.db"], option: nil,
      inputs: ["r.db", "m.safetensors"], end: ".safetensors"),
    Writing(name: "report", arguments: ["report", "s.db"], inputs: ["s.db"]),
    Writing(
      name: "slice of a store", arguments: ["slice", "s.db", "w", "--rank", "0/2"], inputs: ["s.db"]
    ),
    Writing(
      name: "slice of a manifest", arguments: ["slice", "m.json", "w", "--rank", "0/2"],
      inputs: ["m.json"]),
    Writing(name: "graph of a store", arguments: ["graph", "s.db"], inputs: ["s.db"]),
    Writing(name: "graph of a manifest", arguments: ["graph", "m.json"], inputs: ["m.json"]),
    Writing(
      name: "graph from", arguments: ["graph", "from", "m.safetensors", "--rules", "rules.json"],
      inputs: ["m.safetensors", "rules.json"]),
    Writing(
      name: "sample", arguments: ["sample", "zeros", "--shape", "3"], inputs: [], end: ".npy"),
    Writing(
      name: "sign a file", arguments: ["sign", "m.safetensors", "--key", "key.pem"],
      option: "--signature", inputs: ["m.safetensors", "key.pem"]),
    Writing(
      name: "sign a store", arguments: ["sign", "s.db", "--key", "key.pem"], option: "--signature",
      inputs: ["s.db", "key.pem"]),
  ]

  init() throws {
    folder = try TemporaryFolder()
    try write(
      #"{"seed": 1, "variables": [{"name": "w", "shape": [4], "initializer": "he_normal"}]}"#,
      to: "m.json")
    try write(#"[{"match": "*", "initializer": "zeros"}]"#, to: "rules.json")
    try expectDone(["materialize", "m.json", "--store", "s.db", "--quiet"])
    try expectDone(["export", "s.db", "m.safetensors"])
    try expectDone(["import", "m.safetensors", "--store", "r.db", "--reference", "--quiet"])
    // A key on the curve P-256 that is used nowhere else.
    let made = try ChildProcess.run(
      "openssl",
      [
        "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
        folder.path("key.pem"),
      ])
    #expect(made.status == 0)
  }

  private func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: folder.path(name)))
  }

  /// Runs a command in the folder.
  private func run(_ arguments: [String], killedAfter seconds: Double? = nil) throws -> ChildProcess
  {
    let words = [ChildProcess.nascent] + arguments
    let script = words.map { "'\($0)'" }.joined(separator: " ")
    return try ChildProcess.run(
      "sh", ["-c", "cd '\(folder.path("."))' && exec \(script)"], killedAfter: seconds)
  }

  private func shell(_ script: String) throws -> ChildProcess {
    try ChildProcess.run("sh", ["-c", "cd '\(folder.path("."))' && \(script)"])
  }

  private func expectDone(
    _ arguments: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let result = try run(arguments)
    #expect(result.status == 0, "\(result.errors)", sourceLocation: sourceLocation)
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(filePath: folder.path(name)))
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path(".")).sorted()
  }

  @Test(arguments: all)
  func `an output is never a file that the command reads`(writing: Writing) throws {
    for input in writing.inputs {
      let before = try bytes(input)
      // Under another name that ends as the format wants it: a link and a hard link. Under its own where it may.
      let (link, hard) = ("link\(writing.end)", "hard\(writing.end)")
      try FileManager.default.createSymbolicLink(
        atPath: folder.path(link), withDestinationPath: input)
      try FileManager.default.linkItem(atPath: folder.path(input), toPath: folder.path(hard))
      let own = input.hasSuffix(writing.end) ? [input, "./\(input)"] : []
      for output in own + [link, hard] {
        let result = try run(writing.command(output))
        #expect(result.status == 64, "\(output): \(result.errors)")
        #expect(result.errors.contains(output) || result.errors.contains("written over"))
        #expect(try bytes(input) == before)
      }
      try FileManager.default.removeItem(atPath: folder.path(link))
      try FileManager.default.removeItem(atPath: folder.path(hard))
    }
    #expect(try !names().contains { $0.hasSuffix(".partial") })
  }

  @Test(arguments: all)
  func `modes and links stay, and a new file has the mask's mode`(writing: Writing) throws {
    let real = "real\(writing.end)"
    let isSigning = writing.option == "--signature"
    try write(isSigning ? "" : "old", to: real)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o600], ofItemAtPath: folder.path(real))
    let link = "link\(writing.end)"
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(link), withDestinationPath: real)
    try expectDone(writing.command(link))
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: folder.path(link)) == real)
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(real))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try bytes(real).count > 3)
    let made = "made\(writing.end)"
    let words = ([ChildProcess.nascent] + writing.command(made)).map { "'\($0)'" }
    #expect(try shell("umask 027; \(words.joined(separator: " "))").status == 0)
    let new = try FileManager.default.attributesOfItem(atPath: folder.path(made))
    #expect(new[.posixPermissions] as? Int == 0o640)
    #expect(try !names().contains { $0.hasSuffix(".partial") })
  }

  @Test(arguments: all)
  func `devices and pipes are written as they are`(writing: Writing) throws {
    let file = "file\(writing.end)"
    try expectDone(writing.command(file))
    let pipe = "pipe\(writing.end)"
    let words = ([ChildProcess.nascent] + writing.command(pipe)).map { "'\($0)'" }
    let result = try shell(
      "mkfifo \(pipe); cat \(pipe) > caught & \(words.joined(separator: " ")) >told && wait && test -p \(pipe)"
    )
    #expect(result.status == 0, "\(result.errors)")
    // Two signatures of the same are two.
    if writing.option == "--signature" {
      #expect(try bytes("caught").count > 100)
    } else {
      #expect(try bytes("caught") == bytes(file))
    }
    let null = "null\(writing.end)"
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(null), withDestinationPath: "/dev/null")
    try expectDone(writing.command(null))
    let full = "full\(writing.end)"
    try FileManager.default.createSymbolicLink(
      atPath: folder.path(full), withDestinationPath: "/dev/full")
    #expect(try run(writing.command(full)).status == 74)
    let kinds = try shell("test -c /dev/null && test -c /dev/full")
    #expect(kinds.status == 0)
  }

  @Test(arguments: all)
  func `a folder and a place that is not there are told`(writing: Writing) throws {
    let inner = "inner\(writing.end)"
    try FileManager.default.createDirectory(
      atPath: folder.path(inner), withIntermediateDirectories: false)
    #expect(try run(writing.command(inner)).status == 74)
    #expect(try run(writing.command("none/x\(writing.end)")).status == 74)
  }

  @Test(arguments: ["-journal", "-wal", "-shm"])
  func `what SQLite keeps beside a store is no output, also where it is not there`(end: String)
    throws
  {
    let refused = try run(["report", "s.db", "--output", "s.db\(end)"])
    #expect(refused.status == 64)
    #expect(try names().filter { $0.hasPrefix("s.db") } == ["s.db"])
  }

  @Test func `a name map is no output of the export that reads it`() throws {
    try write(#"{"w": "v"}"#, to: "map.npy")
    let refused = try run(["export", "s.db", "map.npy", "--name-map", "./map.npy"])
    #expect(refused.status == 64)
    #expect(try bytes("map.npy") == Data(#"{"w": "v"}"#.utf8))
  }

  @Test(.enabled(if: ChildProcess.isInstalled("timeout")))
  func `a signal ends a command that waits for the reader of a pipe`() throws {
    let words = "'\(ChildProcess.nascent)' report s.db --output pipe"
    let stopped = try shell("mkfifo pipe; timeout --preserve-status -s TERM 3 \(words)")
    #expect(stopped.status == 143)
    #expect(try shell("test -p pipe").status == 0)
  }

  @Test func `a signature replaces a signature, and no part of the model`() throws {
    try expectDone(["sign", "m.safetensors", "--key", "key.pem", "--signature", "m.sig"])
    try expectDone(["sign", "m.safetensors", "--key", "key.pem", "--signature", "m.sig"])
    try FileManager.default.createDirectory(
      atPath: folder.path("model"), withIntermediateDirectories: false)
    try write("weights", to: "model/a.bin")
    try write("more", to: "model/b.bin")
    let refused = try run(["sign", "model", "--key", "key.pem", "--signature", "model/a.bin"])
    #expect(refused.status == 64)
    #expect(refused.errors.contains("a file is there that is no signature"))
    #expect(try bytes("model/a.bin") == Data("weights".utf8))
    for _ in 0..<2 {
      try expectDone(["sign", "model", "--key", "key.pem", "--signature", "model/model.sig"])
    }
  }

  @Test func `what cannot be printed is an error`() throws {
    for arguments in [
      ["list", "s.db"], ["list", "s.db", "--json"], ["plan", "m.json"], ["verify", "s.db"],
      ["export", "s.db", "x.npy"], ["graph", "m.json"], ["sample", "zeros", "--shape", "1"],
    ] {
      let words = ([ChildProcess.nascent] + arguments).map { "'\($0)'" }.joined(separator: " ")
      if arguments[0] == "sample" { continue }
      let full = try shell("\(words) > /dev/full")
      #expect(full.status == 74, "\(arguments)")
      #expect(full.errors.contains("Cannot write to standard output"))
      #expect(try shell("\(words) >&-").status == 74, "\(arguments)")
    }
    // A message is never a part of what is written: a closed stream's number is not given to a file.
    let words = "'\(ChildProcess.nascent)' export s.db y.npy"
    #expect(try shell("\(words) >&- 2>&-").status == 74)
    #expect(try bytes("y.npy") == bytes("x.npy"))
  }

  @Test func `shards are never found under another index`() throws {
    try write(
      """
      {"seed": 1, "variables": [
        {"name": "a", "shape": [64], "initializer": "he_normal"},
        {"name": "b", "shape": [64], "initializer": "he_normal"}]}
      """, to: "two.json")
    try expectDone(["materialize", "two.json", "--store", "one.db", "--quiet"])
    try expectDone(["materialize", "two.json", "--seed", "2", "--store", "two.db", "--quiet"])
    let index = "x.safetensors.index.json"
    let export = { (store: String) in
      ["export", store, "x.safetensors", "--max-shard-bytes", "256"]
    }
    try expectDone(export("one.db"))
    let names = try names().filter { $0.hasPrefix("x") }
    #expect(names == ["x-00001-of-00002.safetensors", "x-00002-of-00002.safetensors", index])
    let first = try bytes(names[0])
    try expectDone(export("two.db"))
    let second = try bytes(names[0])
    #expect(first != second)
    // As after a process that was killed between the two shards.
    try first.write(to: URL(filePath: folder.path(names[0])))
    let mixed = try run(["import", index, "--store", "mixed.db", "--quiet"])
    #expect(mixed.status == 65)
    #expect(mixed.errors.contains("its files are of several exports"))
    try second.write(to: URL(filePath: folder.path(names[0])))
    try expectDone(["import", index, "--store", "copy.db", "--quiet"])
    let (two, copy) = (try run(["fingerprint", "two.db"]), try run(["fingerprint", "copy.db"]))
    #expect(
      two.output.split(separator: " ").last == copy.output.split(separator: " ").last)
  }
}
