import Foundation
import Nascent

/// Everything that the library says about a store, part by part: what was read, or why not.
struct StoreFacts {
  /// One thing that was asked for.
  enum Answer: Equatable {
    case value(String)
    case refusal(String)
  }

  /// What fingerprints and digests bind: declarations and values.
  private(set) var bound: [String: Answer] = [:]
  /// What nothing binds: times, steps, metrics, statistics, and what people said about a variable.
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
    }.map { "\($0.key): \($0.value)" }
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
        all.map {
          """
          \($0.name) \($0.seed) \($0.dialect) \($0.variables) \($0.materialized) \($0.bytes) \
          \($0.specFingerprint) \($0.contentDigest ?? "")
          """
        },
        all.map { "\($0.step ?? -1) \($0.createdAt)" } + saved.map { "\($0)" }
      )
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
        variables.map {
          """
          \($0.name) \($0.shape) \($0.scalarType) \($0.byteCount) \($0.initializer.canonicalText) \
          \($0.aliasOf ?? "") \($0.digest?.hex ?? "") \($0.isRecipe)
          """
        }, variables.map { "\(JSONValue.object($0.metadata).canonicalText) \($0.isAssigned)" }
      )
    }
    ask("descriptions of \(checkpoint)", isExpected) {
      let all = try store.descriptions(in: checkpoint)
      return (
        all.map {
          """
          \($0.name) \($0.shape) \($0.dtype) \($0.initializer) \($0.state) \($0.byteCount) \
          \($0.sha256 ?? "") \($0.aliasOf ?? "")
          """
        },
        all.map {
          """
          \($0.mean ?? 0) \($0.standardDeviation ?? 0) \($0.minimum ?? 0) \($0.maximum ?? 0) \
          \($0.preview ?? "") \($0.isAssigned)
          """
        }
      )
    }
    ask("graph of \(checkpoint)", isExpected) {
      let graph = try store.graph(of: checkpoint)
      return ([graph.fingerprint().hex, graph.description], [])
    }
    for variable in variables where variable.isMaterialized {
      let name = "\(variable.name) of \(checkpoint)"
      ask("value of \(name)", isExpected) {
        let tensor = try store.tensor(named: variable.name, in: checkpoint)
        return (["\(tensor.shape) \(tensor.scalarType) \(Digest(of: tensor.data()))"], [])
      }
      ask("slice of \(name)", isExpected) {
        let count = variable.shape.elementCount
        let tensor = try store.slice(
          of: variable.name, elements: count - count / 8..<count, in: checkpoint)
        return (["\(Digest(of: tensor.data()))"], [])
      }
    }
  }

  private mutating func ask(
    _ part: String, _ isExpected: (any Error) -> Bool,
    _ body: () throws -> (bound: [String], unbound: [String])
  ) {
    do {
      let answer = try body()
      bound[part] = .value(answer.bound.joined(separator: "\n"))
      unbound[part] = .value(answer.unbound.joined(separator: "\n"))
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
