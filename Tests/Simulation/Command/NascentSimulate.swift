import Foundation
import StoreSimulation

/// `make simulate`: simulated runs from seed after seed, on all cores, and what they found.
@main
struct NascentSimulate {
  private var seconds = 60.0
  private var runs = Int.max
  private var first: UInt64 = 1
  private var single: UInt64?
  private var worker: (index: Int, count: Int)?

  static func main() async throws {
    let command = try NascentSimulate(CommandLine.arguments.dropFirst())
    if let seed = command.single {
      try await replay(seed)
    } else if let worker = command.worker {
      try await command.work(worker.index, of: worker.count)
    } else {
      try command.lead()
    }
  }

  private init(_ arguments: ArraySlice<String>) throws {
    var rest = arguments
    while let option = rest.popFirst() {
      guard let text = rest.popFirst() else { Self.fail("\(option) needs a value") }
      switch option {
      case "--seconds": seconds = try Self.number(text)
      case "--runs": runs = try Self.number(text)
      case "--first": first = try Self.number(text)
      case "--seed": single = try Self.number(text)
      case "--worker":
        let numbers = text.split(separator: "/").compactMap { Int($0) }
        guard numbers.count == 2 else { Self.fail("\(text) is no worker") }
        worker = (numbers[0], numbers[1])
      default:
        Self.fail(
          "\(option) is unknown; there are --seconds N, --runs N, --first SEED and --seed SEED")
      }
    }
  }

  private static func number<Number: LosslessStringConvertible>(_ text: String) throws -> Number {
    guard let number = Number(text) else { fail("\(text) is no number") }
    return number
  }

  private static func fail(_ message: String) -> Never {
    FileHandle.standardError.write(Data("simulate: \(message)\n".utf8))
    exit(64)
  }

  /// Does one run twice, tells what it does, and compares the two.
  private static func replay(_ seed: UInt64) async throws {
    var simulation = try StoreSimulation()
    _ = await simulation.run(seed: seed)
    let trace = simulation.trace
    let violation = await simulation.run(seed: seed, isTold: true)
    let isSame = trace == simulation.trace
    print("calls \(String(trace, radix: 16)), \(isSame ? "the same" : "OTHERS") in a second run")
    guard let violation else { return print("nothing lost, nothing wrong") }
    print("VIOLATION: \(violation.reason)")
    exit(1)
  }

  /// Every `count`-th seed, until time or runs are over; the counts on standard output as JSON.
  private func work(_ index: Int, of count: Int) async throws {
    var simulation = try StoreSimulation(core: index)
    let end = ContinuousClock.now + .seconds(seconds)
    var seed = first + UInt64(index)
    for _ in 0..<runs {
      guard ContinuousClock.now < end else { break }
      if let violation = await simulation.run(seed: seed) {
        FileHandle.standardError.write(
          Data("VIOLATION \(violation)\n  replay it: make simulate SEED=\(seed)\n".utf8))
      }
      seed += UInt64(count)
    }
    FileHandle.standardOutput.write(try JSONEncoder().encode(simulation.counts))
  }

  /// A process for each core.
  private func lead() throws {
    let count = ProcessInfo.processInfo.activeProcessorCount
    let start = ContinuousClock.now
    print("seeds from \(first) on, in \(count) processes")
    let workers = try (0..<count).map { index in
      let process = Process()
      process.executableURL = Bundle.main.executableURL
      let share = runs == Int.max ? runs : (runs + count - 1 - index) / count
      process.arguments = [
        "--worker", "\(index)/\(count)", "--first", "\(first)", "--seconds", "\(seconds)", "--runs",
        "\(share)",
      ]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      return (process, pipe)
    }
    var counts = SimulationCounts()
    for (process, pipe) in workers {
      let output = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        Self.fail("a process ended with status \(process.terminationStatus)")
      }
      counts += try JSONDecoder().decode(SimulationCounts.self, from: output)
    }
    let elapsed = ContinuousClock.now - start
    print(counts.text(seconds: elapsed / .seconds(1)))
    if counts.violations > 0 { exit(1) }
  }
}
