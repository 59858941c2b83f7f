import Foundation
import Nascent
import TestSupport

extension SimulatedRun {
  private static let checkpoints = ["initial", "other"]

  private func configured(_ store: CheckpointStore?, _ graph: VariableGraph, _ name: String)
    -> Runtime
  {
    Runtime(graph: graph, store: store, checkpoint: name, configuration: .simulated)
  }

  /// The graph that a checkpoint was last tried with, or another.
  private func chooseGraph(_ place: Int, _ checkpoint: String) -> SimulatedGraph {
    let key = "\(place)/\(checkpoint)"
    let graph =
      if let known = graphs[key], chance(85) {
        chance(60) ? known : known.changed(&random)
      } else {
        SimulatedGraph.random(&random)
      }
    graphs[key] = graph
    return graph
  }

  // MARK: - Runs

  /// What a checkpoint may be when a run has declared a graph, and when it is done.
  ///
  /// - Parameter selected: The names that are to have values; `nil` where it cannot be said which, as of
  ///   a share.
  /// - Parameter isAll: False where only some variables are selected, and what the graph does not have stays.
  func possible(
    _ choice: SimulatedGraph, _ digests: [String: Digest], on checkpoint: ModelCheckpoint?,
    selected: Set<String>?, isAll: Bool = true, policy: ExistingPolicy, isRecipe: Bool
  ) -> (begun: PossibleCheckpoint, done: PossibleCheckpoint) {
    let old = checkpoint ?? ModelCheckpoint()
    var begun = PossibleCheckpoint(old)
    if policy == .replace { begun.steps.insert(nil) }
    var done = begun
    var names = choice.variableNames
    if choice.isTied { names.append(SimulatedGraph.alias) }
    for (name, value) in old.values where !names.contains(name) {
      let mayGo = !value.isIrreplaceable || (policy == .replace && isAll)
      begun.values[name] = mayGo ? [nil, value] : [value]
      done.values[name] = begun.values[name]
    }
    for name in choice.variableNames {
      guard let digest = digests[name] else { continue }
      let value = old.values[name]
      let isSelected = selected?.contains(name) ?? false
      if let value, value.isIrreplaceable {
        let new = isRecipe ? ModelValue.recipe(digest) : .made(digest)
        // A run gives the new value in its last transaction; a share lets the old one go at once.
        begun.values[name] =
          policy != .replace || (selected != nil && !isSelected)
          ? [value] : selected == nil ? [value, .declared, new] : [value, new]
        done.values[name] = policy == .replace && isSelected ? [new] : begun.values[name]
        continue
      }
      begun.values[name] = [value, .declared, .made(digest), .recipe(digest)]
      if selected == nil {
        done.values[name] = [value, .declared, .made(digest)]
      } else if !isSelected {
        // The same declaration keeps its value, but for one whose value says nothing of its seed.
        let isKept = value == .made(digest) && !isConstant(choice, name)
        done.values[name] = isKept ? [value] : [value, .declared]
        if value == nil { done.values[name] = [.declared] }
      } else if isRecipe {
        done.values[name] = value == .made(digest) ? [value, .recipe(digest)] : [.recipe(digest)]
      } else {
        done.values[name] = [.made(digest)]
      }
    }
    if choice.isTied {
      begun.values[SimulatedGraph.alias] = [.alias("a")]
      done.values[SimulatedGraph.alias] = [.alias("a")]
    }
    return (begun, done)
  }

  private func isConstant(_ choice: SimulatedGraph, _ name: String) -> Bool {
    let key = choice.key(of: name)
    return key.contains("/b/1") || key.contains("layer/bias/0")
  }

  func materializing(_ place: Int) async throws -> Operation? {
    let name = Self.checkpoints.randomElement(using: &random) ?? "initial"
    // Saved checkpoints are run on, too.
    let saved = places[place].state.filter { $0.value.step != nil }.keys.sorted()
    let checkpoint = chance(15) ? saved.randomElement(using: &random) ?? name : name
    let choice = chooseGraph(place, checkpoint)
    let policy = ExistingPolicy.allCases.randomElement(using: &random) ?? .skip
    let patterns: [GlobPattern] =
      chance(70)
      ? ["*"]
      : [["layer/*"], ["a", "b"], ["sum"], ["nothing"]].randomElement(using: &random) ?? ["*"]
    let isRecipe = chance(12)
    let share =
      !isRecipe && chance(12) ? Share(index: Int.random(in: 0...1, using: &random), of: 2) : nil
    let digests = try await expected.digests(of: choice)
    let graph = try choice.graph()
    let old = places[place].state[checkpoint]
    let selected = share != nil ? nil : Set(graph.variables(matching: patterns).map(\.name))
    let (begun, done) = possible(
      choice, digests, on: old, selected: selected, isAll: patterns.contains("*"), policy: policy,
      isRecipe: isRecipe)
    var after = StoreModel.exactly(places[place].state)
    after[checkpoint] = done
    var between = StoreModel.exactly(places[place].state)
    between[checkpoint] = begun
    return Operation(
      name: "materialize \(choice) into \(checkpoint), \(policy), \(patterns.count) patterns"
        + "\(patterns.contains("*") ? "" : " of some") \(isRecipe ? "recipe" : "") \(share?.argument ?? "")",
      place: place, after: after, between: [between], refusals: [.conflict]
    ) { store in
      let report = try await self.configured(store, graph, checkpoint)
        .materialize(matching: patterns, share: share, policy: policy, isRecipe: isRecipe)
      guard report.damages.isEmpty else {
        throw SimulationFailure("a run found damage: \(report.damages)")
      }
      for outcome in report.outcomes where outcome.action != .aliased {
        guard let digest = outcome.digest, digest != digests[outcome.name],
          old?.values[outcome.name] != .irreplaceable(digest)
        else { continue }
        throw SimulationFailure(
          "a run reported \"\(outcome.name)\" \(outcome.action) with digest \(digest)")
      }
    }
  }

  func importing(_ place: Int) async throws -> Operation? {
    let checkpoint = ["initial", "import"].randomElement(using: &random) ?? "import"
    let all = ["imported/x", "imported/yy", "imported/zzz"]
    let names = all.filter { _ in chance(60) }
    guard !names.isEmpty else { return nil }
    let file = try SimulatedFile(names: names, version: Int.random(in: 0...1, using: &random))
    let old = places[place].state[checkpoint]
    var done = PossibleCheckpoint(old ?? ModelCheckpoint())
    var isRefused = false
    for name in names {
      let value = ModelValue.irreplaceable(file.digest(of: name))
      if let present = old?.values[name], present != .declared, present != value {
        isRefused = true
      }
      done.values[name] = [value]
    }
    var after = StoreModel.exactly(places[place].state)
    after[checkpoint] = done
    var begun = after
    for name in names {
      begun[checkpoint]?.values[name]?.formUnion([.declared, old?.values[name]])
    }
    return Operation(
      name: "import \(file) into \(checkpoint)", place: place, after: after, between: [begun],
      refusals: isRefused ? [.conflict] : [], mustFail: isRefused
    ) { store in
      let model = try await ModelImport(from: file, jobCount: 1)
      _ = try await model.store(
        in: store, checkpoint: checkpoint, configuration: .simulated, toolVersion: "simulation")
    }
  }

  // MARK: - Saved checkpoints

  func saving(_ place: Int) async throws -> Operation? {
    let step = Int.random(in: 0...9, using: &random)
    let name = "step-\(step)"
    let before = places[place].state
    // Half of the saves share what a checkpoint of the store has.
    let sources = before.keys.sorted().filter { key in
      guard before[key]?.step == nil, let choice = graphs["\(place)/\(key)"] else { return false }
      return !(before[key]?.hasIrreplaceable ?? true) && !choice.variableNames.isEmpty
    }
    var source = chance(50) ? sources.randomElement(using: &random) : nil
    let choice = source.flatMap { graphs["\(place)/\($0)"] } ?? chooseGraph(place, "saved")
    let digests = try await expected.digests(of: choice)
    if let chosen = source {
      let isWhole =
        choice.variableNames.allSatisfy {
          before[chosen]?.values[$0] == digests[$0].map { .made($0) } && !isConstant(choice, $0)
        }
        && Set(before[chosen]?.values.keys.map(\.self) ?? [])
          == Set(choice.variableNames + (choice.isTied ? [SimulatedGraph.alias] : []))
      if !isWhole { source = nil }
    }
    let graph = try choice.graph()
    var saved = ModelCheckpoint(step: step, loss: Double(Int.random(in: 0...5, using: &random)))
    var assigned: [(String, Tensor)] = []
    for variable in graph.variables {
      guard let digest = digests[variable.name] else { continue }
      saved.values[variable.name] = .made(digest)
      if variable.scalarType == .float32, chance(40) {
        let values = (0..<variable.shape.elementCount).map { _ in
          Float.random(in: 0..<1, using: &random)
        }
        let tensor = try Tensor(values, shape: variable.shape)
        assigned.append((variable.name, tensor))
        saved.values[variable.name] = .irreplaceable(tensor.digest())
      }
    }
    if choice.isTied { saved.values[SimulatedGraph.alias] = .alias("a") }
    let isReplacing = chance(40)
    let retention = chooseRetention()
    var state = before
    state[name] = saved
    let kept = StoreModel.kept(retention, in: state).union([name])
    for (other, checkpoint) in state where checkpoint.step != nil && !kept.contains(other) {
      state[other] = nil
    }
    let isRefused = before[name] != nil && !isReplacing
    graphs["\(place)/\(name)"] = choice
    let checkpoint = source
    let loss = saved.loss ?? 0
    return Operation(
      name: "save \(choice) as \(name), \(assigned.map(\.0)) assigned, of \(source ?? "memory"), "
        + "replacing \(isReplacing), keeping \(retention)",
      place: place, after: StoreModel.exactly(state),
      refusals: isRefused ? [.checkpointExists] : [], mustFail: isRefused
    ) { store in
      let runtime = self.configured(checkpoint == nil ? nil : store, graph, checkpoint ?? "initial")
      for (name, tensor) in assigned { try await runtime.assign(name, tensor) }
      try await store.save(
        runtime, step: step, metrics: ["loss": loss], replacing: isReplacing,
        retention: retention.policy)
    }
  }

  private func chooseRetention() -> SimulatedRetention {
    switch Int.random(in: 0..<10, using: &random) {
    case ..<5: .all
    case ..<7: .last(Int.random(in: 1...3, using: &random))
    case ..<9: .every(Int.random(in: 2...4, using: &random))
    default: .lowestLoss
    }
  }

  func pruning(_ place: Int) async throws -> Operation? {
    let before = places[place].state
    let retention = chooseRetention()
    let saved = before.filter { $0.value.step != nil }
    var kept = StoreModel.kept(retention, in: before)
    // The last one stays where nothing keeps any.
    let last = saved.max { ($0.value.step ?? 0, $0.key) < ($1.value.step ?? 0, $1.key) }
    if kept.isEmpty, let last { kept.insert(last.key) }
    var state = before
    for name in saved.keys where !kept.contains(name) { state[name] = nil }
    return Operation(
      name: "prune keeping \(retention)", place: place, after: StoreModel.exactly(state),
      commits: false
    ) { store in
      _ = try await store.prune(keeping: retention.policy)
    }
  }

  func removing(_ place: Int) async throws -> Operation? {
    var state = places[place].state
    guard let name = state.keys.sorted().randomElement(using: &random) else { return nil }
    state[name] = nil
    return Operation(
      name: "remove \(name)", place: place, after: StoreModel.exactly(state)
    ) { store in
      try await store.removeCheckpoint(named: name)
    }
  }

  /// Nothing is damaged: a repair changes nothing.
  func repairing(_ place: Int) async throws -> Operation? {
    let state = places[place].state
    guard let name = state.keys.sorted().randomElement(using: &random) else { return nil }
    return Operation(
      name: "repair \(name)", place: place, after: StoreModel.exactly(state), commits: false
    ) { store in
      let report = try await store.repair(
        name, with: store.regeneration(of: name, configuration: .simulated))
      guard report.isIntact, report.repaired.isEmpty else {
        throw SimulationFailure("an intact store was repaired: \(report.repaired) \(report.lost)")
      }
    }
  }
}
