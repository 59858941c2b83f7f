import Nascent
import TestSupport

/// One change of a manifest, and what must follow from it.
struct Mutation: Sendable {
  let name: String
  /// The variables whose declaration is changed.
  var subjects: Set<String> = []
  /// Why they are remade, in the words of a run, of the old and the new declaration.
  var reason: @Sendable (Variable, Variable) -> String = { _, _ in "none" }
  /// The variables that are declared now and were not before.
  var added: Set<String> = []
  /// The variables and aliases that are not declared any more.
  var removed: Set<String> = []
  /// Remade though no byte differs: what the declaration says differs all the same.
  var withEqualBytes: Set<String> = []
  /// How the manifest is written.
  var text: @Sendable (JSONValue) -> String = { $0.canonicalText }
  let apply: @Sendable (inout ManifestDraft) -> Void
}

/// A graph with every kind of declaration, in one dialect.
///
/// Numbers of elements are multiples of 16, so that PyTorch draws one word for each.
struct MutationModel: Sendable {
  let draft: ManifestDraft

  /// A place that no variable has unless a mutation says it.
  static let saidPlace: JSONValue = ["words": 1600]

  static let dialects = Dialect.all.map(\.name)

  init(dialect: String) {
    func variable(
      _ name: String, _ shape: [JSONValue], _ initializer: JSONValue?, _ dtype: String? = nil,
      _ metadata: [String: JSONValue] = [:]
    ) -> [String: JSONValue] {
      var members = metadata
      members["name"] = .string(name)
      members["shape"] = .array(shape)
      members["dtype"] = dtype.map(JSONValue.string)
      members["initializer"] = initializer
      return members
    }
    func made(_ className: String, _ config: [String: JSONValue] = [:]) -> JSONValue {
      ["class_name": .string(className), "config": .object(config)]
    }
    let (fan, own, scaled, normal, flat, square, zeros, fixed, cut) = Self.initializers(
      dialect, made)
    draft = ManifestDraft(
      seed: 42, dialect: dialect,
      variables: [
        variable("first/kernel", [8, 4], fan),
        variable("first/bias", [16], zeros, nil, ["note": "a comment"]),
        variable("own/kernel", [8, 4], own),
        variable("second/kernel", [4, 12], scaled),
        variable("second/half", [16, 4], normal, "float16"),
        variable("second/flat", [4, 8, 2], flat),
        variable("second/square", [4, 4], square),
        variable("second/fixed", [16], fixed),
        variable("ruled/scale", [32], nil),
        variable("last/cut", [16, 2], cut),
        variable("last/offset", [3], zeros),
      ],
      tied: [["head/kernel", "first/kernel"]],
      rules: [["match": "ruled/*", "initializer": made("Constant", ["value": 2])]])
  }

  private static func initializers(
    _ dialect: String, _ made: (String, [String: JSONValue]) -> JSONValue
  ) -> (
    JSONValue, JSONValue, JSONValue, JSONValue, JSONValue, JSONValue, JSONValue, JSONValue,
    JSONValue
  ) {
    switch dialect {
    case "tensorflow":
      return (
        "he_uniform", made("HeUniform", ["seed": 7]),
        made("VarianceScaling", ["scale": 2, "mode": "fan_avg", "distribution": "uniform"]),
        made("RandomNormal", ["mean": 0.5]), "random_uniform", made("Orthogonal", ["gain": 2]),
        "zeros", made("Constant", ["value": 3]), "truncated_normal"
      )
    case "pytorch":
      let name = "torch.nn.init."
      return (
        .string(name + "xavier_uniform_"), made(name + "kaiming_uniform_", ["seed": 7]),
        made(name + "kaiming_uniform_", ["a": 0.5, "mode": "fan_out"]),
        made(name + "normal_", ["mean": 0.5]), .string(name + "uniform_"),
        made(name + "orthogonal_", ["gain": 2]), .string(name + "zeros_"),
        made(name + "constant_", ["val": 3]), made(name + "trunc_normal_", ["std": 0.02])
      )
    default:
      let name = "jax.nn.initializers."
      return (
        .string(name + "he_uniform"), made("HeUniform", ["seed": 7]),
        made(
          name + "variance_scaling",
          ["scale": 2, "mode": "fan_avg", "distribution": "uniform"]),
        .string(name + "normal"), .string(name + "uniform"),
        made(name + "orthogonal", ["scale": 2]),
        .string(name + "zeros"), made(name + "constant", ["value": 3]),
        .string(name + "truncated_normal")
      )
    }
  }

  /// Where a variable stands among those that share a stream of random numbers, by the rules of the
  /// dialect alone; `nil` where its values do not depend on a place.
  ///
  /// PyTorch counts the words drawn before, Flax's NNX the variables before, Linen those of the same
  /// module, where `kind` leaves a variable out and `stream_index` begins to count anew.
  static func places(in graph: VariableGraph) -> [String: Int] {
    var places: [String: Int] = [:]
    var counts: [String: Int] = [:]
    for variable in graph.variables {
      let isDrawing = variable.initializer.seeding == .graph
      let stream: String
      let step: Int
      switch variable.dialect.name {
      case "pytorch":
        stream = ""
        let words = variable.scalarType == .float64 ? 2 : 1
        if variable.metadata["stream_place"] == saidPlace { counts[stream] = 1600 }
        step = isDrawing ? variable.shape.elementCount * words : 0
      case "flax-nnx": (stream, step) = ("", 1)
      case "flax-linen":
        stream = variable.name.split(separator: "/").dropLast().joined(separator: "/")
        step = 1
      default: continue
      }
      if step == 1, variable.dialect.keyStream != .derived {
        if variable.metadata["kind"] != nil { continue }
        if case .integer(let index)? = variable.metadata["stream_index"] {
          counts[stream] = Int(index)
        }
      }
      if isDrawing { places[variable.name] = counts[stream, default: 0] }
      counts[stream, default: 0] += step
    }
    return places
  }
}
