import Foundation
import Nascent
import TestSupport
import Testing

/// `Docs/Initializers.md` and `Docs/Expressions.md` name what there is.
struct DocumentationTests {
  private func document() throws -> String {
    try String(
      contentsOf: ProjectFiles.root.appending(path: "Docs/Initializers.md"), encoding: .utf8)
  }

  @Test func `every class of the registry has a row`() throws {
    let text = try document()
    for entry in InitializerRegistry.standard.entries where entry.className != "torch.nn.Embedding"
    {
      #expect(text.contains("| `\(entry.className)`"), "\(entry.className)")
    }
  }

  @Test func `every operation of expressions has a row`() throws {
    let text = try String(
      contentsOf: ProjectFiles.root.appending(path: "Docs/Expressions.md"), encoding: .utf8)
    let rows = text.split(separator: "\n").filter { $0.hasPrefix("| `") }
      .compactMap { $0.split(separator: "|").first }.joined()
    do {
      _ = try TensorExpression(json: ["op": "unknown", "of": []])
      Issue.record("nothing was thrown")
    } catch let error as ExpressionError {
      let list = try #require(error.message.firstMatch(of: /there are (.+)\.\n/))
      let names = list.1.split(separator: ", ")
      #expect(names.count == 26)
      for name in names { #expect(rows.contains("`\(name)`"), "\(name)") }
    }
  }

  @Test func `every layout has a row`() throws {
    let text = try document()
    for name in WeightLayout.Name.allCases {
      #expect(text.contains("| `\(name.rawValue)` | `["), "\(name.rawValue)")
    }
  }

  /// The lists of the frameworks themselves, as `dir()` gives them in the versions that the document
  /// names; for Burn and Sonnet as their sources have them.
  @Test(arguments: [
    (
      "### TensorFlow 2.21",
      """
      Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity IdentityInitializer Initializer \
      LecunNormal LecunUniform Ones Orthogonal OrthogonalInitializer RandomNormal RandomUniform STFT \
      STFTInitializer TruncatedNormal VarianceScaling Zeros constant deserialize get glorot_normal \
      glorot_uniform he_normal he_uniform identity lecun_normal lecun_uniform ones orthogonal \
      random_normal random_uniform serialize stft truncated_normal variance_scaling zeros \
      uniform_unit_scaling global_variables local_variables variables tables_initializer
      """
    ),
    (
      "### JAX 0.10",
      """
      Initializer constant delta_orthogonal glorot_normal glorot_uniform he_normal he_uniform \
      kaiming_normal kaiming_uniform lecun_normal lecun_uniform normal ones orthogonal \
      truncated_normal uniform variance_scaling xavier_normal xavier_uniform zeros zeros_init ones_init
      """
    ),
    (
      "### PyTorch 2.13",
      """
      calculate_gain uniform_ normal_ trunc_normal_ constant_ ones_ zeros_ eye_ dirac_ \
      xavier_uniform_ xavier_normal_ kaiming_uniform_ kaiming_normal_ orthogonal_ sparse_ uniform \
      normal constant eye dirac xavier_uniform xavier_normal kaiming_uniform kaiming_normal \
      orthogonal sparse
      """
    ),
    (
      "### MLX",
      """
      constant normal uniform identity glorot_normal glorot_uniform he_normal he_uniform sparse \
      orthogonal
      """
    ),
    (
      "### Burn",
      """
      Constant Ones Zeros Uniform Normal KaimingUniform KaimingNormal XavierUniform XavierNormal \
      Orthogonal
      """
    ),
    (
      "### Sonnet 2",
      """
      Zeros Ones Constant RandomUniform RandomNormal TruncatedNormal Identity Orthogonal \
      VarianceScaling Initializer check_initializers
      """
    ),
  ])
  func `every initializer of a framework has a row`(heading: String, names: String) throws {
    let parts = try document().components(separatedBy: heading)
    #expect(parts.count == 2)
    guard parts.count == 2 else { return }
    let section = parts[1].components(separatedBy: "\n##")[0]
    let cells = section.split(separator: "\n").filter { $0.hasPrefix("|") }
      .compactMap { $0.split(separator: "|").first }.joined(separator: " ")
    for name in names.split(separator: " ") {
      #expect(cells.contains("`\(name)`"), "\(heading): \(name)")
    }
  }
}
