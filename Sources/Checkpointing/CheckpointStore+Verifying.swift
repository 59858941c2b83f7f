internal import Foundation
internal import Tensors

/// What a verification found.
public struct VerificationReport: Sendable {
  /// The names of variables whose bytes have their digests.
  public internal(set) var verified: [String] = []
  /// The names of variables that have no stored bytes.
  public internal(set) var unmaterialized: [String] = []
  /// Every damaged place.
  public internal(set) var damages: [Damage] = []
  /// True where nothing is damaged.
  public var isIntact: Bool { damages.isEmpty }
}

extension CheckpointStore {
  /// Hashes the stored bytes of every variable, chunk by chunk and as a whole.
  ///
  /// - Parameter isIncluded: Which variables; all unless said otherwise.
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`, and errors of reading; damage is reported,
  ///   not thrown.
  public func verify(
    _ checkpoint: String = "initial", where isIncluded: (StoredVariable) -> Bool = { _ in true }
  ) throws -> VerificationReport {
    var report = VerificationReport()
    for variable in try variables(in: checkpoint)
    where variable.aliasOf == nil && isIncluded(variable) {
      guard let expected = variable.digest, variable.isMaterialized else {
        report.unmaterialized.append(variable.name)
        continue
      }
      let before = report.damages.count
      var builder = DigestBuilder()
      try readChunks(of: variable, covering: 0..<variable.byteCount) { damage in
        report.damages.append(damage)
      } body: { _, data in
        builder.append(data)
      }
      if report.damages.count == before, builder.finish() != expected {
        report.damages.append(
          Damage(
            variable: variable.name, chunk: nil, expected: expected, found: builder.finish()))
      }
      if report.damages.count == before { report.verified.append(variable.name) }
    }
    return report
  }
}
