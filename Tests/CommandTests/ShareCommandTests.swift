import Foundation
import Nascent
import TestSupport
import Testing

/// Shares, merging and slices as outsiders call them.
struct ShareCommandTests {
  private let folder: TemporaryFolder
  private let manifest: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    try GraphManifest(registry: .keras).data(from: Models.mixed()).write(
      to: URL(filePath: manifest))
  }

  private func nascent(
    _ arguments: [String], environment: [String: String] = [:]
  ) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments, environment: environment)
  }

  private func object(_ text: String) throws -> [String: JSONValue] {
    guard case .object(let members) = try JSONValue(parsing: Data(text.utf8)) else {
      throw InitializerError(message: "not an object: \(text)")
    }
    return members
  }

  @Test func `shares from launchers are merged into the store of one machine`() throws {
    let one = folder.path("one.db")
    let whole = try object(
      nascent(["materialize", manifest, "--store", one, "--json"]).output)
    for index in 0..<3 {
      let result = try nascent(
        [
          "materialize", manifest, "--store", folder.path("part-\(index).db"), "--shard", "auto",
          "--quiet",
        ],
        environment: ["RANK": "\(index)", "WORLD_SIZE": "3"])
      #expect(result.status == 0)
      #expect(result.errors.hasPrefix("share \(index + 1) of 3, from torchrun: "))
    }
    let out = folder.path("out.db")
    let first = try nascent(["merge", "--store", out, folder.path("part-1.db")])
    #expect(first.status == 1)
    #expect(
      first.output.hasSuffix("make them with `nascent materialize` and\n--shard 0/3\n--shard 2/3\n")
    )
    let rest = try nascent(["merge", "--store", out, folder.path("part-*.db"), "--json"])
    #expect(rest.status == 0)
    let merged = try object(rest.output)
    #expect(merged["contentDigest"] == whole["contentDigest"])
    #expect(merged["missing"] == .array([]))
    #expect(try nascent(["diff", one, out]).output == "identical\n")
    let catalog = folder.path("catalog.db")
    #expect(
      try nascent(["merge", "--store", catalog, "--catalog", folder.path("part-*.db")]).status == 0)
    #expect(try nascent(["verify", catalog]).status == 0)
    #expect(try nascent(["diff", one, catalog]).output == "identical\n")
  }

  @Test func `a plan of a share says what the run does`() throws {
    let store = folder.path("part.db")
    let plan = try nascent(["plan", manifest, "--store", store, "--shard", "1/3"])
    #expect(plan.errors == "share 2 of 3\n")
    let run = try nascent(["materialize", manifest, "--store", store, "--shard", "1/3", "--json"])
    guard case .array(let made)? = try object(run.output)["variables"] else {
      Issue.record("no variables: \(run.output)")
      return
    }
    let names = made.compactMap { variable -> String? in
      guard case .object(let members) = variable, case .string(let name)? = members["name"] else {
        return nil
      }
      return name
    }
    #expect(!names.isEmpty)
    for name in names { #expect(plan.output.contains("\(name) "), "\(name)") }
  }

  @Test func `a slice is written as a NumPy file`() throws {
    let store = folder.path("s.db")
    _ = try nascent(["materialize", manifest, "--store", store, "--quiet"])
    for file in [manifest, store] {
      let output = folder.path("slice.npy")
      let result = try nascent([
        "slice", file, "mixed/he", "--rank", "2/3", "--axis", "1", "--output", output,
      ])
      #expect(result.status == 0, "\(result.errors)")
      let checked = file == store ? "730.1 KiB" : "0 bytes"
      #expect(
        result.output == """
          \(output): float32 [700,267], 730.1 KiB, of which \(checked) were compared with digests

          """)
      let json = try object(
        nascent([
          "slice", file, "mixed/he", "--rank", "2/3", "--axis", "1", "--output", output, "--json",
        ]).output)
      #expect(json["bytes"] == .integer(700 * 267 * 4))
      #expect(json["checkedBytes"] == .integer(file == store ? 700 * 267 * 4 : 0))
      let source = try NumPyFile(path: output)
      #expect(source.entries[0].shape.dimensions == [700, 267])
      let whole = try CheckpointStore(path: store, for: .read).tensor(named: "mixed/he")
      let slice = try #require(RankSlice(rank: 2, of: 3, axis: 1))
      #expect(try source.tensor(named: "slice").data() == whole.slice(slice).data())
    }
  }

  @Test func `wrong shares, launchers and parts have their exit codes`() throws {
    let store = folder.path("s.db")
    _ = try nascent(["materialize", manifest, "--store", store, "--quiet"])
    let other = folder.path("other.db")
    _ = try nascent(["materialize", manifest, "--store", other, "--seed", "5", "--quiet"])
    let output = folder.path("x.npy")
    let cases: [([String], [String: String], Int32)] = [
      (["materialize", manifest, "--store", store, "--shard=3/3"], [:], 64),
      (["materialize", manifest, "--store", store, "--shard=-1/3"], [:], 64),
      (["materialize", manifest, "--store", store, "--shard=a/b"], [:], 64),
      (["materialize", manifest, "--store", store, "--shard=auto/0"], [:], 64),
      (["materialize", manifest, "--store", store, "--shard=auto"], ["PMI_RANK": "1"], 64),
      (
        ["materialize", manifest, "--store", store, "--shard=auto"],
        ["RANK": "1", "WORLD_SIZE": "2", "PMI_RANK": "0", "PMI_SIZE": "2"], 64
      ),
      (["merge", "--store", folder.path("m.db")], [:], 64),
      (["merge", "--store", folder.path("m.db"), folder.path("none-*.db")], [:], 65),
      (["merge", "--store", store, other], [:], 65),
      (["merge", "--store", store, manifest], [:], 65),
      (
        ["slice", manifest, "mixed/he", "--rank", "0/2", "--axis", "2", "--output", output], [:], 65
      ),
      (["slice", manifest, "none", "--rank", "0/2", "--output", output], [:], 65),
      (["slice", manifest, "mixed/he", "--rank", "2/2", "--output", output], [:], 64),
    ]
    for (arguments, environment, status) in cases {
      let result = try nascent(arguments, environment: environment)
      #expect(result.status == status, "\(arguments) \(result.errors)")
      #expect(!result.errors.isEmpty, "\(arguments)")
    }
  }
}
