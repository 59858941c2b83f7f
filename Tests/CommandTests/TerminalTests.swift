import Foundation
import Nascent
import TestSupport
import Testing

/// What the command does for a person at a terminal, and what it does elsewhere.
struct TerminalTests {
  private let folder: TemporaryFolder
  private let manifest: String
  private let store: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    store = folder.path("s.db")
  }

  /// Declares `count` variables of 4 MiB.
  private func declare(_ count: Int) throws {
    var graph = VariableGraph(seed: 1)
    for index in 0..<count {
      try graph.declare(
        "encoder/layer_\(index)/attention/output/kernel", shape: [1024, 1024],
        initializer: .heUniform())
    }
    try GraphManifest(registry: .keras).data(from: graph).write(to: URL(filePath: manifest))
  }

  /// True where util-linux's `script` gives a program a terminal.
  private static let hasScript = {
    #if os(Linux)
      ChildProcess.isInstalled("script")
    #else
      false
    #endif
  }()

  private static let plain = ["NO_COLOR": "", "TERM": "xterm", "CI": "", "LC_ALL": "C.UTF-8"]

  /// The output of the command on a terminal of that many columns, its lines ended by newlines alone.
  private func onTerminal(
    columns: Int, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> String {
    let command = ([ChildProcess.nascent] + arguments).map { "'\($0)'" }.joined(separator: " ")
    return try ChildProcess.run(
      "script", ["-qec", "stty cols \(columns); \(command)", "/dev/null"],
      environment: Self.plain.merging(environment) { $1 }
    ).output.replacing("\r\n", with: "\n")
  }

  private func inPipe(_ arguments: [String], environment: [String: String] = [:]) throws
    -> ChildProcess
  {
    try ChildProcess.run(
      ChildProcess.nascent, arguments, environment: Self.plain.merging(environment) { $1 })
  }

  @Test(.enabled(if: hasScript))
  func `a table fits the width of the terminal, and is whole elsewhere`() throws {
    try declare(2)
    let whole = try inPipe(["plan", manifest]).output
    #expect(whole.contains("encoder/layer_0/attention/output/kernel  [1024, 1024]"))
    let lines = try onTerminal(columns: 74, ["plan", manifest], environment: ["NO_COLOR": "1"])
      .split(separator: "\n")
    for line in lines.prefix(3) { #expect(line.count <= 74, "\(line)") }
    // What tells the two names apart is still there, and so are the numbers.
    #expect(
      lines[1].contains(/^….*0\/attention\/output\/kernel +\[1024, 1024\] +float32 +4\.0 MiB/))
    #expect(lines[1] != lines[2])
  }

  @Test(.enabled(if: hasScript))
  func `there are colours on a terminal only, and never against NO_COLOR`() throws {
    try declare(1)
    #expect(try onTerminal(columns: 200, ["plan", manifest]).contains("\u{1B}[1mNAME"))
    for environment in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
      let output = try onTerminal(columns: 200, ["plan", manifest], environment: environment)
      #expect(output.contains("NAME"))
      #expect(!output.contains("\u{1B}"), "\(environment)")
    }
    #expect(!(try inPipe(["plan", manifest]).output.contains("\u{1B}")))
  }

  @Test(.enabled(if: hasScript))
  func `progress is a bar with rate and time left on a terminal`() throws {
    try declare(8)
    let arguments = ["materialize", manifest, "--store", store, "--recipe-only"]
    let output = try onTerminal(columns: 120, arguments)
    #expect(
      output.contains(
        /\r\u{1B}\[K\[━*─*\] \d of 8 variables, .* of 32\.0 MiB \(\d+ %\)(, \d+\.\d\d GB\/s, \d+ s left)?/
      ))
    // The line is gone when the run is over.
    #expect(output.contains("\r\u{1B}[K8 materialized") || output.contains("\r\u{1B}[Kencoder"))
    let ascii = try onTerminal(
      columns: 120, arguments + ["--on-existing", "replace"], environment: ["LC_ALL": "C"])
    #expect(ascii.contains(/\r\u{1B}\[K\[#*-*\]/))
  }

  @Test func `progress is plain lines elsewhere, and nothing in continuous integration`() throws {
    try declare(8)
    let arguments = ["materialize", manifest, "--store", store, "--recipe-only"]
    let lines = try inPipe(arguments).errors
    #expect(
      lines.contains(/8 of 8 variables, 32\.0 MiB of 32\.0 MiB \(100 %\), .* GB\/s, 0 s left\n/))
    #expect(!lines.contains("\u{1B}") && !lines.contains("\r"))
    let replace = arguments + ["--on-existing", "replace"]
    #expect(try inPipe(replace, environment: ["CI": "true"]).errors == "")
    #expect(try inPipe(replace, environment: ["CI": "false"]).errors != "")
    #expect(try inPipe(replace + ["--quiet"]).errors == "")
  }

  @Test func `an export says how far it is`() throws {
    try declare(8)
    #expect(try inPipe(["materialize", manifest, "--store", store, "--quiet"]).status == 0)
    for end in ["safetensors", "npz"] {
      let lines = try inPipe(["export", store, folder.path("a.\(end)")]).errors
      #expect(
        lines.contains(/8 of 8 variables, 32\.0 MiB of 32\.0 MiB \(100 %\), .* GB\/s, 0 s left\n/))
    }
    let arguments = ["export", store, folder.path("a.npz")]
    #expect(try inPipe(arguments + ["--quiet"]).errors == "")
    #expect(try inPipe(arguments, environment: ["CI": "true"]).errors == "")
    let failed = try inPipe(["export", store, folder.path("none/a.npz")])
    #expect(failed.errors.hasPrefix("Cannot write"))
  }

  /// `timeout` interrupts after longer and longer times, until a run was stopped with a part done.
  @Test(.enabled(if: ChildProcess.isInstalled("timeout")))
  func `Ctrl-C stops cleanly and says how to go on`() throws {
    try declare(60)
    var part: Int?
    for attempt in 0..<8 where part == nil {
      let path = folder.path("s\(attempt).db")
      let seconds = 0.3 * Double(1 << attempt)
      let stopped = try ChildProcess.run(
        "timeout",
        [
          "--preserve-status", "-s", "INT", "\(seconds)", ChildProcess.nascent, "materialize",
          manifest, "--store", path,
        ], environment: Self.plain)
      guard stopped.status != 0 else { break }
      // The signal may have come before the run began.
      guard
        let said = stopped.errors.firstMatch(
          of: /Stopping\.\nStopped\. (\d+) of 60 variables are stored; the same command goes on/)
      else { continue }
      #expect(stopped.status == 128 + SIGINT)
      guard let count = Int(said.1), count > 0 else { continue }
      part = count
      let check = try ChildProcess.run("sqlite3", [path, "PRAGMA integrity_check"])
      #expect(check.output == "ok\n")
      let rest = try inPipe(["materialize", manifest, "--store", path, "--quiet", "--json"])
      #expect(rest.output.components(separatedBy: "\"skipped\"").count - 1 == count)
      #expect(rest.status == 0)
      #expect(try inPipe(["verify", path]).output.hasPrefix("60 verified, 0 damaged"))
    }
    #expect(part != nil)
  }

  @Test func `a misspelt name is answered with the nearest ones`() throws {
    try declare(2)
    _ = try inPipe(["materialize", manifest, "--store", store, "--recipe-only", "--quiet"])
    let name = "encoder/layer_1/attention/output/kernal"
    for arguments in [
      ["show", store, name], ["export", store, folder.path("x.npz"), "--only", name],
      ["materialize", manifest, "--store", store, "--only", name],
    ] {
      let result = try inPipe(arguments)
      #expect(result.status == 65)
      #expect(
        result.errors == """
          No variable matches "\(name)".
          Did you mean encoder/layer_1/attention/output/kernel, \
          encoder/layer_0/attention/output/kernel?

          """, "\(arguments)")
    }
    let other = try inPipe(["show", store, "decoder*"])
    #expect(
      other.errors == """
        No variable matches "decoder*".
        `nascent plan GRAPH` and `nascent show STORE` list the names; * matches any characters.

        """)
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func `each shell gets completions that name every command`(shell: String) throws {
    let script = try inPipe(["--generate-completion-script", shell])
    #expect(script.status == 0)
    for command in ["plan", "materialize", "verify", "diff", "export", "sample"] {
      #expect(script.output.contains(command), "\(command)")
    }
    guard ChildProcess.isInstalled(shell) else { return }
    let file = folder.path("completions")
    try script.output.write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try ChildProcess.run(shell, ["-n", file]).status == 0)
  }

  /// Every command of `nascent --help`, so that a new one is not forgotten.
  @Test func `each command has help with an example`() throws {
    let help = try inPipe(["--help"]).output
    let list = try #require(help.components(separatedBy: "SUBCOMMANDS:\n").last)
    let names = list.split(separator: "\n").compactMap { line in
      line.firstMatch(of: /^  ([a-z-]+)( |$)/).map { String($0.1) }
    }
    #expect(names.contains("materialize") && names.count > 10)
    for name in names {
      let text = try inPipe([name, "--help"]).output
      #expect(text.contains(/Examples?:[^~]*\n? *nascent \w/), "\(name)")
    }
  }
}
