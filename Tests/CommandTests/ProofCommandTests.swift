import Foundation
import Nascent
import TestSupport
import Testing

/// Recipes, comparisons and repairs as outsiders ask for them.
struct ProofCommandTests {
  private let folder: TemporaryFolder
  private let manifest: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    try Data(
      """
      {"seed": 5, "variables": [
        {"name": "kernel", "shape": [700, 800], "initializer": "he_uniform"},
        {"name": "tall", "shape": [300001], "dtype": "float64", "initializer": "random_normal"},
        {"name": "flag", "shape": [], "dtype": "bool", "initializer": "ones"},
        {"name": "none", "shape": [0, 2], "initializer": "zeros"},
        {"name": "umlaut ü", "shape": [3], "dtype": "bfloat16", "initializer": "random_normal"}],
       "tied": [["second", "kernel"]]}
      """.utf8
    ).write(to: URL(filePath: manifest))
  }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  private func materialize(_ name: String, _ options: String...) throws -> String {
    let path = folder.path(name)
    let made = try ChildProcess.run(
      ChildProcess.nascent, ["materialize", manifest, "--store", path, "--quiet"] + options)
    #expect(made.status == 0, "\(made.errors)")
    return path
  }

  private func sql(_ path: String, _ text: String) throws {
    let done = try ChildProcess.run("sqlite3", [path, text])
    #expect(done.status == 0, "\(done.errors)")
  }

  @Test func `a recipe and its values are one checkpoint to fingerprint, diff and export`() throws {
    let recipe = try materialize("recipe.db", "--recipe-only")
    let whole = try materialize("whole.db")
    let prints = try [recipe, whole].map { try nascent("fingerprint", $0).output }
    #expect(prints[0] == prints[1] && prints[0].split(separator: " ").count == 2)
    #expect(try nascent("diff", recipe, whole).output == "identical\n")
    let verified = try nascent("verify", recipe, "--level", "regenerate")
    #expect(verified.status == 0)
    #expect(
      verified.output
        == "0 verified, 0 damaged, 5 without stored bytes, 0 of another value\n")
    let files = try [recipe, whole].map { store in
      let file = store + ".safetensors"
      #expect(try nascent("export", store, file).status == 0)
      return try Data(contentsOf: URL(filePath: file))
    }
    #expect(files[0] == files[1])
    let other = try materialize("other.db", "--seed", "6")
    let different = try nascent("diff", recipe, other)
    #expect(different.status == 1)
    #expect(different.output.contains("kernel: element 0 is "))
    #expect(different.output.contains("tall: element 0 is "))
  }

  @Test func `a recipe whose row was changed is not filled in`() throws {
    let recipe = try materialize("recipe.db", "--recipe-only")
    try sql(recipe, "UPDATE payload SET sha256 = zeroblob(32) WHERE byte_count = 2400008")
    let filled = try nascent("materialize", manifest, "--store", recipe, "--quiet")
    #expect(filled.status == 65)
    #expect(filled.errors.contains("damaged: the row of variable \"tall\""))
    let regenerated = try nascent("verify", recipe, "--level", "regenerate")
    #expect(regenerated.status == 1)
    #expect(
      regenerated.output.contains(
        "damaged: the row of variable \"tall\", or of its value, does not have its seal"))
  }

  @Test func `repair mends, says what it did, and the fingerprint is as before`() throws {
    let store = try materialize("s.db")
    let before = try nascent("fingerprint", store).output
    try sql(store, "UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id % 2 = 0")
    try sql(store, "DELETE FROM chunk WHERE number = 2")
    #expect(try nascent("verify", store).status == 1)
    let repaired = try nascent("repair", store)
    #expect(repaired.status == 0 && repaired.errors == "", "\(repaired.output)")
    #expect(repaired.output.contains("repaired: tall, "))
    #expect(repaired.output.contains(" and its list of digests\n"))
    #expect(try nascent("verify", store).status == 0)
    #expect(try nascent("fingerprint", store).output == before)
    #expect(try nascent("repair", store).output == "0 repaired, 0 lost\n")
  }

  @Test func `a value that is gone with its digests is named, and made again`() throws {
    let store = try materialize("s.db")
    let before = try nascent("fingerprint", store).output
    try sql(store, "DELETE FROM payload WHERE byte_count = 1")
    let verified = try nascent("verify", store)
    #expect(verified.status == 1)
    #expect(
      verified.output.contains(
        "damaged: the value of variable \"flag\" is gone, and its digests with it\n"))
    let document = try nascent("verify", store, "--json").output
    #expect(document.contains(#""chunk":null,"expected":null,"found":null,"part":"value""#))
    let repaired = try nascent("repair", store)
    #expect(
      repaired.output
        == "repaired: flag, its list of digests\n1 repaired, 0 lost\n")
    #expect(try nascent("verify", store).status == 0)
    #expect(try nascent("fingerprint", store).output == before)
  }

  private func object(_ text: String) throws -> [String: JSONValue] {
    guard case .object(let members) = try JSONValue(parsing: Data(text.utf8)) else {
      Issue.record("not an object: \(text)")
      return [:]
    }
    return members
  }

  @Test func `verify looks at every checkpoint, and names it`() throws {
    let store = try materialize("s.db")
    #expect(
      try nascent("verify", store).output == "5 verified, 0 damaged, 0 without stored bytes\n")
    _ = try materialize("s.db", "--checkpoint", "other", "--seed", "77")
    #expect(try nascent("verify", store).status == 0)
    try sql(
      store,
      """
      UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id IN (SELECT block_id FROM chunk
        JOIN variable USING (payload_id) JOIN checkpoint ON checkpoint.id = checkpoint_id
        WHERE checkpoint.name = 'other' AND variable.name = 'tall')
      """)
    let verified = try nascent("verify", store)
    #expect(verified.status == 1)
    #expect(verified.output.hasPrefix("initial: 5 verified, 0 damaged"))
    #expect(verified.output.contains("\nother: damaged: chunk 0 of variable \"tall\""))
    let document = try object(nascent("verify", store, "--json").output)
    guard case .array(let entries)? = document["checkpoints"] else { return }
    #expect(document["intact"] == false && entries.count == 2)
    #expect(try nascent("verify", store, "--checkpoint", "initial").status == 0)
    #expect(try nascent("verify", store, "--checkpoint", "other").status == 1)
    let one = try object(nascent("verify", store, "--checkpoint", "initial", "--json").output)
    #expect(one["checkpoint"] == "initial" && one["intact"] == true)
  }

  /// What a run under `verify` says of the first variable, its exit code, and the counts in `runs`.
  private func verifyingRun(_ store: String) throws -> (
    status: Int32, action: String, counts: String
  ) {
    let run = try nascent(
      "materialize", manifest, "--store", store, "--on-existing", "verify", "--json")
    guard case .array(let variables)? = try object(run.output)["variables"],
      case .object(let first)? = variables.first, case .string(let action)? = first["action"]
    else { return (run.status, "none: \(run.errors)", "") }
    let counts = try ChildProcess.run(
      "sqlite3", [store, "SELECT verified, failed FROM run ORDER BY id DESC LIMIT 1"])
    return (run.status, action, counts.output)
  }

  @Test func `a run under verify counts nothing as verified whose declaration was changed`() throws
  {
    let store = try materialize("s.db")
    #expect(try verifyingRun(store) == (0, "verified", "5|0\n"))
    try sql(store, "UPDATE variable SET shape = '[800,700]' WHERE name = 'kernel'")
    #expect(try verifyingRun(store) == (1, "failed", "0|5\n"))
    #expect(try nascent("verify", store).status == 1)
    try sql(store, "UPDATE variable SET shape = '[700,800]' WHERE name = 'kernel'")
    #expect(try verifyingRun(store) == (0, "verified", "5|0\n"))
    try sql(store, "UPDATE checkpoint SET seed = 6")
    #expect(try verifyingRun(store) == (1, "failed", "0|5\n"))
    #expect(try nascent("verify", store).status == 1)
  }

  @Test func `a run under verify does not count a value with a flipped bit`() throws {
    let store = try materialize("s.db")
    try sql(
      store,
      """
      UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id IN (SELECT block_id FROM chunk
        JOIN variable USING (payload_id) WHERE variable.name = 'kernel' AND number = 1)
      """)
    #expect(try verifyingRun(store) == (1, "failed", "4|1\n"))
    let text = try nascent("materialize", manifest, "--store", store, "--on-existing", "verify")
    #expect(text.status == 1 && text.output.contains(", 4 verified, "))
    #expect(text.output.contains(", 1 failed; "))
  }

  @Test func `what cannot be mended is named, with exit code 1`() throws {
    // What was imported cannot be made again.
    let made = try materialize("made.db")
    let (file, store) = (folder.path("m.safetensors"), folder.path("s.db"))
    #expect(try nascent("export", made, file).status == 0)
    #expect(try nascent("import", file, "--store", store, "--quiet").status == 0)
    try sql(store, "UPDATE payload SET root = zeroblob(32) WHERE byte_count = 1")
    let repaired = try nascent("repair", store, "--json")
    #expect(repaired.status == 1)
    guard case .object(let document) = try JSONValue(parsing: Data(repaired.output.utf8)) else {
      Issue.record("not an object: \(repaired.output)")
      return
    }
    #expect(document["intact"] == false && document["repaired"] == [])
    guard case .array(let lost)? = document["lost"], case .object(let first)? = lost.first else {
      Issue.record("nothing is lost")
      return
    }
    #expect(lost.count == 1 && first["variable"] == "flag")
    #expect(try nascent("repair", folder.path("none.db")).status == 65)
    #expect(!FileManager.default.fileExists(atPath: folder.path("none.db")))
  }

  @Test(.enabled(if: ChildProcess.isInstalled("python3")))
  func `the program in the documentation prints the content digest`() throws {
    let text = try String(
      contentsOf: ProjectFiles.root.appending(path: "Docs/Proofs.md"), encoding: .utf8)
    let program = try #require(
      text.components(separatedBy: "```python\n").dropFirst().first?
        .components(separatedBy: "```").first)
    let store = try materialize("s.db")
    let file = folder.path("m.safetensors")
    #expect(try nascent("export", store, file).status == 0)
    let script = folder.path("content.py")
    try Data(program.utf8).write(to: URL(filePath: script))
    let printed = try ChildProcess.run("python3", [script, file])
    #expect(printed.errors == "")
    let digest = try nascent("fingerprint", store).output.split(separator: " ").last
    #expect(printed.output == digest.map(String.init))
  }
}
