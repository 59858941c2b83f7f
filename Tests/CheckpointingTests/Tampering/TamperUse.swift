import Foundation
import Nascent
import TestSupport

/// What was read of a store, item by item: a text, or that it was refused.
struct TamperAnswers: Sendable {
  enum Answer: Sendable, Equatable {
    case value(String)
    /// An error, or a damage that was reported.
    case refused(String)

    var isRefused: Bool { if case .refused = self { true } else { false } }
  }

  private(set) var items: [String: Answer] = [:]

  mutating func ask(_ item: String, _ body: () async throws -> Answer) async {
    do {
      items[item] = try await body()
    } catch {
      items[item] = .refused("\(error)")
    }
  }

  mutating func ask(_ item: String, text body: () async throws -> [Any?]) async {
    await ask(item) { .value(Self.text(try await body())) }
  }

  /// A stable text of values.
  static func text(_ values: [Any?]) -> String {
    values.map { value in
      switch value {
      case nil: "-"
      case let tensor as Tensor: "\(tensor.shape) \(tensor.scalarType) \(tensor.digest())"
      case let object as [String: JSONValue]: JSONValue.object(object).canonicalText
      case let json as JSONValue: json.canonicalText
      case let metrics as [String: Double]:
        "\(metrics.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })"
      case let list as [Any?]: "[\(text(list))]"
      case .some(let other): "\(other)"
      }
    }.joined(separator: " | ")
  }
}

/// One use of a store: of all that it reads or writes, the answers.
enum TamperUse: String, CaseIterable, Sendable {
  case list, show, showOne, tensor, slice, rank, runtimeValue, runtimeSlice, uninitialized
  case export, diff, verify, verifyRegenerate, graph, fingerprint, plan, restore, restoreStep,
    report
  case plot, sign, runs
  // Those that write.
  case materializeSkip, materializeVerify, materializeFail, materializeMore, replaceOnly,
    mergeAsPart
  case mergeAsCatalog, mergeAsTarget, mergeWithItself, save, prune, remove, importAgain, repair

  var isWriting: Bool {
    Self.writing.contains(self)
  }
  private static let writing: Set<TamperUse> = [
    .materializeSkip, .materializeVerify, .materializeFail, .materializeMore, .replaceOnly,
    .mergeAsTarget, .mergeWithItself, .save, .prune, .remove, .importAgain, .repair,
  ]

  /// False where a store has nothing for it.
  func isMeaningful(for store: TamperedStore) -> Bool {
    switch self {
    case .restoreStep, .prune: store.name == "training"
    case .importAgain: store.name == "imported"
    case .mergeAsCatalog: store.name != "catalog" && store.name != "training"
    case .verifyRegenerate: store.name != "part"
    case .remove: store.checkpoints.count > 1
    default: true
    }
  }

  /// Uses a file in place of the store.
  func run(_ path: String, of store: TamperedStore) async -> TamperAnswers {
    var answers = TamperAnswers()
    if isWriting {
      await write(path, store, &answers)
    } else {
      await answers.ask("open") {
        _ = try CheckpointStore(path: path, for: .read)
        return .value("")
      }
      for checkpoint in store.checkpoints { await read(path, checkpoint, store, &answers) }
    }
    return answers
  }

  // MARK: - Reading

  private func read(
    _ path: String, _ checkpoint: TamperedStore.Checkpoint, _ intact: TamperedStore,
    _ answers: inout TamperAnswers
  ) async {
    let name = checkpoint.name
    func open() throws -> CheckpointStore { try CheckpointStore(path: path, for: .read) }
    let isFirst = name == intact.main.name
    switch self {
    case .list:
      guard isFirst else { return }
      await answers.ask("checkpoints") {
        let found = try open().checkpoints()
        let texts = found.map { Self.text($0) + " " + $0.createdAt }
        return found.contains { $0.flaw != nil } ? .refused("\(texts)") : .value("\(texts)")
      }
      await answers.ask("saved") {
        try open().savedCheckpoints().map { Self.text($0) + " " + $0.createdAt }
      }
    case .show:
      await answers.ask(name) { try open().descriptions(in: name).map(Self.text) }
    case .showOne:
      guard let store = try? open() else { return }
      for variable in checkpoint.names {
        await answers.ask("\(name) \(variable)") {
          [Self.text(try store.description(of: variable, in: name))]
        }
        await answers.ask("row \(name) \(variable)") {
          [Self.text(try store.variable(variable, in: name))]
        }
      }
    case .tensor:
      for variable in checkpoint.names {
        await answers.ask("\(name) \(variable)") {
          [try await open().value(of: variable, in: name)]
        }
      }
    case .slice:
      guard let store = try? open() else { return }
      for variable in checkpoint.names {
        let count = checkpoint.graph[variable]?.shape.elementCount ?? 0
        for range in [0..<min(3, count), max(count - 3, 0)..<count] {
          await answers.ask("\(name) \(variable) \(range)") {
            [try await store.value(of: variable, elements: range, in: name)]
          }
        }
      }
    case .rank:
      guard let store = try? open() else { return }
      for variable in checkpoint.names {
        await answers.ask("\(name) \(variable)") {
          guard let rank = RankSlice(rank: 1, of: 3) else { return [] }
          return [try await store.slice(of: variable, rank, in: name)]
        }
      }
    case .runtimeValue, .runtimeSlice:
      guard let store = try? open() else { return }
      let runtime = Runtime(graph: checkpoint.graph, store: store, checkpoint: name)
      for variable in checkpoint.graph.variables {
        await answers.ask("\(name) \(variable.name)") {
          let count = variable.shape.elementCount
          return self == .runtimeValue
            ? [try await runtime.value(of: variable.name)]
            : [try await runtime.slice(of: variable.name, count / 2..<count)]
        }
      }
    case .uninitialized:
      await answers.ask(name) {
        let runtime = Runtime(graph: checkpoint.graph, store: try open(), checkpoint: name)
        return try await runtime.uninitialized().map(\.name)
      }
      for variable in checkpoint.graph.variables {
        await answers.ask("\(name) \(variable.name)") {
          let runtime = Runtime(graph: checkpoint.graph, store: try open(), checkpoint: name)
          return [try await runtime.isMaterialized(variable.name)]
        }
      }
    case .export:
      await answers.ask(name) {
        let file = path + ".safetensors"
        defer { Self.remove(file) }
        _ = try await open().export(name, to: file)
        return [Digest(of: try Data(contentsOf: URL(filePath: file)))]
      }
    case .diff:
      await answers.ask(name) {
        let other = try CheckpointStore(path: intact.path, for: .read)
        return try await open().differences(from: other, checkpoint: name, registry: .standard)
      }
    case .verify, .verifyRegenerate:
      await answers.ask(name) {
        let store = try open()
        let report =
          self == .verify
          ? try store.verify(name) : try await store.verify(name, level: .regenerate)
        let text = "\(report.outcomes.map { "\($0.name) \($0.finding)" })"
        return report.isIntact ? .value(text) : .refused(text)
      }
      guard isFirst, self == .verify else { return }
      await answers.ask("all") {
        let reports = try open().verifyAll()
        let text = "\(reports.map { ($0.checkpoint, $0.outcomes.map(\.finding)) })"
        return reports.allSatisfy(\.isIntact) ? .value(text) : .refused(text)
      }
    case .graph:
      await answers.ask(name) {
        let graph = try open().graph(of: name)
        return [graph.fingerprint(), graph.aliases]
          + graph.variables.map { "\($0.name) \($0.shape)" }
          + graph.variables.map { JSONValue.object($0.metadata).canonicalText }
      }
    case .fingerprint:
      await answers.ask(name) {
        let found = try open().checkpoint(named: name)
        return [found.specFingerprint, found.contentDigest]
      }
    case .plan:
      for policy in [ExistingPolicy.skip, .verify, .fail] {
        await answers.ask("\(name) \(policy)") {
          let plan = try open().plan(checkpoint.graph, checkpoint: name, policy: policy)
          return plan.decisions.map(Self.text) + [
            plan.removed, plan.conflicts, plan.invalidated, plan.kept,
          ]
        }
      }
    case .restore:
      await answers.ask(name) {
        let runtime = Runtime(graph: checkpoint.graph)
        let report = try await runtime.restore(from: try open(), checkpoint: name)
        var found: [Any?] = [report.description]
        for variable in checkpoint.graph.variables {
          found.append(try await runtime.value(of: variable.name))
        }
        return found
      }
    case .restoreStep:
      guard isFirst else { return }
      for selection in [
        StepSelection.latest, .exactly(10), .best(.lowest("loss")), .best(.highest("accuracy")),
      ] {
        await answers.ask("\(selection)") {
          let runtime = Runtime(graph: checkpoint.graph)
          let saved = try await runtime.restore(step: selection, from: open())
          return [Self.text(saved), try await runtime.value(of: "a")]
        }
      }
    case .report:
      await answers.ask(name) {
        let report = try open().report(of: name)
        let html = report.html.replacing(URL(filePath: path).lastPathComponent, with: "store.db")
        return report.flaws.isEmpty && report.damages.isEmpty
          ? .value(html) : .refused("\(report.flaws)")
      }
    case .plot:
      guard let store = try? open() else { return }
      for variable in checkpoint.names where (checkpoint.graph[variable]?.byteCount ?? 0) < 4096 {
        await answers.ask("\(name) \(variable)") {
          try store.plot(of: variable, in: name).lines(width: 24, height: 3, as: .ascii)
        }
      }
    case .sign:
      await answers.ask(name) {
        let statement = try open().signedStatement(of: name)
        return [statement.checkpoint?.line] + (statement.checkpoint?.values.map { "\($0)" } ?? [])
      }
    case .runs:
      guard isFirst else { return }
      await answers.ask("runs") { try open().runs() }
    case .mergeAsPart, .mergeAsCatalog:
      guard isFirst else { return }
      await answers.ask(name) {
        let other = path + ".merged"
        defer { Self.remove(other) }
        let merged = try CheckpointStore(path: other)
        let report = try await merged.merge(
          [path], checkpoint: name, asCatalog: self == .mergeAsCatalog)
        let state = await TamperState(of: other, [checkpoint])
        return state.isDamaged
          ? .refused("what was merged is damaged")
          : .value(Self.text(report) + state.text)
      }
    default: return
    }
  }

  // MARK: - Writing

  private func write(_ path: String, _ intact: TamperedStore, _ answers: inout TamperAnswers) async
  {
    let main = intact.main
    func materialize(
      _ graph: VariableGraph, _ patterns: [GlobPattern] = ["*"], as policy: ExistingPolicy
    ) async throws -> TamperAnswers.Answer {
      let runtime = Runtime(
        graph: graph, store: try CheckpointStore(path: path), checkpoint: main.name)
      let isRecipe = intact.name == "recipes" || intact.name == "flax"
      let report = try await runtime.materialize(
        matching: patterns,
        share: intact.name == "part" ? Share(index: 1, of: 3) : nil, policy: policy,
        isRecipe: isRecipe)
      let text = TamperAnswers.text(
        report.outcomes.map {
          "\($0.name) \($0.action) \($0.reason) \(String(describing: $0.digest))"
        }
          + [report.removed, report.invalidated, report.kept])
      let isSaid = report.outcomes.contains { $0.reason == "remade: its row was damaged" }
      return report.isIntact && report.count(of: .failed) == 0 && !isSaid
        ? .value(text) : .refused(text)
    }
    func more() throws -> VariableGraph {
      var graph = main.graph
      try graph.declare("zz", shape: [3], initializer: .normal())
      return graph
    }
    switch self {
    case .materializeSkip: await answers.ask("run") { try await materialize(main.graph, as: .skip) }
    case .materializeVerify:
      await answers.ask("run") { try await materialize(main.graph, as: .verify) }
    case .materializeFail: await answers.ask("run") { try await materialize(main.graph, as: .fail) }
    case .materializeMore:
      await answers.ask("run") {
        try await materialize(more(), intact.name == "part" ? ["*"] : ["zz"], as: .skip)
      }
    case .replaceOnly:
      await answers.ask("run") {
        let last = main.graph.variables.last(where: { $0.expression == nil })?.name ?? ""
        return try await materialize(main.graph, [GlobPattern(last)], as: .replace)
      }
    case .mergeAsTarget, .mergeWithItself:
      await answers.ask("merge") {
        let part = self == .mergeWithItself ? path : intact.path
        return [
          Self.text(
            try await CheckpointStore(path: path).merge(
              [part], checkpoint: main.name, asCatalog: intact.name == "catalog" && part == path))
        ]
      }
    case .save:
      await answers.ask("save") {
        let store = try CheckpointStore(path: path)
        let runtime = Runtime(graph: main.graph, store: store, checkpoint: main.name)
        return [try await store.save(runtime, step: 30).contentDigest]
      }
    case .prune:
      for policy in [RetentionPolicy.last(1), .best(1, by: .lowest("accuracy"))] {
        await answers.ask("\(policy)") {
          try await CheckpointStore(path: path).prune(keeping: policy)
        }
      }
    case .remove:
      await answers.ask("remove") {
        try await CheckpointStore(path: path).removeCheckpoint(named: main.name)
        return []
      }
    case .importAgain:
      await answers.ask("import") {
        let file = intact.folder.path("model.safetensors")
        let report = try await ModelImport(from: ModelFile.open(file))
          .store(in: CheckpointStore(path: path))
        return report.outcomes.map { "\($0.name) \($0.action) \(String(describing: $0.digest))" }
      }
    case .repair:
      for checkpoint in intact.checkpoints {
        await answers.ask("repair \(checkpoint.name)") {
          let store = try CheckpointStore(path: path)
          let report = try await store.repair(
            checkpoint.name, with: store.regeneration(of: checkpoint.name))
          return report.isIntact && report.repaired.isEmpty
            ? .value("nothing to do") : .refused("repaired, or lost")
        }
      }
    default: return
    }
  }

  static func remove(_ path: String) {
    for suffix in ["", "-journal", "-writer"] {
      try? FileManager.default.removeItem(atPath: path + suffix)
    }
  }

  // MARK: - Texts

  static func text(_ summary: CheckpointSummary) -> String {
    TamperAnswers.text([
      summary.name, summary.step, summary.seed, summary.dialect, summary.variables,
      summary.materialized, summary.bytes, summary.specFingerprint, summary.contentDigest,
    ])
  }

  static func text(_ saved: SavedCheckpoint) -> String {
    TamperAnswers.text([
      saved.name, saved.step, saved.metadata, saved.metrics, saved.contentDigest,
    ])
  }

  static func text(_ variable: StoredVariable) -> String {
    TamperAnswers.text([
      variable.name, variable.shape, variable.scalarType, variable.byteCount, variable.initializer,
      variable.aliasOf, variable.digest, variable.root, variable.isRecipe, variable.isAssigned,
      variable.dialect, variable.metadata,
    ])
  }

  static func text(_ shown: VariableDescription) -> String {
    TamperAnswers.text([
      shown.name, shown.shape, shown.dtype, shown.initializer.json, shown.state, shown.byteCount,
      shown.sha256, shown.mean, shown.standardDeviation, shown.minimum, shown.maximum,
      shown.preview, shown.aliasOf, shown.isAssigned, shown.skew, shown.excessKurtosis,
      shown.verdict, shown.deviation, shown.notFiniteCount,
    ])
  }

  static func text(_ decision: MaterializationDecision) -> String {
    "\(decision.name) \(decision.action) \(decision.reason) \(String(describing: decision.digest))"
  }

  static func text(_ report: MergeReport) -> String {
    TamperAnswers.text([
      report.chunkCount, report.byteCount, report.completedCount, report.specFingerprint,
      report.contentDigest, report.missing.map { "\($0.name) \($0.chunks) of \($0.chunkCount)" },
      report.shareCounts,
    ])
  }
}

/// All that a file holds, but for times and the log of runs: what a use must leave as it was, or as it leaves
/// the intact store.
struct TamperState: Sendable {
  /// True where `verify` reports damage, or something cannot be read.
  let isDamaged: Bool
  let text: String

  init(of path: String, _ checkpoints: [TamperedStore.Checkpoint]) async {
    do {
      let store = try CheckpointStore(path: path, for: .read)
      var texts: [String] = []
      let reports = try store.verifyAll()
      var isIntact = reports.allSatisfy(\.isIntact)
      for report in reports {
        texts.append("\(report.outcomes.map { "\($0.name) \($0.finding)" })")
      }
      if isIntact {
        let summaries = try store.checkpoints()
        isIntact = summaries.allSatisfy { $0.flaw == nil }
        texts += summaries.map(TamperUse.text)
        texts += try store.savedCheckpoints().map(TamperUse.text)
        for summary in summaries {
          texts += try store.descriptions(in: summary.name).map(TamperUse.text)
          for variable in try store.variables(in: summary.name) {
            texts.append(TamperUse.text(variable))
            if variable.isMaterialized {
              texts.append("\(try store.tensor(named: variable.name, in: summary.name).digest())")
            }
          }
        }
      }
      isDamaged = !isIntact
      text = texts.joined(separator: "\n")
    } catch {
      isDamaged = true
      text = "\(error)"
    }
  }
}
