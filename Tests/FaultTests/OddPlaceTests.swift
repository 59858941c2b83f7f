#if os(Linux)
  import Foundation
  import Nascent
  import TestSupport
  import Testing

  /// Stores in odd places and states: read-only media, several names, a run that was killed.
  struct OddPlaceTests {
    private let run: FaultyRun

    init() throws { run = try FaultyRun() }

    private func nascent(_ arguments: String...) throws -> ChildProcess {
      try ChildProcess.run(ChildProcess.nascent, arguments)
    }

    /// Runs a script with the store's folder mounted for reading alone; `nil` where that cannot be.
    private func runReadOnly(_ script: String) throws -> ChildProcess? {
      let result = try ChildProcess.run(
        "unshare",
        [
          "-rm", "bash", "-c",
          """
          mount --bind "$D" "$D" && mount -o remount,bind,ro "$D" || exit 99
          \(script)
          """,
        ],
        environment: [
          "N": ChildProcess.nascent, "D": run.folder.url.path, "S": run.store,
          "G": run.folder.path("g.json"),
        ])
      guard result.status != 99, !result.errors.contains("unshare:") else {
        print("fault: a read-only medium; not tried, none can be mounted: \(result.errors)")
        return nil
      }
      return result
    }

    @Test func `a store on a read-only medium is read, and writing to it is a clear error`()
      async throws
    {
      #expect(try run().status == 0)
      guard
        let result = try runReadOnly(
          """
          for C in list show verify fingerprint; do "$N" $C "$S" > /dev/null; echo "$C $?"; done
          "$N" materialize "$G" --store "$S" --seed 9; echo "materialize $?"
          """)
      else { return }
      #expect(
        result.output == "list 0\nshow 0\nverify 0\nfingerprint 0\nmaterialize 74\n",
        "\(result.errors)")
      #expect(
        result.errors == """
          Cannot use store "\(run.store)": it, its folder or the medium may not be written.
          Give yourself the permission to write, or choose another folder, and run again: what is stored is \
          kept.

          """)
    }

    /// A store beside a journal that must be undone: the run was killed when it was about to commit.
    private func interrupt() throws {
      #expect(try run(fault: "delete:3:kill").status == SIGKILL)
      #expect(FileManager.default.fileExists(atPath: run.store + "-journal"))
    }

    @Test func `what a killed run left half done is undone by one that only reads`() throws {
      try interrupt()
      let list = try nascent("list", run.store)
      #expect(list.status == 0, "\(list.errors)")
      #expect(!FileManager.default.fileExists(atPath: run.store + "-journal"))
      #expect(try nascent("verify", run.store).status == 0)
    }

    @Test func `where it cannot be undone, the error says how`() throws {
      try interrupt()
      guard let result = try runReadOnly(#""$N" list "$S""#) else { return }
      #expect(result.status == 74)
      #expect(
        result.errors == """
          Store "\(run.store)" cannot be read: a program ended while it wrote to it, and what it left half done \
          cannot be undone here, because the file or its folder cannot be written.
          Copy it together with "\(run.store)-journal" to a folder where you may write, and open the copy.

          """)
    }

    /// The store of a whole run, in SQLite's WAL mode.
    private func makeWALStore() throws {
      #expect(try run().status == 0)
      let mode = try ChildProcess.run("sqlite3", [run.store, "PRAGMA journal_mode = WAL"])
      #expect(mode.output == "wal\n")
    }

    private func exists(_ suffix: String) -> Bool {
      FileManager.default.fileExists(atPath: run.store + suffix)
    }

    @Test func `a store in WAL mode is read on a read-only medium`() throws {
      try makeWALStore()
      guard
        let result = try runReadOnly(
          """
          for C in list show verify fingerprint; do "$N" $C "$S" > /dev/null; echo "$C $?"; done
          """)
      else { return }
      #expect(
        result.output == "list 0\nshow 0\nverify 0\nfingerprint 0\n", "\(result.errors)")
      #expect(!exists("-wal") && !exists("-shm"))
    }

    @Test func `reading a store in WAL mode leaves nothing beside it`() throws {
      try makeWALStore()
      for command in ["list", "show", "verify", "fingerprint"] {
        #expect(try nascent(command, run.store).status == 0)
        #expect(!exists("-wal") && !exists("-shm"), "\(command)")
      }
      #expect(
        try nascent("materialize", run.folder.path("g.json"), "--store", run.store).status == 0)
      #expect(!exists("-wal") && !exists("-shm"))
    }

    /// What a program wrote that ended without closing the store lies in the `-wal` file.
    @Test func `what lies in a WAL is not passed over on a read-only medium`() throws {
      try makeWALStore()
      let copy = run.folder.path("copy.db")
      _ = try ChildProcess.run(
        "bash",
        [
          "-c",
          """
          sqlite3 "$S" "INSERT INTO run (checkpoint, started_at, tool_version) VALUES ('x', 'y', 'z')" \
            ".shell cp '$S' '$C'; cp '$S-wal' '$C-wal'"
          mv "$C" "$S"; mv "$C-wal" "$S-wal"; rm -f "$S-shm"
          """,
        ], environment: ["S": run.store, "C": copy])
      #expect(exists("-wal"))
      guard let result = try runReadOnly(#""$N" list "$S"; echo "list $?""#) else { return }
      if !result.output.hasSuffix("list 0\n") {
        #expect(result.output == "list 74\n")
        #expect(
          result.errors == """
            Store "\(run.store)" cannot be read: it is in SQLite's WAL mode, part of it lies in \
            "\(run.store)-wal", and its folder or the medium may not be written.
            Copy it together with "\(run.store)-wal" to a folder where you may write, and open the copy; \
            `sqlite3 COPY 'PRAGMA journal_mode = DELETE'` makes one that is read anywhere.

            """)
      }
    }

    @Test(arguments: [
      ":memory:", "file::memory:", "file:x.db?mode=memory", "file:y.db", "a?b#c%20",
    ])
    func `a path is the name of a file`(name: String) throws {
      let script = """
        cd "$D" && "$N" materialize g.json --store "$P" --quiet && "$N" verify "$P" && test -f "./$P" \
          && "$N" merge --store file:merged.db "$P" && "$N" merge --store ':c:' --catalog "$P" \
          && "$N" verify ':c:' && test -f ./file:merged.db && "$N" prune "$P" --keep-last 1 && ls
        """
      #expect(try run().status == 0)
      let result = try ChildProcess.run(
        "bash", ["-c", script],
        environment: ["N": ChildProcess.nascent, "D": run.folder.url.path, "P": name])
      #expect(result.status == 0, "\(result.output)\(result.errors)")
    }

    @Test func `a pipe, a folder and a device are refused by name, and nothing waits`() throws {
      #expect(try run().status == 0)
      let pipe = run.folder.path("pipe")
      #expect(mkfifo(pipe, 0o600) == 0)
      for (path, kind) in [
        (pipe, "a named pipe"), (run.folder.url.path, "a folder"), ("/dev/null", "a device"),
      ] {
        let error = """
          "\(path)" is not a Nascent store: it is \(kind).
          Check the path; `nascent materialize GRAPH --store FILE` makes a new store.

          """
        for arguments in [
          ["materialize", run.folder.path("g.json"), "--store", path], ["list", path],
          ["verify", path], ["show", path], ["merge", "--store", path, run.store],
          ["merge", "--store", run.folder.path("out.db"), path],
          ["prune", path, "--keep-last", "1"],
          ["report", path, "--output", run.folder.path("r.html")], ["repair", path],
        ] {
          let result = try ChildProcess.run(
            "timeout", ["20", ChildProcess.nascent] + arguments)
          #expect(result.status == 65 && result.errors == error, "\(arguments) \(result.status)")
        }
      }
    }

    @Test func `a file with two names is read and not written`() throws {
      #expect(try run().status == 0)
      let other = run.folder.path("other.db")
      try FileManager.default.linkItem(atPath: run.store, toPath: other)
      let before = try Data(contentsOf: URL(filePath: other))
      #expect(try nascent("verify", other).status == 0)
      let result = try nascent(
        "materialize", run.folder.path("g.json"), "--store", other, "--seed", "9")
      #expect(result.status == 65)
      #expect(
        result.errors == """
          Store "\(other)" cannot be written: the file has 2 names (hard links), and a program that opens it by \
          another name would not see what this one is in the middle of.
          Write to a copy of its own, `cp "\(other)" NEW.db`, or remove the other names.

          """)
      #expect(try Data(contentsOf: URL(filePath: run.store)) == before)
    }

    @Test func `a name that is added while a store is open is seen before a run begins`()
      async throws
    {
      let folder = try TemporaryFolder()
      let store = try CheckpointStore(path: folder.path("s.db"))
      try FileManager.default.linkItem(
        atPath: folder.path("s.db"), toPath: folder.path("other.db"))
      await #expect {
        try await Runtime(graph: FaultyRun.smallGraph(), store: store).materialize()
      } throws: {
        ($0 as? CheckpointError)?.code == .severalNames
      }
    }

    /// The system's table of locks is longer than a page then, and the holder stands at its end.
    @Test func `the holder of a lock is found behind many others`() throws {
      #expect(try run().status == 0)
      let holder = try LockedStore(run.store, in: run.folder)
      var files: [FileHandle] = []
      for number in 0..<200 {
        let path = run.folder.path("lock-\(number)")
        try Data().write(to: URL(filePath: path))
        let file = try FileHandle(forUpdating: URL(filePath: path))
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        #expect(fcntl(file.fileDescriptor, F_SETLK, &lock) == 0)
        files.append(file)
      }
      let result = try nascent("list", run.store)
      try holder.release()
      #expect(files.count == 200)
      #expect(
        result.errors.contains(
          "is in use by sqlite3 \(run.store) (process \(holder.process))"))
    }

    @Test func `who waits says for whom, at once and in the end`() throws {
      #expect(try run().status == 0)
      let store = run.store
      let holder = try LockedStore(store, in: run.folder)
      let result = try nascent(
        "materialize", run.folder.path("g.json"), "--store", store, "--seed", "9")
      let quiet = try nascent("list", store, "--json")
      try holder.release()
      let name = "sqlite3 \(store) (process \(holder.process))"
      #expect(result.status == 75)
      #expect(
        result.errors == """
          Waiting for \(name), which uses store "\(store)".
          Store "\(store)" is in use by \(name), which did not let go in 10 seconds.
          Try again when it has finished.

          """)
      #expect(quiet.status == 75 && quiet.output == "")
      #expect(quiet.errors.hasPrefix("Store \"\(store)\" is in use by \(name)"))
    }

    @Test func `who waits goes on when it is let`() throws {
      #expect(try run().status == 0)
      let store = run.store
      let holder = try LockedStore(store, in: run.folder, forSeconds: 3)
      let result = try nascent("verify", store)
      try holder.release()
      #expect(result.status == 0)
      #expect(
        result.errors == """
          Waiting for sqlite3 \(store) (process \(holder.process)), which uses store "\(store)".

          """)
    }
  }
#endif
