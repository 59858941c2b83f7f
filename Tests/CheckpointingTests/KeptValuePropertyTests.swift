import Foundation
import Nascent
import TestSupport
import Testing

/// Random runs and imports, one after another into one checkpoint: the rows are always those of a graph that makes
/// the values, what is refused has changed nothing, and what nothing can make again is there until `replace`
/// names it.
struct KeptValuePropertyTests {
  /// One run, or one import.
  private struct Step: CustomStringConvertible {
    let graph: VariableGraph
    let policy: ExistingPolicy
    let patterns: [GlobPattern]
    let file: [(name: String, bytes: [UInt8])]?

    var description: String {
      if let file {
        return "import \(file.map { "\($0.name)=\($0.bytes)" }) policy=\(policy)"
      }
      return """
        run only=\(patterns) policy=\(policy) seed=\(graph.seed) dialect=\(graph.dialect)
        \(graph)
        """
    }

    func names(_ name: String) -> Bool {
      if let file { return file.contains { $0.name == name } }
      let selection = NameSelection(patterns)
      return selection.contains(name)
        || graph.aliases.contains { $0.target == name && selection.contains($0.name) }
    }
  }

  private static let names = ["v0", "v1", "v2", "v3"]

  private static func bytes(
    _ generator: inout SeededGenerator
  ) -> [UInt8] {
    // Few values, so that many are equal.
    [UInt8](repeating: UInt8.random(in: 0...2, using: &generator), count: 4)
  }

  private static func graph(_ generator: inout SeededGenerator) throws -> VariableGraph {
    let dialects: [Dialect] = [.tensorFlow, .tensorFlow, .tensorFlow, .flaxNNX, .pyTorch]
    let dialect = dialects.randomElement(using: &generator) ?? .tensorFlow
    var graph = VariableGraph(
      seed: Int64.random(in: 1...4, using: &generator) / 4, dialect: dialect)
    var readable: [String] = []
    for name in names where Int.random(in: 0..<5, using: &generator) > 0 {
      let isByte = Int.random(in: 0..<4, using: &generator) > 0
      switch Int.random(in: 0..<4, using: &generator) {
      case 0 where isByte:
        let digest = Digest(of: bytes(&generator))
        try graph.declare(
          name, shape: [4], dtype: .uint8,
          initializer: ImportedInitializer(digest: digest, tensor: name, format: "memory"))
        continue
      case 1 where !isByte, 2 where !isByte:
        try graph.declare(name, shape: [4], initializer: .uniform())
      default:
        let value = Double.random(in: 0...2, using: &generator).rounded()
        try graph.declare(
          name, shape: [4], dtype: isByte ? .uint8 : .float32, initializer: .constant(value))
      }
      readable.append(name)
    }
    for (index, name) in ["e0", "e1", "e2"].enumerated()
    where Int.random(in: 0..<4, using: &generator) > 0 {
      guard let input = readable.randomElement(using: &generator) else { continue }
      if index == 1 {
        try graph.declare(name, as: .zeros(like: input))
      } else {
        try graph.declare(name, as: .copy(input))
      }
      readable.append(name)
    }
    for name in ["t0", "v3"]
    where !graph.declares(name) && Int.random(in: 0..<3, using: &generator) == 0 {
      if let target = readable.randomElement(using: &generator) { try graph.tie(name, to: target) }
    }
    return graph
  }

  private static func step(_ generator: inout SeededGenerator) throws -> Step {
    let policies: [ExistingPolicy] = [.skip, .skip, .skip, .replace, .fail, .verify]
    let policy = policies.randomElement(using: &generator) ?? .skip
    if Int.random(in: 0..<3, using: &generator) == 0 {
      var file: [(name: String, bytes: [UInt8])] = []
      for name in names + ["e0", "e2", "t0"] where Bool.random(using: &generator) {
        file.append((name, bytes(&generator)))
      }
      return Step(graph: VariableGraph(), policy: policy, patterns: ["*"], file: file)
    }
    let selections: [[GlobPattern]] = [
      ["*"], ["v0", "v1"], ["e*"], ["t*", "v2"], ["?1"], ["v*"], ["*"],
    ]
    return Step(
      graph: try graph(&generator), policy: policy,
      patterns: selections.randomElement(using: &generator) ?? ["*"], file: nil)
  }

  /// What a row says, and its value.
  private struct Row: Hashable {
    let fingerprint: String
    let digest: Digest?
    let isIrreplaceable: Bool
    let alias: String?
  }

  private func rows(_ store: CheckpointStore) throws -> [String: Row] {
    guard try store.checkpoints().contains(where: { $0.name == "initial" }) else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: try store.variables(in: "initial").map { row in
        (
          row.name,
          Row(
            fingerprint: "\(row.initializer.canonicalText) \(row.shape) \(row.dialect)",
            digest: row.digest, isIrreplaceable: row.hasValue && row.isIrreplaceable,
            alias: row.aliasOf)
        )
      })
  }

  private func expectSound(_ store: CheckpointStore, _ comment: Comment) async throws {
    guard try store.checkpoints().contains(where: { $0.name == "initial" }) else { return }
    #expect(try store.verify().isIntact, comment)
    let graph: VariableGraph
    do {
      graph = try store.graph()
    } catch {
      Issue.record(error, comment)
      return
    }
    #expect(
      graph.fingerprint().hex == (try store.checkpoint(named: "initial")).specFingerprint, comment)
    let rows = try store.variables(in: "initial")
    let digests = rows.compactMap { row in row.valueDigest.map { (row.name, $0) } }
    let found = try await Regeneration(graph: graph)
      .mismatches(with: NameTable(byName: digests))
    #expect(found.isEmpty, comment)
    let isComplete = rows.allSatisfy { $0.hasValue || $0.aliasOf != nil }
    #expect(
      ((try store.checkpoint(named: "initial")).contentDigest != nil) == isComplete, comment)
  }

  @Test(arguments: 0..<6)
  func `no series of runs and imports loses what nothing can make again`(group: Int) async throws {
    var counts = Counts()
    for seed in group * 50..<group * 50 + 50 { try await runSeries(seed, &counts) }
    // Each outcome is common enough to mean something.
    #expect(counts.done > 100 && counts.refused > 100 && counts.kept > 50, "\(counts)")
  }

  private struct Counts {
    var done = 0
    var refused = 0
    var kept = 0
  }

  private func runSeries(_ seed: Int, _ counts: inout Counts) async throws {
    var generator = SeededGenerator(state: UInt64(seed))
    let folder = try TemporaryFolder()
    let path = folder.path("s.db")
    for number in 0..<12 {
      let step = try Self.step(&generator)
      let comment = Comment(rawValue: "seed \(seed), step \(number): \(step)")
      let store = try CheckpointStore(path: path)
      let before = try rows(store)
      let report: MaterializationReport
      do {
        if let file = step.file {
          let model = try await ModelImport(from: MemoryTensors(file))
          report = try await model.store(in: store, policy: step.policy)
        } else {
          report = try await Runtime(graph: step.graph, store: store)
            .materialize(matching: step.patterns, policy: step.policy)
        }
      } catch let error as CheckpointError {
        #expect(error.code == .conflict, comment)
        counts.refused += 1
        #expect(try rows(store) == before, comment)
        continue
      } catch is RuntimeError {
        // Values of a file cannot be made without it; what could be made again may be gone.
        for (name, row) in before where row.isIrreplaceable {
          #expect(try rows(store)[name]?.digest == row.digest, comment)
        }
        try await expectSound(store, comment)
        continue
      }
      counts.done += 1
      let after = try rows(store)
      for (name, row) in before {
        if row.isIrreplaceable, after[name]?.digest != row.digest {
          #expect(step.policy == .replace && step.names(name), comment)
        } else if row.isIrreplaceable {
          counts.kept += 1
        }
        if !step.names(name), row.alias == nil, after[name] != row {
          #expect(
            report.invalidated.contains(name) || row.digest == nil, "\(name) of \(comment)")
        }
      }
      try await expectSound(store, comment)
    }
  }
}
