import Nascent
import TestSupport

extension MutationModel {
  /// Every field of every declaration, changed alone, and everything that must not count.
  func mutations() throws -> [Mutation] {
    let graph = try draft.graph()
    return graph.variables.flatMap { declarations(of: $0) } + configurations(of: graph)
      + wholeGraph(graph) + names(graph) + whatDoesNotCount()
  }

  // MARK: - Fields

  private func declarations(of variable: Variable) -> [Mutation] {
    let name = variable.name
    let sizes = variable.shape.dimensions
    // PyTorch's orthogonal_ knows float32 and float64 only; halves and wider floats are elsewhere.
    let type: ScalarType = variable.scalarType == .float32 ? .float64 : .bfloat16
    return [
      Mutation(
        name: "\(name): shape", subjects: [name],
        reason: { "shape changed from \($0.shape.json) to \($1.shape.json)" }
      ) { draft in
        let grown = sizes.enumerated().map { $0.offset == 0 ? $0.element + 16 : $0.element }
        draft[name]["shape"] = .array(grown.map { .integer(Int64($0)) })
      },
      Mutation(
        name: "\(name): dtype", subjects: [name],
        reason: { "dtype changed from \($0.scalarType.rawValue) to \($1.scalarType.rawValue)" }
      ) { $0[name]["dtype"] = .string(type.rawValue) },
      classChange(of: variable),
    ]
  }

  private func classChange(of variable: Variable) -> Mutation {
    let isDrawing = variable.initializer.seeding != .none
    let isPyTorch = variable.dialect == .pyTorch
    let constant: JSONValue =
      isPyTorch
      ? ["class_name": "torch.nn.init.constant_", "config": ["val": 5]]
      : ["class_name": "jax.nn.initializers.constant", "config": ["value": 5]]
    let uniform: JSONValue = isPyTorch ? "torch.nn.init.normal_" : "random_normal"
    let keras: JSONValue = ["class_name": "Constant", "config": ["value": 5]]
    let name = variable.name
    let replacement =
      isDrawing ? (variable.dialect == .tensorFlow ? keras : constant) : uniform
    return Mutation(
      name: "\(name): initializer", subjects: [name], reason: Self.initializerReason
    ) { $0[name]["initializer"] = replacement }
  }

  @Sendable private static func initializerReason(_ old: Variable, _ new: Variable) -> String {
    """
    initializer changed from \(old.initializer.configuration.canonicalText) to \
    \(new.initializer.configuration.canonicalText)
    """
  }

  /// Every parameter of every initializer, the seed among them.
  private func configurations(of graph: VariableGraph) -> [Mutation] {
    graph.variables.flatMap { variable -> [Mutation] in
      let configuration = variable.initializer.configuration
      return configuration.config.sorted { $0.key < $1.key }.map { key, value in
        Mutation(
          name: "\(variable.name): \(key)", subjects: [variable.name],
          reason: Self.initializerReason,
          withEqualBytes: Self.isWithoutEffect(key, variable) ? [variable.name] : []
        ) { draft in
          var config = configuration.config
          config[key] = Self.other(value, key, of: variable)
          draft[variable.name]["initializer"] =
            InitializerConfiguration(className: configuration.className, config: config).json
        }
      }
    }
  }

  /// Parameters that are declared and, for these values of the others, change no number.
  private static func isWithoutEffect(_ key: String, _ variable: Variable) -> Bool {
    switch (variable.initializer.configuration.className, key) {
    // The columns of a matrix are its last axis from either end.
    case ("jax.nn.initializers.orthogonal", "column_axis"): true
    // Without a batch, the fan of the inputs is all elements over the outputs'.
    case ("jax.nn.initializers.he_uniform", "in_axis"): true
    // The bounds are more than 50 deviations away.
    case ("torch.nn.init.trunc_normal_", "a"), ("torch.nn.init.trunc_normal_", "b"): true
    default: false
    }
  }

  private static func other(_ value: JSONValue, _ key: String, of variable: Variable) -> JSONValue {
    switch (key, value) {
    case ("batch_axis", _): [0]
    case ("in_axis", _): -1
    case ("out_axis", _): -2
    case ("column_axis", _): 1
    case ("mode", "fan_out"): "fan_in"
    case ("mode", _): "fan_out"
    case ("distribution", _): "truncated_normal"
    case ("nonlinearity", _): "tanh"
    case ("seed", .null): 7000
    case ("seed", .integer(let seed)): .integer(seed + 1)
    case (_, .double(let number)): .double(number == 0 ? 0.125 : number / 2)
    case (_, .integer(let number)): .integer(number + 1)
    default: .null
    }
  }

  // MARK: - The graph's own fields

  private func wholeGraph(_ graph: VariableGraph) -> [Mutation] {
    let drawing = Set(graph.variables.filter { $0.initializer.seeding == .graph }.map(\.name))
    let fixed = Set(graph.variables.filter { $0.initializer.seeding == .none }.map(\.name))
    var mutations = [
      Mutation(
        name: "graph seed", subjects: drawing,
        reason: { _, _ in "graph seed changed from 42 to 43" }
      ) { $0.seed = 43 },
      Mutation(
        name: "the rule's initializer", subjects: ["ruled/scale"], reason: Self.initializerReason
      ) {
        $0.rules[0] = [
          "match": "ruled/*", "initializer": ["class_name": "Constant", "config": ["value": 4]],
        ]
      },
      Mutation(
        name: "own seed taken away", subjects: ["own/kernel"], reason: Self.initializerReason
      ) { draft in
        guard let variable = graph["own/kernel"] else { return }
        var config = variable.initializer.configuration.config
        config["seed"] = .null
        draft["own/kernel"]["initializer"] =
          InitializerConfiguration(
            className: variable.initializer.configuration.className, config: config
          ).json
      },
      Mutation(name: "the order of variables") { $0.variables.reverse() },
    ]
    let others = ["tensorflow": "jax", "jax": "jax-original", "jax-original": "jax"]
    if let other = others[draft.dialect] {
      let all = Set(graph.variables.map(\.name))
      // The dialect is part of what is declared; a constant comes out the same in both, and so do
      // draws of few enough elements in both modes of JAX's generator.
      let mayBeEqual = draft.dialect == "tensorflow" ? fixed : all
      mutations.append(
        Mutation(
          name: "dialect", subjects: all,
          reason: { "dialect changed from \($0.dialect.name) to \($1.dialect.name)" },
          withEqualBytes: mayBeEqual
        ) { $0.dialect = other })
    }
    if draft.dialect.hasPrefix("flax") {
      // These two keys are no comments in Flax's dialects: they say which key a variable takes.
      mutations += [
        Mutation(
          name: "second/kernel: kind", subjects: ["second/kernel"],
          reason: { _, new in
            """
            its place in the order of keys changed, which counts in the dialect \(new.dialect)
            """
          }
        ) { $0["second/kernel"]["kind"] = "batch_stats" },
        Mutation(name: "second/half: stream_index") { $0["second/half"]["stream_index"] = 100 },
      ]
    }
    if draft.dialect == "pytorch" {
      mutations.append(
        Mutation(
          name: "second/half: stream_place", subjects: ["second/half"],
          reason: { old, new in
            "place in the stream changed from \(Self.place(old)) to \(Self.place(new))"
          }
        ) {
          $0["second/half"]["stream_place"] = Self.saidPlace
        })
      // Functions of torch.nn.init mean PyTorch's dialect in every graph.
      mutations.append(
        Mutation(
          name: "dialect", subjects: ["ruled/scale"],
          reason: { "dialect changed from \($0.dialect.name) to \($1.dialect.name)" },
          withEqualBytes: ["ruled/scale"]
        ) { $0.dialect = "tensorflow" })
    }
    return mutations
  }

  private static func place(_ variable: Variable) -> String {
    variable.metadata["stream_place"]?.canonicalText ?? "none"
  }

  // MARK: - Names

  private func names(_ graph: VariableGraph) -> [Mutation] {
    let zeros: JSONValue = draft["last/offset"]["initializer"] ?? .null
    let drawing: JSONValue = draft["first/kernel"]["initializer"] ?? .null
    return graph.variables.map { variable in
      let name = variable.name
      // Names that the rule and, in Linen, the module's path know as before.
      let renamed = name + "_renamed"
      return Mutation(
        name: "\(name): name", added: [renamed], removed: [name]
      ) { draft in
        draft[name]["name"] = .string(renamed)
        draft.tied = draft.tied.map { $0.map { $0 == name ? renamed : $0 } }
      }
    } + [
      Mutation(name: "an unrelated variable is added at the end", added: ["new/offset"]) {
        $0.variables.append(["name": "new/offset", "shape": [3], "initializer": zeros])
      },
      Mutation(name: "a variable that draws is added at the beginning", added: ["new/kernel"]) {
        $0.variables.insert(
          ["name": "new/kernel", "shape": [16, 4], "initializer": drawing], at: 0)
      },
      Mutation(name: "an unrelated variable is removed", removed: ["last/offset"]) {
        $0.variables.removeLast()
      },
      Mutation(name: "the alias's target") { $0.tied = [["head/kernel", "second/kernel"]] },
      Mutation(name: "an alias is added") { $0.tied.append(["tail/kernel", "own/kernel"]) },
      Mutation(name: "the alias is removed", removed: ["head/kernel"]) { $0.tied = [] },
      Mutation(name: "the alias's name", removed: ["head/kernel"]) {
        $0.tied = [["brow/kernel", "first/kernel"]]
      },
    ]
  }

  // MARK: - What does not count

  private func whatDoesNotCount() -> [Mutation] {
    let explicit = draft["first/kernel"]["initializer"] ?? .null
    let constant: JSONValue = ["class_name": "Constant", "config": ["value": 2]]
    return [
      Mutation(name: "nothing") { _ in },
      Mutation(name: "a comment is changed") { $0["first/bias"]["note"] = "another" },
      Mutation(name: "a comment is removed") { $0["first/bias"]["note"] = nil },
      Mutation(name: "comments are added") { draft in
        for place in draft.variables.indices {
          draft.variables[place]["trainable"] = false
          draft.variables[place]["doc"] = ["lines": ["one", 2, .null]]
        }
      },
      Mutation(name: "unknown keys of the manifest") {
        $0.others = ["comment": "for people", "version": 3, "format": "nascent.graph/1"]
      },
      Mutation(name: "keys in another order, lines broken", text: { $0.sprawlingText }) { _ in },
      Mutation(name: "dtype float32 is said") { draft in
        for place in draft.variables.indices where draft.variables[place]["dtype"] == nil {
          draft.variables[place]["dtype"] = "float32"
        }
      },
      Mutation(name: "an unrelated rule is added") {
        $0.rules.insert(["match": "elsewhere/*", "initializer": "ones"], at: 0)
      },
      Mutation(name: "a rule becomes the variable's own initializer") {
        $0["ruled/scale"]["initializer"] = constant
        $0.rules = []
      },
      Mutation(name: "an initializer becomes a rule") {
        $0["first/kernel"]["initializer"] = nil
        $0.rules.append(["match": "first/*", "initializer": explicit])
      },
      Mutation(name: "every default of the configurations is said") { draft in
        guard let graph = try? draft.graph() else { return }
        for variable in graph.variables {
          draft[variable.name]["initializer"] = variable.initializer.configuration.json
        }
      },
      Mutation(name: "Keras's module and registered name are said") { draft in
        for place in draft.variables.indices {
          guard case .object(var members)? = draft.variables[place]["initializer"] else { continue }
          members["module"] = "keras.initializers"
          members["registered_name"] = .null
          draft.variables[place]["initializer"] = .object(members)
        }
      },
    ]
  }
}
