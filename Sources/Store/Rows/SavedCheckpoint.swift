internal import Foundation
internal import GRDB
internal import StoreAccess
public import Tensors
public import VariableGraph

/// A checkpoint of training: the values of all variables at a step, and what was said of them.
public struct SavedCheckpoint: Sendable, Hashable {
  /// The name in the store.
  public let name: String
  /// The training step, 0 or more.
  public let step: Int
  /// What the program that saved it said about it, any JSON.
  public let metadata: JSONValue
  /// Measurements at this step, by name.
  public let metrics: [String: Double]
  /// The digest of all values; `nil` where a later run declared a variable that has no value yet.
  public let contentDigest: Digest?
  /// When it was saved, in UTC.
  public let createdAt: String
  /// The key of its row.
  let id: Int64
}

/// Which of a store's saved checkpoints.
public enum StepSelection: Sendable, Hashable, CustomStringConvertible {
  /// The highest step.
  case latest
  /// This step.
  case exactly(Int)
  /// The best by a metric; of equal ones the latest.
  case best(MetricCriterion)

  /// As people say it.
  public var description: String {
    switch self {
    case .latest: "latest step"
    case .exactly(let step): "step \(step)"
    case .best(let criterion): "step of \(criterion)"
    }
  }

  /// The checkpoint that is meant, among those of a store, which are in the order of their steps.
  func choose(from checkpoints: [SavedCheckpoint]) -> SavedCheckpoint? {
    switch self {
    case .latest: checkpoints.last
    case .exactly(let step): checkpoints.last { $0.step == step }
    case .best(let criterion): criterion.ranked(checkpoints).first
    }
  }
}

extension CheckpointStore {
  /// The checkpoints that were saved with a step, in the order of their steps.
  ///
  /// - Throws: `CheckpointError.Code.damaged` where the row of one, or one of its metrics, is not what was
  ///   written.
  public func savedCheckpoints() throws -> [SavedCheckpoint] {
    try read { db in
      try checkStructure(.declarations, db)
      return try db.provenSavedCheckpoints(path: path)
    }
  }

  /// The same as they are recorded, for those who show damage.
  package func recordedSavedCheckpoints() throws -> [SavedCheckpoint] {
    try read { try $0.savedCheckpoints(path: path) }
  }

  /// One of the checkpoints that were saved with a step.
  ///
  /// - Throws: `CheckpointError.Code.unknownStep`.
  public func savedCheckpoint(at selection: StepSelection) throws -> SavedCheckpoint {
    let all = try savedCheckpoints()
    guard let found = selection.choose(from: all) else {
      throw CheckpointError.unknownStep(selection, known: all.map(\.step))
    }
    return found
  }
}

extension Database {
  /// The checkpoints that were saved with a step, in the order of their steps, as they were written: what is
  /// decided by steps and metrics is decided by these.
  ///
  /// - Throws: `CheckpointError.Code.damaged`.
  func provenSavedCheckpoints(path: String) throws -> [SavedCheckpoint] {
    // One whose step is gone would be missed.
    try checkCheckpoints(path: path)
    return try savedCheckpoints(path: path)
  }

  /// The checkpoints that were saved with a step, in the order of their steps.
  func savedCheckpoints(path: String) throws -> [SavedCheckpoint] {
    var metrics: [Int64: [String: Double]] = [:]
    try statement(.metrics).withRows([]) { row in
      // SQLite has no value for what is not a number but null.
      metrics[row.integer(0), default: [:]][row.text(1)] = row.optionalReal(2) ?? Double.nan
    }
    return try statement(.savedCheckpoints).map { row in
      guard let metadata = try? JSONValue(parsing: Data(row.text(3).utf8)) else {
        throw CheckpointError.notAStore(
          path, because: "column metadata of a checkpoint is malformed")
      }
      let id = row.integer(0)
      return SavedCheckpoint(
        name: row.text(1), step: Int(row.integer(2)), metadata: metadata,
        metrics: metrics[id] ?? [:], contentDigest: Digest(bytes: row.bytes(4)),
        createdAt: row.text(5), id: id)
    }
  }
}
