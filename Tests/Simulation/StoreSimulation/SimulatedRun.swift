import CSimulatedDisk
import Foundation
import Nascent
import TestSupport

/// One run: a seed says which operations are done on two stores, and what goes wrong.
///
/// After each operation, and after each crash or power loss, every value of both stores is read and compared
/// with the model.
///
/// A class, because it owns open stores.
final class SimulatedRun {
  /// A store of the run: its file on the simulated disk, and who has it open.
  struct Place {
    let path: String
    var connections: [CheckpointStore?] = [nil, nil]
    var state: StoreState = [:]
    /// What else a power loss may bring back: a process that ended in its commit has told nobody of it, and what
    /// the next one saw in the system's memory may not be durable until somebody commits again.
    var unreported: [PossibleStore] = []
    /// False until the store was opened for writing without a fault, so that the file is one.
    var isMade = false
  }

  let seed: UInt64
  let folder: TemporaryFolder
  let expected: ExpectedValues
  var random: SeededGenerator
  var places: [Place]
  var counts = SimulationCounts()
  /// What was done, for a failure's report.
  var history: [String] = []
  /// The graph that was last tried on a checkpoint: most operations come back to it.
  var graphs: [String: SimulatedGraph] = [:]
  /// Numbers the stores of shards.
  var shardCount = 0

  /// Prints what is done as it is done.
  private let isTold: Bool

  init(seed: UInt64, in folder: TemporaryFolder, expected: ExpectedValues, isTold: Bool = false) {
    self.isTold = isTold
    self.seed = seed
    self.folder = folder
    self.expected = expected
    random = SeededGenerator(state: seed)
    places = ["s.db", "t.db"].map { Place(path: folder.path($0)) }
  }

  /// Does everything.
  ///
  /// - Parameter limit: How many operations at the most.
  /// - Throws: `SimulationFailure` where a store differs from the model.
  func run(upTo limit: Int = .max) async throws {
    simulated_disk_reset(random.next())
    defer {
      close()
      counts.runs += 1
      counts.addDisk()
    }
    let steps = Int.random(in: 3...10, using: &random)
    for _ in 0..<min(steps, limit) {
      try await step()
      if isOver { return }
    }
  }

  /// How often the process ended.
  private(set) var restartCount = 0
  /// A store is damaged for good, and the run ends.
  var isOver = false

  func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  func note(_ text: String) {
    history.append(text)
    if isTold { FileHandle.standardError.write(Data("\(text)\n".utf8)) }
  }

  // MARK: - Operations

  /// An operation on a store: what it does, and what the store may be afterwards.
  struct Operation {
    let name: String
    let place: Int
    /// After success.
    let after: PossibleStore
    /// After a fault: before, after, or one of these.
    var between: [PossibleStore] = []
    /// Errors that it may end in without a fault, with the store as it was, or as `refused` says.
    var refusals: [CheckpointError.Code] = []
    var refused: PossibleStore?
    /// True where it may only end in an error.
    var mustFail = false
    /// False where success may mean that there was nothing to write.
    var commits = true
    let body: (CheckpointStore) async throws -> Void
  }

  private func step() async throws {
    let place = chance(80) ? 0 : 1
    switch Int.random(in: 0..<100, using: &random) {
    case ..<34: try await perform(try await materializing(place))
    case ..<50: try await perform(try await saving(place))
    case ..<56: try await perform(pruning(place))
    case ..<60: try await perform(removing(place))
    case ..<66: try await perform(importing(place))
    case ..<73: try await merge(place)
    case ..<80: try await interleave(place)
    case ..<84: try await perform(repairing(place))
    case ..<89: try await readWithFaults(place)
    case ..<95: try await flip(place)
    default: try await end(isPowerLoss: chance(70), place)
    }
  }

  /// How an operation ended.
  enum Outcome {
    /// With success.
    case done
    /// It was not tried, or refused, and changed nothing.
    case refused
    /// By a fault, before, in or after its work.
    case unknown
  }

  /// Does an operation, perhaps with a fault, and compares the store with the model.
  @discardableResult
  func perform(_ operation: Operation?) async throws -> Outcome {
    guard let operation else { return .refused }
    counts.operations += 1
    let before = StoreModel.exactly(places[operation.place].state)
    let fault = chance(60) ? SimulatedDisk.Fault.random(&random) : nil
    note(
      "\(places[operation.place].path.suffix(4)): \(operation.name)"
        + (fault.map { ", \($0)" } ?? ""))
    var failure: (any Error)?
    do {
      if let fault { SimulatedDisk.arm(fault) }
      let store = try open(operation.place, Int.random(in: 0...1, using: &random))
      places[operation.place].isMade = true
      try await operation.body(store)
    } catch {
      failure = error
    }
    let isDown = SimulatedDisk.isDown
    let hadFault = SimulatedDisk.disarm()
    if hadFault { note("  the fault happened: \(failure.map { "\($0)" } ?? "and was survived")") }
    var possible: [PossibleStore]
    if let failure {
      possible = [operation.refused ?? before]
      if hadFault {
        try check(failure, of: operation)
        possible +=
          [before, operation.after] + operation.between + places[operation.place].unreported
        places[operation.place].unreported = possible
      } else {
        note("  refused: \(failure)")
        if !places[operation.place].isMade, (failure as? CheckpointError)?.code == .notAStore {
          // Nothing was ever committed: a sync failed while the file was made, SQLite then takes the journal
          // of an empty file away, and a power loss brought back what had been written before.
          isOver = true
          return .refused
        }
        guard let error = failure as? CheckpointError, operation.refusals.contains(error.code)
        else { throw SimulationFailure("\(operation.name) failed without a fault: \(failure)") }
      }
    } else {
      guard !operation.mustFail else {
        throw SimulationFailure("\(operation.name) succeeded, and had to be refused")
      }
      possible = [operation.after]
      if operation.commits { places[operation.place].unreported = [] }
    }
    if isDown { try await restart() }
    if failure == nil, !isDown, chance(25) {
      // What was reported must stay, whatever happens next.
      try await end(isPowerLoss: true, operation.place, possible)
    } else {
      try await compare(operation.place, possible)
    }
    if isDown { try await compareOthers(operation.place) }
    return failure == nil ? .done : hadFault ? .unknown : .refused
  }

  /// A fault must be told in the store's words, and not as damage that is not there.
  private func check(_ failure: any Error, of operation: Operation) throws {
    guard let error = failure as? CheckpointError else {
      throw SimulationFailure("\(operation.name) ended in an error of another kind: \(failure)")
    }
    guard ![.damaged, .otherValue, .lostPart].contains(error.code) else {
      throw SimulationFailure("\(operation.name) takes a fault for damage: \(error)")
    }
  }

  // MARK: - Opening and comparing

  /// The store, by one of its connections, opened where it is not open.
  func open(_ place: Int, _ connection: Int) throws -> CheckpointStore {
    if let store = places[place].connections[connection] { return store }
    let store = try makePlaceholder(places[place].path) {
      try CheckpointStore(path: places[place].path)
    }
    places[place].connections[connection] = store
    return store
  }

  /// Code that asks the system whether the file is there finds an empty one.
  func makePlaceholder<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
    if !FileManager.default.fileExists(atPath: path) {
      try Data().write(to: URL(filePath: path))
    }
    return try body()
  }

  private func close() {
    for place in places.indices { places[place].connections = [nil, nil] }
  }

  /// The process ended: a new one opens the stores, which may meet a fault again.
  func restart() async throws {
    restartCount += 1
    close()
    simulated_disk_restart()
    while chance(15) {
      SimulatedDisk.arm(.random(&random))
      for place in places where place.isMade {
        // The faults are what is tried here; what they leave is compared afterwards.
        _ = try? CheckpointStore(path: place.path).observedState()
      }
      let wasDown = SimulatedDisk.isDown
      _ = SimulatedDisk.disarm()
      if wasDown { simulated_disk_restart() }
      counts.operations += 1
    }
  }

  /// Ends the process, or the power, between two operations.
  private func end(
    isPowerLoss: Bool, _ place: Int, _ possible: [PossibleStore]? = nil
  ) async throws {
    note(isPowerLoss ? "power loss" : "crash")
    simulated_disk_stop(isPowerLoss ? 1 : 0)
    try await restart()
    try await compare(
      place,
      (possible ?? [StoreModel.exactly(places[place].state)]) + places[place].unreported)
    try await compareOthers(place)
    if isPowerLoss { for place in places.indices { places[place].unreported = [] } }
  }

  func compareOthers(_ place: Int) async throws {
    for other in places.indices where other != place {
      try await compare(
        other, [StoreModel.exactly(places[other].state)] + places[other].unreported)
    }
  }

  /// Reads a store whole, and takes what is there for the model's state where that may be.
  func compare(_ place: Int, _ possible: [PossibleStore]) async throws {
    guard places[place].isMade else { return }
    counts.comparisons += 1
    let store = try reader(of: place)
    let found: StoreState
    do {
      found = try store.observedState()
    } catch {
      throw SimulationFailure("\(places[place].path.suffix(4)) cannot be read: \(error)")
    }
    if let difference = StoreModel.difference(possible, from: found) {
      throw SimulationFailure("in \(places[place].path.suffix(4)) \(difference)")
    }
    places[place].state = found
    guard chance(30) else { return }
    for name in found.keys.sorted() {
      let report = try store.verify(name)
      guard report.isIntact else {
        throw SimulationFailure(
          "checkpoint \"\(name)\" is damaged: \(report.damages) \(report.flaws)")
      }
      if chance(30) { try await regenerate(name, of: store) }
    }
  }

  /// Makes the values of a checkpoint again: each must be the one that its own declaration makes.
  private func regenerate(_ name: String, of store: CheckpointStore) async throws {
    var digests = NameTable<ValueDigest>()
    for variable in try store.variables(in: name) where !variable.isAssigned {
      digests[variable.name] = variable.aliasOf == nil ? variable.valueDigest : nil
    }
    let mismatches = try await store.regeneration(of: name, configuration: .simulated)
      .mismatches(with: digests)
    if let first = mismatches.first {
      throw SimulationFailure(
        "\"\(first.name)\" of \"\(name)\" is not the value that its declaration makes")
    }
  }

  /// One of the connections, or a new one that only reads.
  private func reader(of place: Int) throws -> CheckpointStore {
    do {
      if chance(40),
        let known = places[place].connections.compactMap(\.self).randomElement(using: &random)
      {
        return known
      }
      guard chance(40) else { return try open(place, 0) }
      return try makePlaceholder(places[place].path) {
        try CheckpointStore(path: places[place].path, for: .read)
      }
    } catch {
      throw SimulationFailure("the store cannot be opened: \(error)")
    }
  }

  // MARK: - Reading

  /// Reads everything while calls fail: each value is the model's, or there is an error.
  private func readWithFaults(_ place: Int) async throws {
    guard places[place].isMade else { return }
    counts.operations += 1
    let fault = SimulatedDisk.Fault.random(&random)
    note("\(places[place].path.suffix(4)): read, \(fault)")
    SimulatedDisk.arm(fault)
    var found: StoreState?
    do {
      let isNew = chance(50)
      let store =
        try isNew
        ? CheckpointStore(path: places[place].path, for: .read) : open(place, 1)
      found = try store.observedState()
    } catch let error as CheckpointError {
      note("  \(error)")
    } catch {
      throw SimulationFailure("reading ended in an error of another kind: \(error)")
    }
    let isDown = SimulatedDisk.isDown
    _ = SimulatedDisk.disarm()
    if let found, found != places[place].state {
      throw SimulationFailure("reading with failing calls gave other values, without an error")
    }
    if isDown {
      try await restart()
      try await compareOthers(place)
    }
    try await compare(
      place, [StoreModel.exactly(places[place].state)] + (isDown ? places[place].unreported : []))
  }
}
