import Foundation
import Nascent
import TestSupport
import Testing

/// The command as outsiders call it.
struct CommandTests {
  private let folder: TemporaryFolder
  private let manifest: String
  private let store: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    store = folder.path("s.db")
    let graph = try Models.mixed()
    try GraphManifest(registry: .keras).data(from: graph).write(to: URL(filePath: manifest))
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

  private func actions(_ document: [String: JSONValue]) -> [String] {
    guard case .array(let variables)? = document["variables"] else { return [] }
    return variables.map { variable in
      guard case .object(let members) = variable, case .string(let action)? = members["action"]
      else { return "none" }
      return action
    }
  }

  @Test func `materialize, again, verify, another seed`() throws {
    let first = try json("materialize", manifest, "--store", store, "--json")
    #expect(actions(first) == Array(repeating: "materialized", count: 12) + ["aliased"])
    let again = try json("materialize", manifest, "--store", store, "--json")
    #expect(actions(again) == Array(repeating: "skipped", count: 12) + ["aliased"])
    #expect(again["contentDigest"] == first["contentDigest"])
    let verified = try json(
      "materialize", manifest, "--store", store, "--on-existing", "verify", "--json")
    #expect(actions(verified) == Array(repeating: "verified", count: 12) + ["aliased"])
    let other = try json(
      "materialize", manifest, "--store", store, "--seed", "43", "--json")
    #expect(actions(other).count { $0 == "replaced" } == 7)
    let conflict = try nascent("materialize", manifest, "--store", store, "--on-existing", "fail")
    #expect(conflict.status == 1)
  }

  @Test func `sample writes TensorFlow's values`() throws {
    let path = folder.path("a.npy")
    let result = try nascent(
      "sample", "he_uniform", "--seed", "7", "--shape", "3,3", "--output", path)
    #expect(result.status == 0)
    let vector = try #require(
      ReferenceVector.load("tensorflow.json").first {
        $0.className == "HeUniform" && $0.shape == [3, 3] && $0.dtype == "float32"
          && $0.seeds == [7]
      })
    let bytes = try Data(contentsOf: URL(filePath: path))
    #expect(Digest(of: bytes.suffix(36)).hex == vector.sha256)
    #expect(bytes.count == 128 + 36)
    let part = folder.path("b.npy")
    #expect(
      try nascent(
        "sample", "he_uniform", "--seed=7", "--shape", "3,3", "--slice", "2:5", "--output", part
      ).status == 0)
    #expect(
      try Data(contentsOf: URL(filePath: part)).suffix(12)
        == bytes.suffix(36).dropFirst(8).prefix(12))
  }

  @Test func `exit codes say what kind of failure it is`() throws {
    _ = try nascent("materialize", manifest, "--store", store, "--quiet")
    let broken = folder.path("broken.json")
    try Data("{".utf8).write(to: URL(filePath: broken))
    let cases: [([String], Int32)] = [
      (["verify", store], 0),
      (["verify", store, "--level", "regenerate"], 0),
      (["diff", store, store], 0),
      (["frobnicate"], 64),
      (["materialize", manifest], 64),
      (["sample", "he_uniform", "--shape", "x", "--output", "y"], 64),
      (["materialize", manifest, "--store", store, "--jobs", "0"], 64),
      (["plan", broken], 65),
      (["plan", folder.path("missing.json")], 65),
      (["plan", manifest, "--dialect", "fortran"], 65),
      (["show", manifest], 65),
      (["show", store, "--checkpoint", "none"], 65),
      (["sample", "he_uniform", "--shape", "3", "--dtype", "int8", "--output", "y"], 65),
      (["sample", "no_such", "--shape", "3", "--output", "y"], 65),
      (["sample", "zeros", "--shape", "4611686018427387904,4", "--output", "y"], 65),
      (["sample", "zeros", "--shape", "3", "--output", "/nonexistent/folder/y.npy"], 74),
      (["materialize", manifest, "--store", "/nonexistent/folder/s.db"], 74),
    ]
    for (arguments, status) in cases {
      let result = try ChildProcess.run(ChildProcess.nascent, arguments)
      #expect(result.status == status, "\(arguments) \(result.errors)")
      #expect(status == 0 || !result.errors.isEmpty, "\(arguments)")
    }
  }

  @Test func `diff names the first element that differs`() throws {
    func write(_ name: String, _ values: String) throws -> String {
      let path = folder.path("\(name).json")
      let text = """
        {"variables": [{"name": "v", "shape": [4], "initializer":
          {"class_name": "Constant", "config": {"value": \(values)}}}]}
        """
      try Data(text.utf8).write(to: URL(filePath: path))
      let store = folder.path("\(name).db")
      #expect(try nascent("materialize", path, "--store", store, "--quiet").status == 0)
      return store
    }
    let result = try nascent(
      "diff", try write("a", "[1, 2, 3, 4]"), try write("b", "[1, 2, 5, 4]"))
    #expect(result.status == 1)
    #expect(result.output == "v: element 2 is 3.0 and 5.0\n1 variables differ\n")
  }

  @Test func `a flipped byte makes verify fail with variable and chunk`() throws {
    _ = try nascent("materialize", manifest, "--store", store, "--quiet")
    let tensor = try CheckpointStore(path: store, for: .read).tensor(named: "mixed/he").data()
    var bytes = try Data(contentsOf: URL(filePath: store))
    let place = try #require(bytes.range(of: tensor[1_500_000..<1_500_064]))
    bytes[place.lowerBound] ^= 1
    try bytes.write(to: URL(filePath: store))
    let result = try nascent("verify", store)
    #expect(result.status == 1)
    #expect(result.output.contains("chunk 1 of variable \"mixed/he\""))
    #expect(
      try nascent("materialize", manifest, "--store", store, "--on-existing", "verify").status == 1)
  }

  @Test func `a killed run goes on, with the digests of an uninterrupted one`() throws {
    let model = folder.path("model.json")
    let variables = (0..<48).map {
      "{\"name\": \"layer\($0)/kernel\", \"shape\": [1024, 512], \"initializer\": \"he_normal\"}"
    }
    let text = "{\"seed\": 5, \"variables\": [\(variables.joined(separator: ",\n"))]}"
    try Data(text.utf8).write(to: URL(filePath: model))
    let whole = try json(
      "materialize", model, "--store", folder.path("whole.db"), "--json")
    var generator = SeededGenerator(state: 1)
    var interrupted = 0
    for round in 0..<8 {
      let store = folder.path("killed\(round).db")
      let killed = try ChildProcess.run(
        ChildProcess.nascent,
        ["materialize", model, "--store", store, "--quiet", "--memory", "8MiB"],
        killedAfter: Double.random(in: 0.02...0.6, using: &generator))
      if killed.status == SIGKILL { interrupted += 1 }
      if FileManager.default.fileExists(atPath: store) {
        let check = try ChildProcess.run(
          "sqlite3", [store, "PRAGMA integrity_check; PRAGMA foreign_key_check"])
        #expect(check.output == "ok\n")
      }
      let kept = try? CheckpointStore(path: store, for: .read).variables(in: "initial")
      let finished = kept?.count(where: \.isMaterialized) ?? 0
      let resumed = try json("materialize", model, "--store", store, "--json")
      #expect(actions(resumed).count { $0 == "skipped" } == finished)
      #expect(resumed["contentDigest"] == whole["contentDigest"])
      #expect(try nascent("verify", store).status == 0)
    }
    #expect(interrupted > 0)
  }

  @Test func `the documented queries run in sqlite3`() throws {
    _ = try nascent("materialize", manifest, "--store", store, "--quiet")
    let readme = try String(
      contentsOf: ProjectFiles.root.appending(path: "README.md"), encoding: .utf8)
    let queries = readme.components(separatedBy: "```sql\n").dropFirst().map {
      $0.components(separatedBy: "```")[0]
    }
    #expect(queries.count >= 3)
    for query in queries {
      let result = try ChildProcess.run("sqlite3", ["-header", store, query])
      #expect(result.status == 0, "\(query) \(result.errors)")
    }
    let columns = try ChildProcess.run(
      "sqlite3",
      [
        store,
        """
        SELECT checkpoint, name, shape, dtype, initializer, state, bytes, sha256, mean,
          standard_deviation, minimum, maximum, preview FROM variables WHERE name = 'mixed/ones';
        SELECT checkpoint, name, shape, dtype, initializer FROM uninitialized;
        SELECT name, step, seed, dialect, variables, materialized, bytes FROM checkpoints;
        SELECT checkpoint, materialized, skipped, verified, replaced, failed FROM runs;
        """,
      ])
    let digest = Digest(of: Data((0..<5).flatMap { _ in [1, 0, 0, 0, 0, 0, 0, 0] as [UInt8] }))
    #expect(
      columns.output == """
        initial|mixed/ones|[5]|int64|{"class_name":"Ones","config":{}}|materialized|40|\
        \(digest.hex)|1.0|0.0|1.0|1.0|[1, 1, 1, 1, 1]
        initial||42|tensorflow|12|12|\(try Models.mixed().byteCount)
        initial|12|0|0|0|0

        """)
  }

  @Test(arguments: [
    ("gpt2", 148), ("bert-base-uncased", 204), ("llama-2-7b", 293), ("resnet50", 320),
    ("vit-base-patch16-224", 152), ("resnet18-pytorch", 122),
  ])
  func `the models that come with the project are planned`(model: String, count: Int) throws {
    let path = ProjectFiles.root.appending(path: "Examples/models/\(model).json").path
    let plan = try json("plan", path, "--json")
    guard case .array(let variables)? = plan["variables"] else { return }
    #expect(variables.count == count)
  }
}
