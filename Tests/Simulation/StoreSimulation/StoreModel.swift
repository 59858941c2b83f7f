import Nascent

/// What a store has under a name.
enum ModelValue: Hashable, CustomStringConvertible {
  /// A declaration without a value, or with some of its chunks.
  case declared
  /// A value that its declaration makes.
  case made(Digest)
  /// The digests of such a value.
  case recipe(Digest)
  /// An assigned or imported value, which nothing can make again.
  case irreplaceable(Digest)
  /// A second name of a variable.
  case alias(String)

  /// The digest of the bytes, where they are stored.
  var storedDigest: Digest? {
    switch self {
    case .made(let digest), .irreplaceable(let digest): digest
    case .alias, .declared, .recipe: nil
    }
  }

  var isIrreplaceable: Bool { if case .irreplaceable = self { true } else { false } }

  var description: String {
    switch self {
    case .declared: "declared"
    case .made(let digest): "made \(digest.hex.prefix(8))"
    case .recipe(let digest): "recipe \(digest.hex.prefix(8))"
    case .irreplaceable(let digest): "irreplaceable \(digest.hex.prefix(8))"
    case .alias(let name): "alias of \(name)"
    }
  }
}

/// A checkpoint as it is: its variables, and the step and metric that it was saved with.
struct ModelCheckpoint: Hashable {
  var values: [String: ModelValue] = [:]
  var step: Int?
  var loss: Double?

  var hasIrreplaceable: Bool { values.values.contains(where: \.isIrreplaceable) }
}

/// A store as it is: checkpoints by name.
typealias StoreState = [String: ModelCheckpoint]

/// What a checkpoint may be: for each name the values of which it must have one; `nil` stands for no row.
struct PossibleCheckpoint {
  var values: [String: Set<ModelValue?>]
  var steps: Set<Int?>

  init(values: [String: Set<ModelValue?>] = [:], steps: Set<Int?> = [nil]) {
    self.values = values
    self.steps = steps
  }

  /// Exactly this one.
  init(_ checkpoint: ModelCheckpoint) {
    values = checkpoint.values.mapValues { [$0] }
    steps = [checkpoint.step]
  }

  /// In words, why a checkpoint is none of these; `nil` where it is one.
  func difference(from found: ModelCheckpoint) -> String? {
    if !steps.contains(found.step) { return "the step is \(String(describing: found.step))" }
    for name in Set(values.keys).union(found.values.keys).sorted() {
      let value = found.values[name]
      let possible = values[name] ?? [nil]
      if !possible.contains(value) {
        let expected = possible.map { $0.map(\.description) ?? "nothing" }.sorted()
        return "\"\(name)\" is \(value.map(\.description) ?? "not there"), expected "
          + expected.joined(separator: " or ")
      }
    }
    return nil
  }
}

/// What a store may be after an operation.
typealias PossibleStore = [String: PossibleCheckpoint]

enum StoreModel {
  static func exactly(_ state: StoreState) -> PossibleStore {
    state.mapValues { PossibleCheckpoint($0) }
  }

  /// In words, why a store is none of these; `nil` where it is one.
  static func difference(_ possible: [PossibleStore], from found: StoreState) -> String? {
    var reasons: [String] = []
    for world in possible {
      guard let reason = difference(world, from: found) else { return nil }
      reasons.append(reason)
    }
    return reasons.joined(separator: "; or ")
  }

  private static func difference(_ world: PossibleStore, from found: StoreState) -> String? {
    for name in Set(world.keys).union(found.keys).sorted() {
      guard let checkpoint = found[name] else { return "checkpoint \"\(name)\" is not there" }
      guard let possible = world[name] else { return "checkpoint \"\(name)\" is there" }
      if let reason = possible.difference(from: checkpoint) {
        return "in checkpoint \"\(name)\" \(reason)"
      }
    }
    return nil
  }

  /// What a policy of retention keeps of the checkpoints that have a step.
  static func kept(_ retention: SimulatedRetention, in state: StoreState) -> Set<String> {
    let saved = state.filter { $0.value.step != nil }
      .map { (name: $0.key, step: $0.value.step ?? 0, loss: $0.value.loss) }
      .sorted { ($0.step, $0.name) < ($1.step, $1.name) }
    switch retention {
    case .all: return Set(saved.map(\.name))
    case .last(let count): return Set(saved.suffix(count).map(\.name))
    case .every(let interval):
      return Set(saved.filter { $0.step % interval == 0 }.map(\.name))
    case .lowestLoss:
      let ranked = saved.filter { $0.loss != nil }
        .sorted { ($0.loss ?? 0, -$0.step) < ($1.loss ?? 0, -$1.step) }
      return Set(ranked.prefix(1).map(\.name))
    }
  }
}

/// The policies of retention that are tried.
enum SimulatedRetention {
  case all
  case last(Int)
  case every(Int)
  case lowestLoss

  var policy: RetentionPolicy {
    switch self {
    case .all: .all
    case .last(let count): .last(count)
    case .every(let interval): .every(interval)
    case .lowestLoss: .best(by: .lowest("loss"))
    }
  }
}

extension CheckpointStore {
  /// The whole store: every value is read, and its bytes hashed.
  ///
  /// - Throws: Errors of reading; `SimulationFailure` where the store contradicts itself.
  func observedState() throws -> StoreState {
    var state: StoreState = [:]
    for summary in try checkpoints() {
      state[summary.name] = try observedCheckpoint(named: summary.name)
    }
    for saved in try savedCheckpoints() {
      state[saved.name]?.step = saved.step
      state[saved.name]?.loss = saved.metrics["loss"]
    }
    return state
  }

  /// The values of one checkpoint, each read and hashed.
  func observedCheckpoint(named checkpoint: String) throws -> ModelCheckpoint {
    var found = ModelCheckpoint()
    for variable in try variables(in: checkpoint) {
      found.values[variable.name] = try observedValue(of: variable, in: checkpoint)
    }
    return found
  }

  private func observedValue(
    of variable: StoredVariable, in checkpoint: String
  ) throws -> ModelValue {
    if let target = variable.aliasOf { return .alias(target) }
    guard variable.hasValue else { return .declared }
    guard variable.isMaterialized else {
      guard let digest = variable.digest else {
        throw SimulationFailure("the recipe of \"\(variable.name)\" has no digest")
      }
      return .recipe(digest)
    }
    let digest = try tensor(of: variable, elements: nil, checkpoint: checkpoint).digest()
    guard digest == variable.digest else {
      throw SimulationFailure("\"\(variable.name)\" was read, and is not what its digest says")
    }
    var isImported = false
    if case .object(let members) = variable.initializer {
      isImported = members["class_name"] == "Imported"
    }
    return variable.isAssigned || isImported ? .irreplaceable(digest) : .made(digest)
  }
}

/// The store is not what the model says.
struct SimulationFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
