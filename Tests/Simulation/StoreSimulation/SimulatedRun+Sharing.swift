import CSimulatedDisk
import Foundation
import Nascent
import TestSupport

extension SimulatedRun {
  // MARK: - Shards

  /// Two stores of shards are made, and merged into a store.
  func merge(_ place: Int) async throws {
    let name = chance(60) ? "merged" : "initial"
    let choice =
      graphs["\(place)/\(name)"].flatMap { chance(70) ? $0 : nil } ?? SimulatedGraph.random(&random)
    guard !choice.variableNames.isEmpty else { return }
    let graph = try choice.graph()
    let digests = try await expected.digests(of: choice)
    var paths: [String] = []
    for index in 0..<2 {
      let path = folder.path("shard-\(shardCount).db")
      shardCount += 1
      try makePlaceholder(path) {}
      let store = try CheckpointStore(path: path)
      _ = try await Runtime(
        graph: graph, store: store, checkpoint: name, configuration: .simulated
      ).materialize(share: Share(index: index, of: 2))
      paths.append(path)
    }
    defer {
      for path in paths { try? FileManager.default.removeItem(atPath: path) }
    }
    let isWhole = chance(75)
    let parts = isWhole ? paths : [paths[0]]
    graphs["\(place)/\(name)"] = choice
    let old = places[place].state[name]
    var done = PossibleCheckpoint(old ?? ModelCheckpoint())
    var begun = done
    for (variable, digest) in digests {
      let value = old?.values[variable]
      if let value, value.isIrreplaceable { continue }
      begun.values[variable] = [value, .declared, .made(digest)]
      done.values[variable] = isWhole ? [.made(digest)] : begun.values[variable]
    }
    if choice.isTied {
      begun.values[SimulatedGraph.alias] = [.alias("a"), old?.values[SimulatedGraph.alias]]
      done.values[SimulatedGraph.alias] = [.alias("a")]
    }
    // Part after part is declared and copied.
    begun.values = begun.values.mapValues { old == nil ? $0.union([nil]) : $0 }
    var after = StoreModel.exactly(places[place].state)
    var between = after
    after[name] = done
    between[name] = begun
    try await perform(
      Operation(
        name: "merge \(parts.count) shards of \(choice) into \(name)", place: place, after: after,
        between: [between],
        refusals: old == nil ? [] : [.otherGraph, .overlap, .mixedParts],
        refused: nil
      ) { store in
        let report = try await store.merge(parts, checkpoint: name)
        guard isWhole == report.missing.isEmpty || !isWhole else {
          throw SimulationFailure("a merge of all shards misses \(report.missing)")
        }
      })
  }

  // MARK: - Two writers

  /// A run is begun by one connection; another does something else; then the values of the first come.
  func interleave(_ place: Int) async throws {
    counts.operations += 1
    let name = chance(50) ? "initial" : "other"
    let choice = graphs["\(place)/\(name)"] ?? SimulatedGraph.random(&random)
    graphs["\(place)/\(name)"] = choice
    guard !(places[place].state[name]?.hasIrreplaceable ?? false) else { return }
    let graph = try choice.graph()
    let digests = try await expected.digests(of: choice)
    note("\(places[place].path.suffix(4)): begin \(choice) in \(name)")
    let first = try CheckpointStore(path: places[place].path)
    places[place].isMade = true
    let session = try await first.begin(graph, checkpoint: name, toolVersion: "simulation")
    let (begun, _) = possible(
      choice, digests, on: places[place].state[name],
      selected: Set(choice.variableNames), policy: .skip, isRecipe: false)
    var after = StoreModel.exactly(places[place].state)
    after[name] = begun
    try await compare(place, [after])

    let restarts = restartCount
    var outcome = Outcome.refused
    if chance(75) {
      switch Int.random(in: 0..<4, using: &random) {
      case 0: outcome = try await perform(saving(place))
      case 1: outcome = try await perform(removing(place))
      default: outcome = try await perform(materializing(place))
      }
    }
    let isSame = outcome == .refused
    let fault = chance(40) ? SimulatedDisk.Fault.random(&random) : nil
    note("  values of \(choice)" + (fault.map { ", \($0)" } ?? ""))
    let units = try await units(of: session.parts, graph)
    var failure: (any Error)?
    if let fault { SimulatedDisk.arm(fault) }
    do {
      for unit in units { _ = try await session.write([unit]) }
      _ = try await session.finish(verified: 0, failed: 0)
    } catch {
      failure = error
      await session.abandon()
    }
    let hadFault = SimulatedDisk.disarm()
    note("  \(failure.map { "\($0)" } ?? "finished")")
    let wasRestarted = restartCount > restarts
    if failure != nil, !hadFault, isSame, !wasRestarted {
      throw SimulationFailure(
        "values of a run were refused without a reason: \(failure.map { "\($0)" } ?? "")")
    }
    var world = StoreModel.exactly(places[place].state)
    for part in session.parts {
      let variable = part.variable.name
      guard let digest = digests[variable], let now = places[place].state[name]?.values[variable]
      else { continue }
      // Another run may have declared the variable anew: then its value is not this run's.
      let mayBeMade =
        outcome != .done
        || graphs["\(place)/\(name)"]?.key(of: variable) == choice.key(of: variable)
      if now == .declared || now == .recipe(digest), mayBeMade {
        world[name]?.values[variable] = [now, .made(digest)]
      }
      if failure == nil, isSame, !wasRestarted { world[name]?.values[variable] = [.made(digest)] }
    }
    var possible = [world]
    if failure == nil {
      places[place].unreported = []
    } else if hadFault {
      possible += places[place].unreported
      places[place].unreported = possible
    }
    if SimulatedDisk.isDown {
      try await restart()
      try await compareOthers(place)
    }
    try await compare(place, possible)
  }

  /// Values as a pipeline hands them to the store.
  private func units(of parts: [VariablePart], _ graph: VariableGraph) async throws -> [FilledUnit]
  {
    let runtime = Runtime(graph: graph, configuration: .simulated)
    var units: [FilledUnit] = []
    for part in parts where part.isWhole {
      let tensor = try await runtime.value(of: part.variable.name)
      units.append(
        contentsOf: tensor.withBytes { bytes in
          var digest = DigestBuilder()
          var moments = Moments()
          var chunks: [FilledChunk] = []
          for number in 0..<Chunking.count(ofBytes: bytes.byteCount) {
            let range = Chunking.range(ofChunk: number, in: bytes.byteCount)
            let chunk = bytes.extracting(range)
            moments.merge(Moments(of: chunk, as: tensor.scalarType.measurable))
            chunks.append(
              FilledChunk(
                variable: part.variable.name, number: number, storage: tensor.storage, range: range,
                digest: digest.append(digesting: chunk)))
          }
          let filled = FilledVariable(
            of: part.variable, digest: digest.finish(), moments: moments,
            preview: Tensor.preview(of: bytes, as: tensor.scalarType))
          return chunks.enumerated().map { number, chunk in
            FilledUnit(chunks: [chunk], finished: number == chunks.count - 1 ? [filled] : [])
          }
        })
    }
    return units
  }

  // MARK: - Flipped bits

  /// Turns a bit of the file round: every value that can be read is the model's still, and what verification
  /// calls intact is.
  func flip(_ place: Int) async throws {
    guard places[place].isMade, !places[place].state.isEmpty else { return }
    counts.operations += 1
    let path = places[place].path
    let bit = simulated_disk_flip(path, -1)
    guard bit >= 0 else { return }
    note("\(path.suffix(4)): bit \(bit) flipped")
    // What a connection remembers of the file is not what is tried here.
    places[place].connections = [nil, nil]
    let state = places[place].state
    var isFound = false
    do {
      let store = try CheckpointStore(path: path, for: .read)
      for name in state.keys.sorted() {
        if let damage = try damage(of: name, in: store, state) {
          note("  found in \(name): \(damage.prefix(200))")
          isFound = true
        }
      }
      if isFound, chance(60) { try await useDamaged(place) }
    } catch let error as CheckpointError {
      note("  found: \(error.message.prefix(200))")
      isFound = true
    } catch let error as GraphError {
      // What makes values anew cannot be had of damaged declarations.
      note("  found: \(error.message.prefix(200))")
    } catch let error as InitializerError {
      note("  found: \(error.message.prefix(200))")
    }
    if isFound { counts.foundFlips += 1 }
    if isOver { return }
    _ = simulated_disk_flip(path, bit)
    try await compare(place, [StoreModel.exactly(state)])
  }

  /// What is said of a damaged checkpoint; `nil` where all of it is as it was.
  private func damage(
    of name: String, in store: CheckpointStore, _ state: StoreState
  ) throws -> String? {
    let known = state[name]?.values ?? [:]
    var found: CheckpointError?
    // Each value by itself, as a program would read it.
    for (variable, value) in known.sorted(by: { $0.key < $1.key }) {
      guard let digest = value.storedDigest else { continue }
      do {
        let read = try store.tensor(named: variable, in: name).digest()
        guard read == digest else {
          throw SimulationFailure("a flipped bit gives \"\(variable)\" of \(name) another value")
        }
      } catch let error as CheckpointError {
        found = error
      }
    }
    let report: VerificationReport
    do {
      report = try store.verify(name)
    } catch let error as CheckpointError {
      return error.message
    }
    if report.isIntact {
      let all = try store.observedCheckpoint(named: name).values
      guard all == known else {
        let possible = PossibleCheckpoint(ModelCheckpoint(values: known))
        let difference = possible.difference(from: ModelCheckpoint(values: all)) ?? ""
        throw SimulationFailure("\(name) is verified, and is not what it was: \(difference)")
      }
      if let found {
        throw SimulationFailure("\(name) is verified, and cannot be read: \(found)")
      }
      return nil
    }
    return found?.message ?? report.damages.first.map { "\($0)" } ?? report.flaws.first ?? ""
  }

  /// Repairs a damaged store, or merges it: it is whole again afterwards, or still said to be damaged.
  private func useDamaged(_ place: Int) async throws {
    let path = places[place].path
    let state = places[place].state
    guard let name = state.keys.sorted().randomElement(using: &random) else { return }
    let isRepair = chance(60)
    // Whatever this does, the file is not what it was with one bit turned round.
    isOver = true
    if isRepair {
      note("  repair \(name)")
      let store = try CheckpointStore(path: path)
      let report = try await store.repair(
        name, with: store.regeneration(of: name, configuration: .simulated))
      note(
        "  repaired \(report.repaired.map(\.name)), lost \(report.lost.map(\.name)) \(report.lost.map(\.reason))"
      )
      guard report.isIntact else { return }
      if let damage = try damage(of: name, in: store, state) {
        throw SimulationFailure("a repair says that all is well, and it is not: \(damage)")
      }
    } else {
      note("  merge \(name) into a new store")
      let target = folder.path("shard-\(shardCount).db")
      shardCount += 1
      try makePlaceholder(target) {}
      let store = try CheckpointStore(path: target)
      let report = try await store.merge([path], checkpoint: name)
      var merged = try store.observedCheckpoint(named: name).values
      let known = state[name]?.values ?? [:]
      // A value that is said to be missing is not lied about.
      for missing in report.missing where merged[missing.name] == .declared {
        merged[missing.name] = known[missing.name]
      }
      guard merged == known else {
        let possible = PossibleCheckpoint(ModelCheckpoint(values: known))
        let difference = possible.difference(from: ModelCheckpoint(values: merged)) ?? ""
        throw SimulationFailure("a merge made a damaged store a sound one, where \(difference)")
      }
    }
  }
}
