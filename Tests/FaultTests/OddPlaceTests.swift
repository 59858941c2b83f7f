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
