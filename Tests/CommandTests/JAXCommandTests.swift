import Foundation
import Nascent
import TestSupport
import Testing

/// The command with JAX's dialects.
struct JAXCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  private func digest(of path: String, byteCount: Int) throws -> String {
    Digest(of: try Data(contentsOf: URL(filePath: path)).suffix(byteCount)).hex
  }

  @Test func `a function of JAX is sampled with jax.random.key`() throws {
    let path = folder.path("a.npy")
    let result = try nascent(
      "sample", "jax.nn.initializers.he_uniform", "--seed", "7", "--shape", "3,3", "--output", path)
    #expect(result.status == 0, "\(result.errors)")
    let vector = try #require(
      ReferenceVector.load("jax.json").first {
        $0.call == "jax.nn.initializers.he_uniform" && $0.shape == [3, 3]
          && $0.dtype == "float32" && $0.seeds == [7]
      })
    #expect(try digest(of: path, byteCount: 36) == vector.sha256)
  }

  @Test func `a class of Keras in the dialect jax is Keras on JAX`() throws {
    let path = folder.path("a.npy")
    let result = try nascent(
      "sample", "he_normal", "--seed", "7", "--shape", "3,3", "--dtype", "float16", "--dialect",
      "jax", "--output", path)
    #expect(result.status == 0, "\(result.errors)")
    let vector = try #require(
      ReferenceVector.load("keras-jax.json").first {
        $0.className == "HeNormal" && $0.shape == [3, 3] && $0.dtype == "float16"
      })
    #expect(try digest(of: path, byteCount: 18) == vector.sha256)
  }

  @Test func `a manifest in another dialect is planned, made, verified and shown`() throws {
    let manifest = folder.path("graph.json")
    let store = folder.path("s.db")
    try Data(
      """
      {"seed": 42, "variables": [
        {"name": "dense/kernel", "shape": [784, 128], "initializer": "glorot_uniform"},
        {"name": "head/kernel", "shape": [128, 10],
         "initializer": {"class_name": "jax.nn.initializers.he_normal", "config": {"seed": 7}}}]}
      """.utf8
    ).write(to: URL(filePath: manifest))
    for dialect in ["jax", "jax-original", "flax-nnx", "flax-linen"] {
      let plan = try nascent("plan", manifest, "--dialect", dialect)
      #expect(plan.status == 0 && plan.output.contains("seed 42, dialect \(dialect)\n"))
      let made = try nascent(
        "materialize", manifest, "--dialect", dialect, "--store", store, "--checkpoint", dialect,
        "--quiet")
      #expect(made.status == 0, "\(made.errors)")
      let verified = try nascent(
        "verify", store, "--checkpoint", dialect, "--level", "regenerate")
      #expect(verified.status == 0, "\(verified.output)")
    }
    let listed = try nascent("list", store)
    #expect(listed.output.contains("flax-linen") && listed.output.contains("jax-original"))
    #expect(try nascent("diff", store, store, "--checkpoint", "jax").status == 0)
  }

  @Test func `what JAX refuses ends with 65 and a reason`() throws {
    let output = folder.path("a.npy")
    let cases: [([String], String)] = [
      (["he_uniform", "--seed", "-1", "--dialect", "jax"], "from 0 to 4294967295"),
      (["jax.nn.initializers.orthogonal", "--dtype", "float16"], "cannot make dtype float16"),
      (["jax.nn.initializers.variance_scaling"], "needs scale to be given"),
      (["jax.nn.initializers.he_uniformm"], "There is no initializer"),
    ]
    for (arguments, reason) in cases {
      let result = try ChildProcess.run(
        ChildProcess.nascent, ["sample"] + arguments + ["--shape", "3,3", "--output", output])
      #expect(result.status == 65, "\(arguments)")
      #expect(result.errors.contains(reason), "\(result.errors)")
    }
  }
}
