import Foundation
import FuzzTargets
import Nascent
import TestSupport
import Testing

/// Every column of every table, changed alone, and every use of a store: what was changed is found, or makes no
/// difference, or is one of the few things that nothing binds.
struct TamperMatrixTests {
  /// What nothing binds: a table, a column, the uses in which it shows, and why.
  static let unbound: [(table: String, column: String, uses: Set<TamperUse>, reason: String)] = [
    (
      "run", "*", [.runs, .report],
      "a log: no value, declaration or digest depends on it"
    ),
    (
      "variable", "metadata", [.graph],
      "a graph is made of what fingerprints bind, also where digests are damaged, so that values can be made again"
    ),
    (
      "variable", "position", [.graph],
      "as metadata: where the order means something, as in Flax's dialects, its fingerprints tell"
    ),
  ]

  /// What became of one change in one use.
  enum Outcome: Sendable, Equatable {
    case found, harmless, unbound
    /// Another answer, without a word.
    case silent(String)
    /// A damage that a use made sound.
    case sealed(String)
  }

  /// The answers of the intact store, and what it holds after each use that writes.
  private struct Expected: Sendable {
    var answers: [TamperUse: TamperAnswers] = [:]
    var states: [TamperUse: String] = [:]
    var state = ""
  }

  private static func expected(of store: TamperedStore) async throws -> Expected {
    var expected = Expected()
    expected.state = await TamperState(of: store.path, store.checkpoints).text
    for use in TamperUse.allCases where use.isMeaningful(for: store) {
      let path = store.folder.path("\(store.name)-intact.db")
      try store.bytes.write(to: URL(filePath: path))
      expected.answers[use] = await use.run(path, of: store)
      if use.isWriting {
        let state = await TamperState(of: path, store.checkpoints)
        #expect(!state.isDamaged, "\(store.name) \(use) \(state.text.prefix(400))")
        expected.states[use] = state.text
      }
      TamperUse.remove(path)
    }
    return expected
  }

  private static func outcome(
    of use: TamperUse, _ change: Tampering, _ path: String, _ store: TamperedStore,
    _ expected: Expected
  ) async throws -> Outcome {
    let answers = await use.run(path, of: store)
    let wanted = expected.answers[use] ?? TamperAnswers()
    var differences: [String] = []
    var isFound = false
    for (item, answer) in wanted.items {
      let found = answers.items[item]
      if found == answer { continue }
      if found?.isRefused ?? true {
        isFound = true
      } else {
        differences.append("\(item): \(found.map { "\($0)" } ?? "nothing") instead of \(answer)")
      }
    }
    if use.isWriting {
      let state = await TamperState(of: path, store.checkpoints)
      let isSound = !state.isDamaged
      if isSound, state.text != expected.states[use], state.text != expected.state {
        if isUnbound(change, use) { return .unbound }
        return .sealed(Self.firstDifference(state.text, expected.states[use] ?? ""))
      }
    }
    if let first = differences.first {
      return isUnbound(change, use) ? .unbound : .silent(first)
    }
    return isFound ? .found : .harmless
  }

  private static func firstDifference(_ left: String, _ right: String) -> String {
    let pairs = zip(left.split(separator: "\n"), right.split(separator: "\n"))
    guard let first = pairs.first(where: { $0.0 != $0.1 }) else { return "a part is missing" }
    return "\(first.0) instead of \(first.1)"
  }

  private static func isUnbound(_ change: Tampering, _ use: TamperUse) -> Bool {
    unbound.contains { entry in
      entry.table == change.table && (entry.column == "*" || entry.column == change.column)
        && entry.uses.contains(use)
    }
  }

  /// The counts of one table.
  struct Counts: Sendable {
    var columns: Set<String> = []
    var changes = 0, found = 0, harmless = 0, unbound = 0, wrong = 0

    mutating func add(_ other: Counts, _ column: String?) {
      changes += other.changes
      found += other.found
      harmless += other.harmless
      unbound += other.unbound
      wrong += other.wrong
      if let column { columns.insert(column) }
    }
  }

  /// What became of one change in all uses.
  private struct Tried: Sendable {
    let change: Tampering
    var counts = Counts()
    var problems: [String] = []
  }

  /// - Returns: `nil` where SQLite cannot hold the change.
  private static func attempt(
    _ change: Tampering, _ store: TamperedStore, _ expected: Expected, number: Int
  ) async throws -> Tried? {
    let path = store.folder.path("\(store.name)-\(number).db")
    defer { TamperUse.remove(path) }
    try store.bytes.write(to: URL(filePath: path))
    guard try change.apply(to: path) else { return nil }
    let tampered = try Data(contentsOf: URL(filePath: path))
    var tried = Tried(change: change)
    tried.counts.changes = 1
    for use in TamperUse.allCases where use.isMeaningful(for: store) {
      switch try await outcome(of: use, change, path, store, expected) {
      case .found: tried.counts.found += 1
      case .harmless: tried.counts.harmless += 1
      case .unbound: tried.counts.unbound += 1
      case .silent(let what):
        tried.counts.wrong += 1
        tried.problems.append("silent \(store.name): \(change) in \(use): \(what.prefix(300))")
      case .sealed(let what):
        tried.counts.wrong += 1
        tried.problems.append("SEALED \(store.name): \(change) in \(use): \(what.prefix(300))")
      }
      if use.isWriting { try tampered.write(to: URL(filePath: path)) }
    }
    return tried
  }

  @Test func `no change of a column goes unseen`() async throws {
    let environment = ProcessInfo.processInfo.environment
    let only = environment["NASCENT_TAMPER_STORE"]
    let stores = try await TamperedStore.all().filter { only == nil || only == $0.name }
    let limit = environment["NASCENT_TAMPER"].map { Int($0) ?? Int.max } ?? Self.changesOfAColumn
    let chosen = try Self.changes(of: stores, limit)
    var counts: [String: Counts] = [:]
    var problems: [String] = []
    for (store, changes) in zip(stores, chosen) {
      let expected = try await Self.expected(of: store)
      let tried = try await withThrowingTaskGroup(of: Tried?.self) { group in
        var tried: [Tried] = []
        for (number, change) in changes.enumerated() {
          if number >= Self.workerCount, let next = try await group.next(), let next {
            tried.append(next)
          }
          group.addTask { try await Self.attempt(change, store, expected, number: number) }
        }
        for try await case let next? in group { tried.append(next) }
        return tried
      }
      for tried in tried {
        counts[tried.change.table, default: Counts()].add(tried.counts, tried.change.column)
        problems += tried.problems
      }
    }
    Self.printTable(counts)
    for problem in problems.sorted() { print(problem) }
    #expect(problems.isEmpty, "\(problems.count) cells, the first: \(problems.min() ?? "")")
  }

  /// The changes of each store: of every column no more than `limit`, spread over stores, rows and kinds.
  private static func changes(of stores: [TamperedStore], _ limit: Int) throws -> [[Tampering]] {
    var groups: [String: [(store: Int, change: Tampering)]] = [:]
    for (place, store) in stores.enumerated() {
      for change in try Tampering.all(of: store.path) {
        groups["\(change.table).\(change.column ?? "*")", default: []].append((place, change))
      }
    }
    var chosen = stores.map { _ in [Tampering]() }
    for (number, group) in groups.sorted(by: { $0.key < $1.key }).map(\.value).enumerated() {
      let count = min(limit, group.count)
      for step in 0..<count {
        // The offset lets neighbouring columns have other rows and kinds.
        let place = (group.count * step / count + number * 7) % group.count
        chosen[group[place].store].append(group[place].change)
      }
    }
    return chosen
  }

  /// How many changes of a column the ordinary test tries; `NASCENT_TAMPER=all` tries every one, and a number
  /// so many.
  private static let changesOfAColumn = 1

  /// How many changes are tried at once.
  private static let workerCount = 4

  private static func printTable(_ counts: [String: Counts]) {
    var total = Counts()
    print("| Table | Columns | Changes | Found | Harmless | Not bound | Silent |")
    print("|---|---|---|---|---|---|---|")
    func row(_ name: String, _ counts: Counts, _ columns: Int) {
      print(
        """
        | \(name) | \(columns) | \(counts.changes) | \(counts.found) | \(counts.harmless) \
        | \(counts.unbound) | \(counts.wrong) |
        """
      )
    }
    var columns = 0
    for (table, tally) in counts.sorted(by: { $0.key < $1.key }) {
      row("`\(table)`", tally, tally.columns.count)
      columns += tally.columns.count
      total.add(tally, nil)
    }
    row("all", total, columns)
  }
}
