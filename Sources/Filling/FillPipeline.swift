internal import TensorMemory
package import VariableGraph

/// Fills many parts of variables in parallel and hands them to one writer, with a bound on the bytes in flight.
///
/// One task steers; fills and hashes run in child tasks, at most `jobCount` at once; one more child
/// writes. Work is begun in order, so the lowest unit always has its memory and nothing can wait for
/// itself. Bytes do not depend on any of this.
package struct FillPipeline: Sendable {
  private let graph: VariableGraph
  private let parts: [VariablePart]
  private let configuration: RuntimeConfiguration
  private let evaluation: Evaluation
  private let write: @Sendable ([FilledUnit]) async throws -> Void

  /// A run over parts of variables.
  ///
  /// - Parameter write: Stores units; called by one task at a time.
  package init(
    graph: VariableGraph, parts: [VariablePart], configuration: RuntimeConfiguration,
    evaluation: Evaluation, write: @escaping @Sendable ([FilledUnit]) async throws -> Void
  ) {
    self.graph = graph
    self.parts = parts
    self.configuration = configuration
    self.evaluation = evaluation
    self.write = write
  }

  private enum Event: Sendable {
    case filled(UnitFiller.Filling)
    case hashed(variable: Int, ChunkChain.Link)
    case written([FilledUnit])
  }

  /// Runs to the end, or until a task fails or is cancelled.
  package func run() async throws {
    try await withThrowingTaskGroup(of: Event.self) { group in
      var steering = Steering(pipeline: self)
      while true {
        steering.startTasks(in: &group)
        guard let event = try await group.next() else { break }
        try Task.checkCancellation()
        steering.handle(event)
      }
    }
  }

  /// The state of a run, which only the steering task touches.
  private struct Steering {
    let pipeline: FillPipeline
    let filler: UnitFiller
    var units: WorkUnits
    /// How much is handed to the writer at once: 8 MiB, or a quarter of a smaller memory bound.
    let batchByteCount: Int
    /// A quarter of the memory bound is left for what the writer copies.
    let inFlightByteCount: Int
    var running = 0
    var bytesInFlight = 0
    var isWriting = false
    var ready: [FilledUnit] = []
    var readyByteCount = 0
    var lastWrite = ContinuousClock.now
    var chains: [Int: ChunkChain] = [:]

    init(pipeline: FillPipeline) {
      self.pipeline = pipeline
      filler = UnitFiller(
        graph: pipeline.graph, parts: pipeline.parts, evaluation: pipeline.evaluation)
      units = WorkUnits(of: pipeline.parts)
      batchByteCount = min(8 << 20, pipeline.configuration.memoryByteCount / 4)
      inFlightByteCount = pipeline.configuration.memoryByteCount / 4 * 3
    }

    mutating func startTasks(in group: inout ThrowingTaskGroup<Event, any Error>) {
      startHashes(in: &group)
      startFills(in: &group)
      startWrite(in: &group)
    }

    private mutating func startHashes(in group: inout ThrowingTaskGroup<Event, any Error>) {
      for variable in chains.keys.sorted() where running < pipeline.configuration.jobCount {
        guard var link = chains[variable]?.takeReady() else { continue }
        running += 1
        group.addTask {
          link.hash()
          return .hashed(variable: variable, link)
        }
      }
    }

    private mutating func startFills(in group: inout ThrowingTaskGroup<Event, any Error>) {
      while running < pipeline.configuration.jobCount, let unit = units.next {
        let byteCount = unit.byteCount(in: pipeline.parts)
        let isRoom = bytesInFlight <= inFlightByteCount - byteCount
        guard bytesInFlight == 0 || isRoom else { break }
        units.advance()
        running += 1
        bytesInFlight += byteCount
        let filler = filler
        group.addTask { .filled(try await filler.fill(unit)) }
      }
    }

    private mutating func startWrite(in group: inout ThrowingTaskGroup<Event, any Error>) {
      let isLast = units.next == nil && running == 0
      let isStuck = running == 0
      let isDue = ContinuousClock.now - lastWrite > .seconds(1)
      guard !isWriting, !ready.isEmpty,
        readyByteCount >= batchByteCount || isLast || isStuck || isDue
      else { return }
      isWriting = true
      let batch = ready
      ready = []
      readyByteCount = 0
      let write = pipeline.write
      group.addTask {
        try await write(batch)
        return .written(batch)
      }
    }

    mutating func handle(_ event: Event) {
      switch event {
      case .filled(let filling):
        running -= 1
        switch filling {
        case .complete(let unit): emit([unit])
        case .parts(let variable, let parts):
          var chain = chains[variable] ?? ChunkChain(of: pipeline.parts[variable])
          for part in parts { chain.add(part) }
          chains[variable] = chain
        }
      case .hashed(let variable, let link):
        running -= 1
        guard var chain = chains.removeValue(forKey: variable) else {
          preconditionFailure("a hash belongs to a chain")
        }
        emit(chain.put(link))
        if !chain.isDone { chains[variable] = chain }
      case .written(let batch):
        isWriting = false
        lastWrite = .now
        bytesInFlight -= batch.reduce(0) { $0 + Self.memory(of: $1) }
      }
    }

    private mutating func emit(_ units: [FilledUnit]) {
      for unit in units {
        ready.append(unit)
        readyByteCount += Self.memory(of: unit)
      }
    }

    /// The memory that a unit keeps: the batch's buffer, or its share of a large variable.
    private static func memory(of unit: FilledUnit) -> Int {
      if unit.finished.count > 1 || unit.chunks.count > 1 {
        return unit.chunks.first?.storage.byteCount ?? 0
      }
      return unit.chunks.first.map { WorkUnit.aligned($0.range.count) } ?? 0
    }
  }
}
