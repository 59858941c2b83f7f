import Foundation
import Nascent

/// One thing that was read.
struct Fact: Hashable, @unchecked Sendable {
  // @unchecked Sendable because it is made of values that are.
  private let value: AnyHashable?

  /// Facts in order.
  static func list(_ values: (any Hashable & Sendable)?...) -> [Fact] {
    values.map { Fact(value: $0.map { AnyHashable($0) }) }
  }
}

/// Everything that the library says about a store, part by part: what was read, or why not.
struct StoreFacts: Sendable {
  /// One thing that was asked for.
  enum Answer: Equatable, Sendable {
    case value([Fact])
    case refusal(String)
  }

  /// What fingerprints and digests bind: declarations and values.
  private(set) var bound: [String: Answer] = [:]
  /// What nothing binds: times, steps, metrics, statistics, what people said about a variable, and the
  /// order in which variables are listed.
  private(set) var unbound: [String: Answer] = [:]
  /// Errors of a kind that the library does not promise.
  private(set) var findings: [String] = []

  /// Why something was not read.
  var refusals: [String] {
    (Array(bound.values) + Array(unbound.values)).compactMap {
      if case .refusal(let reason) = $0 { reason } else { nil }
    }
  }

  /// The parts that are neither as in `other` nor refused.
  func changed(from other: StoreFacts, _ parts: KeyPath<StoreFacts, [String: Answer]>) -> [String] {
    let (own, others) = (self[keyPath: parts], other[keyPath: parts])
    return own.filter { name, answer in
      if case .refusal = answer { return false }
      return others[name] != answer
    }.map { "\($0.key): \("\($0.value)".prefix(2000))" }
  }

  /// Asks for everything about checkpoints of these names.
  init(ofStore path: String, checkpoints names: [String], isExpected: (any Error) -> Bool) {
    let store: CheckpointStore
    do {
      store = try CheckpointStore(path: path, for: .read)
    } catch {
      note(error, "open", isExpected)
      return
    }
    ask("checkpoints", isExpected) {
      let all = try store.checkpoints()
      let saved = try store.savedCheckpoints()
      return (
        all.flatMap { Fact.list($0.name, $0.variables, $0.materialized) },
        all.flatMap {
          Fact.list(
            $0.step, $0.createdAt, $0.seed, $0.dialect, $0.specFingerprint, $0.contentDigest,
            $0.bytes)
        } + saved.flatMap { Fact.list($0) }
      )
    }
    for name in names {
      ask("checkpoint \(name)", isExpected) {
        let found = try store.checkpoint(named: name)
        return (
          Fact.list(found.seed, found.dialect, found.specFingerprint, found.contentDigest),
          Fact.list(found.step, found.createdAt)
        )
      }
    }
    for name in names { ask(store, name, isExpected) }
  }

  private mutating func ask(
    _ store: CheckpointStore, _ checkpoint: String, _ isExpected: (any Error) -> Bool
  ) {
    var variables: [StoredVariable] = []
    ask("variables of \(checkpoint)", isExpected) {
      variables = try store.variables(in: checkpoint)
      return (
        variables.sorted { $0.name < $1.name }.flatMap { variable -> [Fact] in
          Fact.list(
            variable.name, variable.shape, variable.scalarType, variable.byteCount,
            variable.initializer, variable.aliasOf, variable.digest, variable.isRecipe)
        }, variables.flatMap { Fact.list($0.name, $0.metadata, $0.isAssigned) }
      )
    }
    // What is read from the same rows again is read of two checkpoints alone, for time.
    guard checkpoint == "initial" || checkpoint == "step-20" else {
      return askValues(store, checkpoint, variables, isExpected)
    }
    ask("descriptions of \(checkpoint)", isExpected) {
      let all = try store.descriptions(in: checkpoint)
      return (
        all.sorted { $0.name < $1.name }.flatMap { variable -> [Fact] in
          Fact.list(
            variable.name, variable.shape, variable.dtype, variable.initializer, variable.state,
            variable.byteCount, variable.sha256, variable.aliasOf)
        },
        all.flatMap { variable -> [Fact] in
          Fact.list(
            variable.mean, variable.standardDeviation, variable.minimum, variable.maximum,
            variable.preview, variable.isAssigned)
        }
      )
    }
    if checkpoint == "initial" {
      ask("graph of \(checkpoint)", isExpected) {
        (Fact.list(try store.graph(of: checkpoint).fingerprint()), [])
      }
    }
    askValues(store, checkpoint, variables, isExpected)
  }

  private mutating func askValues(
    _ store: CheckpointStore, _ checkpoint: String, _ variables: [StoredVariable],
    _ isExpected: (any Error) -> Bool
  ) {
    for variable in variables where variable.isMaterialized {
      // The large one has the same bytes in every checkpoint: once is enough for time.
      if variable.byteCount > 1 << 20, checkpoint != "initial" { continue }
      let name = "\(variable.name) of \(checkpoint)"
      ask("value of \(name)", isExpected) {
        let tensor = try store.tensor(named: variable.name, in: checkpoint)
        return (Fact.list(tensor.shape, tensor.scalarType, tensor.data()), [])
      }
      guard variable.byteCount > 1 << 20 else { continue }
      ask("slice of \(name)", isExpected) {
        let count = variable.shape.elementCount
        let tensor = try store.slice(
          of: variable.name, elements: max(0, count - 100)..<count, in: checkpoint)
        return (Fact.list(tensor.data()), [])
      }
    }
  }

  private mutating func ask(
    _ part: String, _ isExpected: (any Error) -> Bool,
    _ body: () throws -> (bound: [Fact], unbound: [Fact])
  ) {
    do {
      let answer = try body()
      bound[part] = .value(answer.bound)
      unbound[part] = .value(answer.unbound)
    } catch {
      note(error, part, isExpected)
    }
  }

  private mutating func note(
    _ error: any Error, _ part: String, _ isExpected: (any Error) -> Bool
  ) {
    bound[part] = .refusal("\(error)")
    if !isExpected(error) || "\(error)".isEmpty { findings.append("\(part): \(error)") }
  }
}
