import Foundation
import Nascent
import TestSupport
import Testing

/// `nascent explain`, and lints in `nascent plan`.
struct ExplainTests {
  private let folder: TemporaryFolder
  private let manifest: String

  init() throws {
    folder = try TemporaryFolder()
    manifest = folder.path("graph.json")
    let text = """
      {"seed": 42, "variables": [
        {"name": "dense/kernel", "shape": [784, 128],
         "initializer": {"class_name": "HeUniform", "config": {"seed": 7}}},
        {"name": "conv", "shape": [64, 2, 3, 3],
         "initializer": {"class_name": "GlorotNormal",
           "config": {"layout": {"name": "oihw", "groups": 32}}}},
        {"name": "c_attn", "shape": [768, 2304], "initializer": "glorot_uniform"}],
       "tied": [["decoder", "dense/kernel"]]}
      """
    try Data(text.utf8).write(to: URL(filePath: manifest))
  }

  private func nascent(_ arguments: String...) throws -> ChildProcess {
    try ChildProcess.run(ChildProcess.nascent, arguments)
  }

  private func json(_ result: ChildProcess) throws -> [String: JSONValue] {
    guard case .object(let members) = try JSONValue(parsing: Data(result.output.utf8)) else {
      throw InitializerError(message: "not an object: \(result.output)")
    }
    return members
  }

  @Test func `a plain weight is explained with its numbers`() throws {
    let result = try nascent("explain", manifest, "dense/kernel")
    #expect(result.status == 0)
    #expect(
      result.output == """
        variable     dense/kernel, float32 [784, 128], dialect tensorflow
        initializer  HeUniform(seed=7), version 1
        layout       […, in, out] by TensorFlow's rule
        axes         784 input, 128 output
        fans         in 784, out 128
        gain         1.4142135
        values       uniform
        formula      limit = √(3 · scale / fanIn)
                     √(3 · 2 / 784) = 0.08748178
        target       mean 0, standard deviation 0.050507627
        bounds       -0.087481774 to 0.087481774
        seed         own seed 7
        generator    Philox 4×32-10, seed pair (7, 0)
        made         each element alone

        """)
  }

  @Test func `a declared layout decides the fans`() throws {
    let members = try json(nascent("explain", manifest, "conv", "--json"))
    #expect(members["fanSource"] == "declared")
    #expect(members["layout"] == "oihw, groups 32")
    #expect(members["fanIn"]?.number == 18)
    #expect(members["fanOut"]?.number == 18)
    #expect(members["seedOrigin"] == "graph seed 42 and the name")
    // √(1/18), and the bounds at two of the deviations before the cut.
    #expect(members["standardDeviation"]?.number.map { abs($0 * $0 * 18 - 1) < 1e-14 } == true)
    let upper = try #require(members["upperBound"]?.number)
    #expect(abs(upper - 2 / 18.0.squareRoot() / 0.87962566103423978) < 1e-15)
  }

  @Test func `an alias is explained as what it stands for`() throws {
    let result = try nascent("explain", manifest, "decoder")
    #expect(result.output.contains("alias        decoder is a second name of it\n"))
    #expect(result.output.hasPrefix("variable     dense/kernel, "))
  }

  @Test func `a name that is not there is bad input`() throws {
    let result = try nascent("explain", manifest, "dense/kernal")
    #expect(result.status == 65)
    #expect(result.errors.contains("Did you mean \"dense/kernel\"?"))
    #expect(try nascent("explain", manifest).status == 64)
  }

  @Test func `every initializer of the models is explained`() throws {
    for model in ["gpt2", "bert-base-uncased", "resnet50"] {
      let path = ProjectFiles.root.appending(path: "Examples/models/\(model).json")
      let graph = try GraphManifest(registry: .standard).graph(from: Data(contentsOf: path))
      for variable in graph.variables.prefix(40) {
        let explanation = try graph.explanation(of: variable.name)
        #expect(explanation.initializer.formula != nil, "\(variable)")
      }
    }
  }

  @Test func `plan prints lints with a code, a sentence and a way out`() throws {
    let result = try nascent("plan", manifest)
    #expect(result.status == 0)
    #expect(
      result.output.contains(
        """
        warning naive-fans: "c_attn" of shape [768, 2304] looks like three weights in one (c_attn), \
        and GlorotUniform() reads its fans as those of a plain weight.
        Declare the layout, such as {"name": "in_out", "packed": 3}, in the initializer's config.
        """))
    let members = try json(nascent("plan", manifest, "--json"))
    guard case .array(let lints)? = members["lints"] else { return }
    #expect(lints.count == 2)
    #expect(
      lints.first == [
        "code": "naive-fans", "severity": "warning", "variables": ["c_attn"],
        "message": """
        "c_attn" of shape [768, 2304] looks like three weights in one (c_attn), and \
        GlorotUniform() reads its fans as those of a plain weight.
        """,
        "wayOut": """
        Declare the layout, such as {"name": "in_out", "packed": 3}, in the initializer's config.
        """,
      ])
  }
}
