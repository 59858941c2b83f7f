import Foundation
import Nascent
import TestSupport
import Testing

/// Expressions and shapes that are bound later, as outsiders meet them.
struct ExpressionCommandTests {
  private let folder: TemporaryFolder
  private let manifest: String
  private let store: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    store = folder.path("s.db")
    try Data(
      """
      {"seed": 3, "variables": [
        {"name": "w", "shape": [null, 4], "initializer": {"class_name": "HeUniform", "config": {"seed": 7}}},
        {"name": "b", "shape": [4], "initializer": "zeros"},
        {"name": "t", "expression": {"op": "scale", "of": [{"op": "transpose", "of": "w"}], "by": 0.5}},
        {"name": "slot", "expression": {"op": "zeros_like", "of": "b"}}]}
      """.utf8
    ).write(to: URL(filePath: manifest))
  }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  @Test func `plan lists what is not bound`() throws {
    let result = try nascent("plan", manifest)
    #expect(result.status == 0)
    #expect(
      result.output == """
        NAME  SHAPE   DTYPE        BYTES  INITIALIZER
        w     [?, 4]  float32  not bound  HeUniform(seed=7)
        b     [4]     float32   16 bytes  Zeros()
        t     ?       ?        not bound  scale(transpose(w), by=0.5)
        slot  [4]     float32   16 bytes  zeros_like(b)
        w: axis 0 of its shape [?, 4] is not bound
        t: it reads "w", which is not bound

        2 variables, 8 elements, 32 bytes; seed 3, dialect tensorflow
        spec fingerprint none yet: not every variable is bound

        """)
    let bound = try nascent("plan", manifest, "--bind", "w=3,4")
    #expect(bound.output.contains("t     [4, 3]  float32  48 bytes  scale(transpose(w), by=0.5)"))
    let json = try nascent("plan", manifest, "--json")
    guard case .object(let members) = try JSONValue(parsing: Data(json.output.utf8)),
      case .array(let unbound)? = members["unbound"], case .object(let first) = unbound[0]
    else {
      Issue.record("not a plan: \(json.output)")
      return
    }
    #expect(members["specFingerprint"] == .null && unbound.count == 2)
    #expect(
      first["shape"] == [nil, 4] && first["missing"] == "axis 0 of its shape [?, 4] is not bound")
  }

  @Test func `what is not bound is not made, and the rest is`() throws {
    for arguments in [["materialize", manifest, "--store", store], ["explain", manifest, "w"]] {
      let result = try ChildProcess.run(ChildProcess.nascent, arguments)
      #expect(result.status == 65 && result.output == "")
      #expect(
        result.errors.hasPrefix(
          "Variable \"w\" has no value yet: axis 0 of its shape [?, 4] is not bound."))
      #expect(result.errors.contains("--bind w=SIZES"))
    }
    #expect(!FileManager.default.fileExists(atPath: store))
    #expect(try nascent("fingerprint", manifest).status == 65)
    for wrong in ["w", "w=a", "=3"] {
      #expect(try nascent("plan", manifest, "--bind", wrong).status == 64)
    }
    #expect(try nascent("plan", manifest, "--bind", "w=3,5").status == 65)
    #expect(try nascent("materialize", manifest, "--store", store, "--only", "b").status == 0)
    #expect(try nascent("materialize", manifest, "--store", store, "--bind", "w=3,4").status == 0)
    // A run without the binding does not throw away what was made with it.
    #expect(try nascent("materialize", manifest, "--store", store, "--only", "b").status == 0)
    let again = try nascent("materialize", manifest, "--store", store, "--bind", "w=3,4")
    #expect(again.output.hasPrefix("0 materialized, 4 skipped"))
  }

  @Test func `an expression is stored, shown, verified and explained`() throws {
    #expect(try nascent("materialize", manifest, "--store", store, "--bind", "w=3,4").status == 0)
    #expect(try nascent("verify", store, "--level", "regenerate").status == 0)
    let shown = try nascent("show", store, "t")
    #expect(shown.output.contains("scale(transpose(w), by=0.5)"))
    let query = "SELECT initializer FROM variables WHERE name = 't'"
    #expect(
      try ChildProcess.run("sqlite3", [store, query]).output == """
        {"class_name":"Expression","config":{"expression":\
        {"by":0.5,"of":[{"of":["w"],"op":"transpose"}],"op":"scale"}}}

        """)
    let explained = try nascent("explain", manifest, "t", "--bind", "w=3,4")
    #expect(
      explained.output == """
        variable     t, float32 [4, 3], dialect tensorflow
        initializer  scale(transpose(w), by=0.5), version 1
        values       expression over other variables
        reads        w, float32 [3, 4]
        seed         none: nothing is drawn
        made         from other variables

        """)
  }
}
