import Foundation
import Nascent
import TestSupport
import Testing

/// Each field of each declaration is changed alone; what is remade, and why, is exactly what follows.
///
/// What must be remade is said by each mutation, and by the places in the streams of PyTorch's and
/// Flax's dialects, where the order of declarations is the meaning. Beside that, the values of every
/// graph are made from nothing: what is skipped has the same bytes, what is remade has others.
struct MutationTests {
  /// What a value is: equal for equal bytes of the same dtype and shape.
  private struct Value: Equatable {
    let shape: Shape
    let type: ScalarType
    let digest: Digest?
  }

  private func values(of graph: VariableGraph) async throws -> [String: Value] {
    let report = try await Runtime(graph: graph).materialize()
    let digests = Dictionary(uniqueKeysWithValues: report.outcomes.map { ($0.name, $0.digest) })
    return Dictionary(
      uniqueKeysWithValues: graph.variables.map { variable in
        let digest = digests[variable.name] ?? nil
        return (
          variable.name,
          Value(shape: variable.shape, type: variable.scalarType, digest: digest)
        )
      })
  }

  @Test(arguments: MutationModel.dialects)
  func `each field alone remakes exactly what depends on it, and says why`(dialect: String)
    async throws
  {
    let model = MutationModel(dialect: dialect)
    let folder = try TemporaryFolder()
    let base = try model.draft.graph()
    let baseValues = try await values(of: base)
    let basePath = folder.path("base.db")
    _ = try await Runtime(graph: base, store: CheckpointStore(path: basePath)).materialize()
    var table: [String] = []
    let mutations = try model.mutations()
    for mutation in mutations {
      var draft = model.draft
      mutation.apply(&draft)
      let graph = try draft.graph(mutation.text)
      let path = folder.path("mutated.db")
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: basePath, toPath: path)
      let store = try CheckpointStore(path: path)
      let before = try Data(contentsOf: URL(filePath: path))
      let plan = try store.plan(graph)
      #expect(try Data(contentsOf: URL(filePath: path)) == before, "\(mutation.name)")
      let report = try await Runtime(graph: graph, store: store).materialize()
      let comment = Comment(rawValue: "\(dialect), \(mutation.name)")
      #expect(
        plan.decisions.map { [$0.name, $0.action.rawValue, $0.reason] }
          == report.outcomes.map { [$0.name, $0.action.rawValue, $0.reason] }, comment)
      #expect(plan.removed == report.removed, comment)
      #expect(plan.specFingerprint == report.specFingerprint, comment)
      #expect(Set(report.removed) == mutation.removed, comment)
      table.append(try check(report, mutation, base, graph, comment))
      try await compareBytes(report, mutation, baseValues, values(of: graph), comment)
    }
    print(
      (["\(dialect): \(mutations.count) mutations", "MUTATION | REMADE OF 11 | WHY"] + table)
        .joined(separator: "\n"))
  }

  /// Which are remade, new and skipped, and in which words.
  private func check(
    _ report: MaterializationReport, _ mutation: Mutation, _ base: VariableGraph,
    _ graph: VariableGraph, _ comment: Comment
  ) throws -> String {
    let oldPlaces = MutationModel.places(in: base)
    let newPlaces = MutationModel.places(in: graph)
    let moved = Set(
      oldPlaces.keys.filter { name in newPlaces[name].map { $0 != oldPlaces[name] } ?? false })
    // What depends on a change is what is changed, and what it moves in a stream of random numbers. The
    // values that are made of other variables' values belong to this union, too.
    let expected = mutation.subjects.union(moved)
    let remade = report.outcomes.filter { $0.action == .replaced }
    #expect(Set(remade.map(\.name)) == expected, comment)
    let new = report.outcomes.filter { $0.action == .materialized }
    #expect(Set(new.map(\.name)) == mutation.added, comment)
    #expect(new.allSatisfy { $0.reason == "new" }, comment)
    let skipped = report.outcomes.filter { $0.action == .skipped }
    #expect(skipped.allSatisfy { $0.reason == "unchanged" }, comment)
    #expect(remade.count + new.count + skipped.count == graph.variables.count, comment)
    for outcome in remade {
      let old = try base.variable(named: outcome.name)
      let variable = try graph.variable(named: outcome.name)
      if mutation.subjects.contains(outcome.name) {
        let reason = mutation.reason(old, variable)
        #expect(outcome.reason == "remade: \(reason)", comment)
      } else if variable.dialect == .pyTorch {
        #expect(
          outcome.reason == """
            remade: place in the stream changed from \(placeText(old)) to \(placeText(variable))
            """, comment)
      } else {
        #expect(
          outcome.reason == """
            remade: its place in the order of keys changed, which counts in the dialect \
            \(variable.dialect)
            """, comment)
      }
    }
    let subject = remade.first { mutation.subjects.contains($0.name) } ?? remade.first ?? new.first
    return "\(mutation.name) | \(remade.count) | \(subject?.reason ?? "-")"
  }

  private func placeText(_ variable: Variable) -> String {
    variable.metadata["stream_place"]?.canonicalText ?? "none"
  }

  /// Writes its version; draws, or does not, without a parameter that says so.
  private struct Opaque: ElementwiseInitializer {
    var version = 1
    var seeding = Seeding.none
    var configuration: InitializerConfiguration { .init(className: "Opaque", config: [:]) }
    func value(at index: Int, of target: FillTarget) -> Double { Double(version) }
  }

  @Test(arguments: [
    (Opaque(version: 2), "remade: initializer version changed from 1 to 2"),
    (Opaque(seeding: .own(3)), "remade: seed's origin changed from none to own"),
    (Opaque(seeding: .graph), "remade: seed's origin changed from none to graph"),
  ])
  private func `what no parameter says is told apart, too`(
    initializer: Opaque, reason: String
  ) async throws {
    let folder = try TemporaryFolder()
    let store = try CheckpointStore(path: folder.path("s.db"))
    var outcomes: [MaterializationReport.Outcome] = []
    for initializer in [Opaque(), initializer] {
      var graph = VariableGraph()
      try graph.declare("v", shape: [2], initializer: initializer)
      let planned = try store.plan(graph).decisions.map(\.reason)
      outcomes = try await Runtime(graph: graph, store: store).materialize().outcomes
      #expect(outcomes.map(\.reason) == planned)
    }
    #expect(outcomes.map(\.reason) == [reason])
  }

  /// What is skipped would come out the same, what is remade comes out as another value.
  private func compareBytes(
    _ report: MaterializationReport, _ mutation: Mutation, _ old: [String: Value],
    _ new: [String: Value], _ comment: Comment
  ) throws {
    for outcome in report.outcomes {
      switch outcome.action {
      case .skipped: #expect(old[outcome.name] == new[outcome.name], comment)
      case .replaced where !mutation.withEqualBytes.contains(outcome.name):
        #expect(old[outcome.name] != new[outcome.name], comment)
      default: break
      }
      if outcome.action != .aliased {
        #expect(outcome.digest == new[outcome.name]?.digest, comment)
      }
    }
  }
}
