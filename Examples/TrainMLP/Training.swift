import Foundation
import Nascent

/// Trains the network by gradient descent with momentum, and saves by step.
///
/// A run goes on from the last step that its store has. Where it was killed does not matter: every step
/// does what it would have done in an uninterrupted run.
struct Training {
  var stepCount = 600
  var saveInterval = 50
  var hiddenCount = 16
  /// A step at which the process kills itself, as a failing machine would.
  var killedAt: Int?

  /// The wider the network, the more weights change a score, and the less each may change.
  private var learningRate: Float { 0.8 / Float(hiddenCount) }
  private static let momentum: Float = 0.9
  private static let batchSize = 16

  /// Trains to the last step.
  ///
  /// - Returns: The checkpoint of the last step.
  func run(storePath: String) async throws -> SavedCheckpoint {
    let store = try CheckpointStore(path: storePath)
    let network = Network(hiddenCount: hiddenCount)
    let runtime = Runtime(graph: try network.graph(seed: 1), store: store)
    let data = try IrisData()
    let batches = Batches(flowers: data.training, size: Self.batchSize)

    var start = 0
    if try !store.savedCheckpoints().isEmpty {
      let resumed = try await runtime.restore(step: .latest)
      start = resumed.step
      write("resumed at step \(resumed.step), metrics \(resumed.metrics)")
      if start >= stepCount { return resumed }
    }
    for step in start + 1...stepCount {
      if step == killedAt { kill(getpid(), SIGKILL) }
      let weights = try await weights(of: runtime)
      let (loss, gradient) = network.lossAndGradient(batches.batch(at: step), weights)
      try await descend(gradient, runtime)
      guard step.isMultiple(of: saveInterval), step < stepCount else { continue }
      let accuracy = network.accuracy(data.test, try await self.weights(of: runtime))
      write("step \(step): loss \(loss), accuracy \(accuracy)")
      // The loop goes on while this is written. Should it fail, the next save says so.
      _ = try await store.saveInBackground(
        runtime, step: step, metrics: ["loss": Double(loss), "accuracy": accuracy],
        metadata: metadata, retention: [.last(3), .best(by: .highest("accuracy"))])
    }
    let accuracy = network.accuracy(data.test, try await weights(of: runtime))
    return try await store.save(
      runtime, step: stepCount, metrics: ["accuracy": accuracy], metadata: metadata,
      retention: [.last(3), .best(by: .highest("accuracy"))])
  }

  private var metadata: JSONValue {
    [
      "optimizer": "sgd", "learning_rate": .double(Double(learningRate)),
      "batch_size": .integer(Int64(Self.batchSize)), "hidden": .integer(Int64(hiddenCount)),
    ]
  }

  private func weights(of runtime: Runtime) async throws -> Network.Parameters {
    var weights = Network.Parameters(
      hiddenKernel: [], hiddenBias: [], outputKernel: [], outputBias: [])
    for (name, path) in Network.Parameters.names {
      weights[keyPath: path] = try await runtime.value(of: name).array(of: Float.self)
    }
    return weights
  }

  private func descend(_ gradient: Network.Parameters, _ runtime: Runtime) async throws {
    let rate = learningRate
    for (name, path) in Network.Parameters.names {
      let gradient = gradient[keyPath: path]
      let change = try await runtime.update("momentum/\(name)", as: Float.self) { values in
        for index in values.indices {
          values[index] = Self.momentum * values[index] + gradient[index]
        }
        return values.indices.map { values[$0] }
      }
      try await runtime.update(name, as: Float.self) { values in
        for index in values.indices { values[index] -= rate * change[index] }
      }
    }
  }
}

/// Writes a line at once: what is buffered is lost with a killed process.
func write(_ line: String) {
  FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
