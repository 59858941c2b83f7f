internal import Tensors

/// One variable in which two checkpoints differ.
public struct CheckpointDifference: Sendable {
  /// The name of the variable.
  public let name: String
  /// What differs, in words.
  public let reason: String
  /// The row-major number of the first element that differs, where both have such values.
  public let firstElement: Int?

  init(_ name: String, _ reason: String, firstElement: Int? = nil) {
    self.name = name
    self.reason = reason
    self.firstElement = firstElement
  }
}

extension CheckpointStore {
  /// The variables in which a checkpoint of this store differs from the same of another.
  ///
  /// Digests are compared first, from the roots down: of a variable that differs one chunk of each store is
  /// read, the first that differs, and of equal ones nothing. The values of recipes are not made; which of
  /// their elements differ is said as far as their digests tell.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, and `damaged` where digests or the
  ///   bytes that are read are not what was recorded.
  public func differences(
    from other: CheckpointStore, checkpoint: String = "initial"
  ) throws -> [CheckpointDifference] {
    try findings(against: other, checkpoint).map { finding in
      switch finding {
      case .said(let difference): difference
      case .values(let left, let right):
        try ValueComparison(
          left: ComparedValue(left, of: self, in: checkpoint),
          right: ComparedValue(right, of: other, in: checkpoint)
        ).difference()
      }
    }
  }

  /// The same, and of a recipe the part of 64 MiB is made that differs.
  ///
  /// - Parameter other: The store to compare with; neither is changed.
  /// - Parameter checkpoint: The checkpoint's name in both.
  /// - Parameter maker: Makes the values of this store's checkpoint.
  /// - Parameter otherMaker: Makes the values of the other's.
  /// - Throws: As `differences(from:checkpoint:)`; `CheckpointError.Code.otherValue`; what keeps a value from
  ///   being made.
  public func differences(
    from other: CheckpointStore, checkpoint: String = "initial", making maker: Regeneration,
    _ otherMaker: Regeneration
  ) async throws -> [CheckpointDifference] {
    var differences: [CheckpointDifference] = []
    for finding in try findings(against: other, checkpoint) {
      switch finding {
      case .said(let difference): differences.append(difference)
      case .values(let left, let right):
        var values = ValueComparison(
          left: try ComparedValue(left, of: self, in: checkpoint),
          right: try ComparedValue(right, of: other, in: checkpoint))
        if left.isRecipe {
          values.left.recipe = try await recipe(of: left, in: checkpoint, making: maker)
        }
        if right.isRecipe {
          values.right.recipe = try await other.recipe(
            of: right, in: checkpoint, making: otherMaker)
        }
        differences.append(try values.difference())
      }
    }
    return differences
  }

  /// What rows and roots tell.
  private enum Finding {
    case said(CheckpointDifference)
    /// Both have a value, of one shape and dtype, and the roots differ.
    case values(StoredVariable, StoredVariable)
  }

  private func findings(
    against other: CheckpointStore, _ checkpoint: String
  ) throws -> [Finding] {
    let left = try provenVariables(in: checkpoint)
    let right = try other.provenVariables(in: checkpoint)
    let byName = NameTable(byName: right.lazy.map { ($0.name, $0) })
    var findings = left.compactMap { variable -> Finding? in
      guard let match = byName[variable.name] else {
        return .said(CheckpointDifference(variable.name, "only in \(path)"))
      }
      return Self.finding(variable, match)
    }
    // Equal roots are equal values only where the chunks have the digests that give them.
    for (store, variables) in [(self, left), (other, right)] {
      for variable in variables
      where variable.aliasOf == nil && Chunking.count(ofBytes: variable.byteCount) > 1
        && variable.hasValue
      {
        _ = try store.provenTree(of: variable, in: checkpoint)
      }
    }
    let names = NameSet(names: left.map(\.name))
    findings += right.filter { !names.contains($0.name) }.map {
      .said(CheckpointDifference($0.name, "only in \(other.path)"))
    }
    return findings
  }

  /// The variables of a checkpoint, compared with its fingerprints and its content digest.
  private func provenVariables(in checkpoint: String) throws -> [StoredVariable] {
    try read { db in
      try variables(in: checkpoint, db, .values)
    }
  }

  private static func finding(_ left: StoredVariable, _ right: StoredVariable) -> Finding? {
    func said(_ reason: String) -> Finding { .said(CheckpointDifference(left.name, reason)) }
    if left.aliasOf.map({ NameKey($0) }) != right.aliasOf.map({ NameKey($0) }) {
      let names = [left, right].map { $0.aliasOf.map { "alias of \($0)" } ?? "a variable" }
      return said("\(names[0]) and \(names[1])")
    }
    if left.shape != right.shape { return said("shapes are \(left.shape) and \(right.shape)") }
    if left.scalarType != right.scalarType {
      return said("dtypes are \(left.scalarType) and \(right.scalarType)")
    }
    switch (left.hasValue, right.hasValue) {
    case (false, false): return nil
    case (false, true): return said("declared and made")
    case (true, false): return said("made and declared")
    case (true, true):
      return left.root == right.root && left.root != nil ? nil : .values(left, right)
    }
  }
}
