#if os(Linux)
  import Foundation
  import TestSupport

  /// A store that another process, `sqlite3`, has locked for a time, or until it is released.
  struct LockedStore {
    /// The number of the process that holds the lock.
    let process: String
    private let done: String
    private let holder: Process

    init(_ store: String, in folder: TemporaryFolder, forSeconds seconds: Int = 60) throws {
      let (script, ready) = (folder.path("script"), folder.path("ready"))
      done = folder.path("done")
      // The shell that sqlite3 starts tells its parent's number.
      let hold = "for i in $(seq \(seconds * 10)); do [ -e '\(done)' ] && break; sleep 0.1; done"
      try Data(
        "BEGIN EXCLUSIVE;\n.shell echo $PPID > '\(ready)'; \(hold)\nROLLBACK;\n".utf8
      ).write(to: URL(filePath: script))
      holder = Process()
      holder.executableURL = URL(filePath: "/bin/sh")
      holder.arguments = ["-c", "exec sqlite3 '\(store)' < '\(script)'"]
      try holder.run()
      var found = ""
      while !found.hasSuffix("\n") {
        Thread.sleep(forTimeInterval: 0.01)
        found = (try? String(contentsOfFile: ready, encoding: .utf8)) ?? ""
      }
      process = found.trimmingCharacters(in: .newlines)
    }

    /// Lets the store go, and waits for the process.
    func release() throws {
      try Data().write(to: URL(filePath: done))
      holder.waitUntilExit()
    }
  }
#endif
