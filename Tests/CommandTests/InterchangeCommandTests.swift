import Foundation
import Nascent
import TestSupport
import Testing

/// `export`, `import` and `graph from` as outsiders call them.
struct InterchangeCommandTests {
  private let folder: TemporaryFolder
  private let store: String
  private let all = InterchangeVector.path("all.safetensors")

  init() throws {
    folder = try TemporaryFolder()
    store = folder.path("s.db")
  }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  private func json(_ arguments: String...) throws -> [String: JSONValue] {
    let result = try ChildProcess.run(ChildProcess.nascent, arguments)
    #expect(result.errors == "")
    guard case .object(let members) = try JSONValue(parsing: Data(result.output.utf8)) else {
      throw InitializerError(message: "not an object: \(result.output)")
    }
    return members
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test func `a file goes in and comes out, and is verified`() throws {
    let imported = try json("import", all, "--store", store, "--json")
    let again = try json("import", all, "--store", store, "--json")
    #expect(imported["contentDigest"] == again["contentDigest"])
    #expect(again["bytesWritten"] == 0)
    let copy = folder.path("copy.safetensors")
    let exported = try json("export", store, copy, "--json")
    #expect(exported["contentDigest"] == imported["contentDigest"])
    #expect(exported["files"] == .array([.string(copy)]))
    #expect(try bytes(copy) == bytes(all))
    let verified = try nascent("verify", store, "--level", "regenerate")
    #expect(verified.status == 0)
    #expect(
      verified.output == """
        17 verified, 0 damaged, 0 without stored bytes, 0 of another value
        17 were imported and cannot be made again; they have the digests of the import

        """)
  }

  @Test func `a manifest from a file is materialized with rules`() throws {
    let rules = folder.path("rules.json")
    try Data(#"[{"match": "*", "initializer": "zeros"}]"#.utf8).write(to: URL(filePath: rules))
    let graph = folder.path("graph.json")
    #expect(try nascent("graph", "from", all, "--output", graph).status == 0)
    #expect(try nascent("plan", graph).status == 65)
    #expect(try nascent("plan", graph, "--rules", rules).status == 0)
    let result = try nascent("graph", "from", all, "--rules", rules, "--seed", "-3")
    try Data(result.output.utf8).write(to: URL(filePath: graph))
    #expect(try json("materialize", graph, "--store", store, "--json")["variables"] != nil)
  }

  @Test func `names of a map, of a selection, and in shards`() throws {
    #expect(try nascent("import", all, "--store", store, "--quiet").status == 0)
    let map = folder.path("map.json")
    try Data(#"{"matrix/*": "m.*"}"#.utf8).write(to: URL(filePath: map))
    let path = folder.path("part.safetensors")
    let part = try json(
      "export", store, path, "--only", "matrix/f*", "--name-map", map, "--max-shard-bytes", "50",
      "--json")
    guard case .array(let files)? = part["files"] else { throw InitializerError(message: "none") }
    #expect(files.count == 3)
    let other = folder.path("other.db")
    let back = try nascent(
      "import", path + ".index.json", "--store", other, "--only", "x")
    #expect(back.status == 65)
    #expect(back.errors.hasPrefix("No variable matches \"x\"."))
    #expect(try nascent("import", path + ".index.json", "--store", other).status == 0)
    let shown = try nascent("show", other)
    #expect(shown.output.contains("m.float64"))
  }

  @Test func `exit codes say what kind of failure it is`() throws {
    #expect(try nascent("import", all, "--store", store, "--quiet").status == 0)
    let broken = folder.path("broken.safetensors")
    try Data("no".utf8).write(to: URL(filePath: broken))
    let other = folder.path("other.safetensors")
    _ = try ModelFile.write(MemoryTensors([(name: "cube", bytes: [1])]), to: other)
    let cases: [([String], Int32)] = [
      (["import", other, "--store", store], 1),
      (["import", other, "--store", store, "--on-existing", "fail"], 1),
      (["import", all, other, "--store", folder.path("new.db")], 1),
      (["import", "--store", store], 64),
      (["export", store], 64),
      (["export", store, folder.path("a.npz"), "--max-shard-bytes", "x"], 64),
      (["export", store, folder.path("a.bin")], 65),
      (["export", store, folder.path("a.npy")], 65),
      (["export", store, folder.path("a.npz"), "--max-shard-bytes", "5"], 65),
      (["export", store, folder.path("a.npz"), "--only", "none"], 65),
      (["export", store, folder.path("a.npz"), "--checkpoint", "none"], 65),
      (["export", store, folder.path("a.npz"), "--name-map", folder.path("none.json")], 65),
      (["export", store, "/nonexistent/folder/a.npz"], 74),
      (["import", broken, "--store", store], 65),
      (["import", folder.path("none.safetensors"), "--store", store], 65),
      (["import", folder.url.path + "/s.db", "--store", store], 65),
      (["import", InterchangeVector.path("bzip2.npz"), "--store", store], 65),
      (["import", all, "--store", "/nonexistent/folder/s.db"], 74),
      (["graph", "from", broken], 65),
      (["graph", "from"], 64),
    ]
    for (arguments, status) in cases {
      let result = try ChildProcess.run(ChildProcess.nascent, arguments)
      #expect(result.status == status, "\(arguments) \(result.errors)")
      #expect(!result.errors.isEmpty, "\(arguments)")
    }
  }

  @Test func `what was imported is lost only by a word`() throws {
    let backbone = folder.path("backbone.safetensors")
    let head = folder.path("head.npz")
    _ = try ModelFile.write(
      MemoryTensors([(name: "body/a", bytes: [1, 2]), (name: "body/b", bytes: [3])]), to: backbone)
    _ = try ModelFile.write(
      MemoryTensors([(name: "head/a", bytes: [4]), (name: "count", bytes: [5])]), to: head)
    let full = folder.path("full.json")
    let variables = ["body/a", "body/b", "head/a", "head/b"].map { name in
      #"{"name": "\#(name)", "shape": [\#(name == "body/a" ? 2 : 1)], "dtype": "uint8", "initializer": "ones"}"#
    }
    try Data(#"{"variables": [\#(variables.joined(separator: ", "))]}"#.utf8)
      .write(to: URL(filePath: full))
    let empty = folder.path("empty.json")
    try Data(#"{"variables": []}"#.utf8).write(to: URL(filePath: empty))
    #expect(try nascent("import", backbone, "--store", store).status == 0)

    let before = try bytes(store)
    for options in [
      [full], [full, "--recipe-only"], [full, "--shard", "0/2"], [full, "--on-existing", "fail"],
      [full, "--only", "body*"], [empty], [empty, "--on-existing", "verify"],
      [empty, "--on-existing", "fail"], [full, "--dialect", "jax"],
    ] {
      let refused = try ChildProcess.run(
        ChildProcess.nascent, ["materialize"] + options + ["--store", store])
      #expect(refused.status == 1, "\(options)")
      #expect(refused.errors.contains("\n  body/a: its value was imported; "), "\(options)")
      #expect(
        refused.errors.contains(
          """
          Select other variables only, and these stay as they are; the policy replace lets them go, and another \
          checkpoint leaves this one as it is.
          Here: --only GLOB selects variables, --on-existing names the policy, and --checkpoint NAME another \
          checkpoint.

          """), "\(options)")
      #expect(try bytes(store) == before, "\(options)")
    }

    let made = try json("materialize", full, "--store", store, "--only", "head*", "--json")
    #expect(made["kept"] == ["body/a", "body/b"])
    #expect(made["contentDigest"] != .null)
    let text = try nascent("materialize", full, "--store", store, "--only", "head*")
    #expect(
      text.output.hasPrefix(
        "body/a, body/b: not selected, kept as stored, though the graph declares it otherwise\n"))
    #expect(try nascent("verify", store, "--level", "regenerate").status == 0)

    let conflict = try nascent("import", head, "--store", store)
    #expect(conflict.status == 1)
    #expect(conflict.errors.contains("\n  head/a: its value was made and has the SHA-256 "))
    #expect(conflict.errors.contains("Here: --skip GLOB leaves a tensor out, "))
    #expect(try nascent("import", head, backbone, "--store", store, "--skip", "head/*").status == 0)
    #expect(try nascent("import", head, "--store", store, "--only", "c*").status == 0)
    #expect(try nascent("import", head, "--store", store, "--on-existing", "replace").status == 0)
    let shown = try nascent("show", store).output.split(separator: "\n").map {
      $0.prefix { $0 != " " }
    }
    #expect(shown == ["NAME", "body/a", "body/b", "head/a", "head/b", "count"])

    let replaced = try nascent("materialize", full, "--store", store, "--on-existing", "replace")
    #expect(replaced.status == 0)
    #expect(replaced.output.contains("; the imported value is lost\n"))
    #expect(replaced.output.contains("count: removed, the graph does not have it\n"))
    #expect(try nascent("verify", store, "--level", "regenerate").status == 0)
  }

  @Test func `an export that is killed leaves the old file or the new one, whole`() throws {
    let graph = folder.path("graph.json")
    let text = """
      {"variables": [{"name": "v", "shape": [12000000], "initializer": "ones"}]}
      """
    try Data(text.utf8).write(to: URL(filePath: graph))
    #expect(try nascent("materialize", graph, "--store", store, "--quiet").status == 0)
    let path = folder.path("v.safetensors")
    #expect(try nascent("export", store, path).status == 0)
    let new = try bytes(path)
    let old = Data("what was there".utf8)
    var generator = SeededGenerator(state: 3)
    var interrupted = 0
    for round in 0..<12 {
      try old.write(to: URL(filePath: path))
      let killed = try ChildProcess.run(
        ChildProcess.nascent, ["export", store, path],
        killedAfter: Double.random(in: 0.01...0.4, using: &generator))
      if killed.status == SIGKILL { interrupted += 1 }
      let found = try bytes(path)
      #expect(found == old || found == new, "round \(round)")
    }
    #expect(interrupted > 0)
  }
}
