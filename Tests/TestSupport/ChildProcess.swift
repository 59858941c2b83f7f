internal import Foundation

/// A finished child process.
public struct ChildProcess: Sendable {
  /// The exit status; the signal where one ended it.
  public let status: Int32
  /// What it wrote on standard output.
  public let output: String
  /// What it wrote on standard error.
  public let errors: String

  /// The `nascent` that was built beside the tests.
  public static var nascent: String {
    var folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    while folder.path != "/" {
      let candidate = folder.appending(path: "nascent").path
      if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
      folder.deleteLastPathComponent()
    }
    return ProjectFiles.root.appending(path: ".build/debug/nascent").path
  }

  /// True where a program is on the path.
  public static func isInstalled(_ program: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
    }
  }

  /// True where `python3` has NumPy and SQLite.
  public static let hasNumPy = (try? run("python3", ["-c", "import numpy, sqlite3"]).status) == 0

  /// Starts a program with its output in files, and waits for its end.
  ///
  /// - Parameter environment: Variables that are added to those of this process.
  /// - Parameter killedAfter: Kills it with SIGKILL when this many seconds have passed.
  public static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:],
    killedAfter seconds: Double? = nil
  ) throws -> ChildProcess {
    let folder = try TemporaryFolder()
    let outputPath = folder.path("output")
    let errorPath = folder.path("errors")
    for path in [outputPath, errorPath] {
      try Data().write(to: URL(filePath: path))
    }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = try FileHandle(forWritingTo: URL(filePath: outputPath))
    process.standardError = try FileHandle(forWritingTo: URL(filePath: errorPath))
    process.standardInput = FileHandle.nullDevice
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    try process.run()
    if let seconds {
      Thread.sleep(forTimeInterval: seconds)
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
    process.waitUntilExit()
    return ChildProcess(
      status: process.terminationStatus,
      output: String(decoding: try Data(contentsOf: URL(filePath: outputPath)), as: UTF8.self),
      errors: String(decoding: try Data(contentsOf: URL(filePath: errorPath)), as: UTF8.self))
  }
}
