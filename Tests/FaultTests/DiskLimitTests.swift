#if os(Linux)
  import Foundation
  import Nascent
  import TestSupport
  import Testing

  /// Disks and files that really end: a small file system, and a limit on the size of files.
  struct DiskLimitTests {
    /// Runs a script whose `$N` is the command, `$G` the graph and `$D` a folder.
    private func run(
      _ script: String, in folder: TemporaryFolder, asOwnRoot: Bool = false
    ) throws -> ChildProcess {
      let graph = folder.path("g.json")
      try FaultyRun.manifest().write(to: URL(filePath: graph))
      let mount = folder.path("disk")
      try FileManager.default.createDirectory(atPath: mount, withIntermediateDirectories: true)
      let words = ["bash", "-c", script]
      return try ChildProcess.run(
        asOwnRoot ? "unshare" : words[0], asOwnRoot ? ["-rm"] + words : Array(words.dropFirst()),
        environment: ["N": ChildProcess.nascent, "G": graph, "D": mount])
    }

    @Test func `a file system that is full ends a run, and with more room it is completed`()
      async throws
    {
      let expected = try await FaultyRun.expectation().contentDigest.hex
      for sizeKiB in [256, 700, 1024, 1500, 2048] {
        let result = try run(
          """
          mount -t tmpfs -o size=\(sizeKiB)k tmpfs "$D" || exit 99
          "$N" materialize "$G" --store "$D/s.db" --quiet 2>"$D.errors"; echo "full $?"
          mount -o remount,size=64m "$D" || exit 98
          [ -e "$D/s.db" ] && { "$N" list "$D/s.db" > /dev/null; echo "opens $?"; }
          "$N" materialize "$G" --store "$D/s.db" --quiet; echo "again $?"
          "$N" verify "$D/s.db" > /dev/null; echo "verify $?"
          "$N" fingerprint "$D/s.db"; cat "$D.errors"
          """, in: TemporaryFolder(), asOwnRoot: true)
        guard result.status != 99, !result.errors.contains("unshare:") else {
          print("fault: a full file system; not tried, none can be mounted here: \(result.errors)")
          return
        }
        try expectCompletion(result, expected, "the disk is full")
        print("fault: a file system of \(sizeKiB) KiB is full; tried 1, lost 0")
      }
    }

    @Test func `a limit on the size of files ends a run, and with a higher one it is completed`()
      async throws
    {
      let expected = try await FaultyRun.expectation().contentDigest.hex
      for limit in [64, 600, 1200, 1800, 2000] {
        // bash counts blocks of 1024 bytes.
        let result = try run(
          """
          (ulimit -f \(limit); "$N" materialize "$G" --store "$D/s.db" --quiet 2>"$D.errors")
          echo "full $?"
          "$N" list "$D/s.db" > /dev/null; echo "opens $?"
          "$N" materialize "$G" --store "$D/s.db" --quiet; echo "again $?"
          "$N" verify "$D/s.db" > /dev/null; echo "verify $?"
          "$N" fingerprint "$D/s.db"; cat "$D.errors"
          """, in: TemporaryFolder())
        try expectCompletion(result, expected, "may not become larger")
        print("fault: a limit of \(limit) KiB on files; tried 1, lost 0")
      }
    }

    private func expectCompletion(
      _ result: ChildProcess, _ expected: String, _ words: String,
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let output = result.output
      try #require(
        output.contains("full 74\n") && output.contains("again 0\n")
          && output.contains("verify 0\n") && output.contains(" \(expected)\n")
          && output.contains(words),
        "\(output) \(result.errors)", sourceLocation: sourceLocation)
      // A store that was not begun is an empty file, or none.
      if output.contains("opens ") {
        try #require(
          output.contains("opens 0\n") || result.errors.contains("application id 0"),
          "\(output) \(result.errors)", sourceLocation: sourceLocation)
      }
    }
  }
#endif
