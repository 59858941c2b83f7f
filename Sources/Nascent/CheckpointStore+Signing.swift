public import Store
public import Signing
internal import VariableGraph
public import Initializers

/// What a signature's check against a store found.
public struct CheckpointSignatureReport: Sendable {
  /// How the checkpoint differs from the one that was signed; empty where it is the same.
  public let problems: [SignatureProblem]
  /// The names of the variables whose stored bytes were hashed and have their digests.
  public let verified: [String]
  /// The names of those of which only digests are stored, which the signature covers.
  public let withoutBytes: [String]
}

extension CheckpointStore {
  /// States what a checkpoint is, for a key to sign; every stored byte is hashed first.
  ///
  /// The statement is about declarations and values: it is the same for a store of another page size,
  /// after a `VACUUM`, and for one that has the digests only.
  ///
  /// - Throws: `SigningError.Code.unsuitableCheckpoint` where a value is missing or damaged;
  ///   `CheckpointError.Code.unknownCheckpoint`; as `graph(of:)`.
  public func signedStatement(
    of checkpoint: String = "initial", registry: InitializerRegistry = .standard
  ) throws -> SignedStatement {
    let report = try verify(checkpoint)
    let damages = report.flaws + report.damages.map(\.description)
    if let first = damages.first {
      throw SigningError.damaged(checkpoint, first, count: damages.count)
    }
    switch try signedCheckpoint(checkpoint, registry) {
    case .success(let found): return SignedStatement(of: found)
    case .failure(let incomplete):
      throw SigningError.incomplete(checkpoint, missing: incomplete.names)
    }
  }

  /// Compares a checkpoint with one that was signed; every stored byte is hashed, and the fingerprint and
  /// the content digest are computed again, whatever the store says that they are.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`; as `graph(of:)`.
  public func signatureReport(
    of checkpoint: String = "initial", against signed: SignedCheckpoint,
    registry: InitializerRegistry = .standard
  ) throws -> CheckpointSignatureReport {
    let report = try verify(checkpoint)
    var problems = report.damages.map { damage in
      SignatureProblem(.damaged, damage.variable, "damaged: \(damage)")
    }
    // Rows that do not have the store's own fingerprints and digests are not looked at further.
    guard report.flaws.isEmpty else {
      let flaws = report.flaws.map { SignatureProblem(.damaged, checkpoint, "damaged: \($0)") }
      return CheckpointSignatureReport(
        problems: flaws + problems, verified: report.verified,
        withoutBytes: report.unmaterialized)
    }
    switch try signedCheckpoint(checkpoint, registry) {
    case .success(let found):
      problems += signed.problems(with: found)
    case .failure(let incomplete):
      problems += incomplete.names.map {
        SignatureProblem(.missing, $0, "variable \($0.debugDescription) has no value")
      }
    }
    return CheckpointSignatureReport(
      problems: problems, verified: report.verified, withoutBytes: report.unmaterialized)
  }

  /// The names of the variables that have no value.
  private struct Incomplete: Error {
    let names: [String]
  }

  private func signedCheckpoint(
    _ checkpoint: String, _ registry: InitializerRegistry
  ) throws -> Result<SignedCheckpoint, Incomplete> {
    let variables = try variables(in: checkpoint).filter { $0.aliasOf == nil }
    let missing = variables.filter { $0.root == nil }.map(\.name)
    guard missing.isEmpty, let content = try recomputedContentDigest(of: checkpoint) else {
      return .failure(Incomplete(names: missing))
    }
    let values = variables.compactMap { variable in
      variable.root.map {
        SignedCheckpoint.Value(
          name: variable.name, dtype: variable.scalarType.rawValue,
          shape: variable.shape.json, root: $0)
      }
    }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    return .success(
      SignedCheckpoint(
        name: checkpoint,
        specFingerprint: try graph(of: checkpoint, registry: registry).fingerprint(),
        contentDigest: content, values: values))
  }
}
