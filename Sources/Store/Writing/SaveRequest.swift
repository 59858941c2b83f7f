internal import Foundation
package import VariableGraph

/// What a checkpoint of training is to be called and what is said about it; checked.
package struct SaveRequest: Sendable {
  /// The name in the store.
  package let name: String
  /// The training step, 0 or more.
  package let step: Int
  /// Canonical JSON.
  let metadata: String
  /// Measurements at this step, by name.
  let metrics: [String: Double]
  /// True where a checkpoint of the same name is replaced.
  let replacesExisting: Bool
  /// Which saved checkpoints stay.
  let retention: RetentionPolicy

  /// A request, with the name `step-100` unless said otherwise.
  ///
  /// - Throws: `CheckpointError` with the codes `invalidStep`, `unsuitableRetention`; an error where the
  ///   metadata nest too deep to be read again.
  package init(
    name: String?, step: Int, metadata: JSONValue, metrics: [String: Double],
    replacesExisting: Bool, retention: RetentionPolicy
  ) throws {
    guard step >= 0 else { throw CheckpointError.invalidStep(step) }
    try retention.validate()
    self.name = name ?? "step-\(step)"
    self.step = step
    self.metadata = metadata.canonicalText
    _ = try JSONValue(parsing: Data(self.metadata.utf8))
    self.metrics = metrics
    self.replacesExisting = replacesExisting
    self.retention = retention
  }
}
