internal import StoreAccess
public import TensorMemory
public import VariableGraph

/// Compares the values of a stored variable with what its initializer promises; `nil` where that is not known.
/// The layer above gives it: it knows initializers.
public typealias ValueCheck =
  @Sendable (_ variable: StoredVariable, _ moments: Moments) -> DistributionCheck?

/// Whether a value is what its initializer promises, as the columns `verdict` and `deviation` say it.
struct RecordedVerdict: Sendable, Hashable {
  /// The raw value of a `DistributionVerdict`.
  let verdict: String
  /// How it deviates, in words.
  let deviation: String?

  /// What a check found; of none that the value was not checked.
  init(_ check: DistributionCheck?) {
    verdict = (check?.verdict ?? .notChecked).rawValue
    deviation = check?.reason
  }

  /// What another store says; `nil` where it says nothing, as one of an older version.
  init?(verdict: String?, deviation: String?) {
    guard let verdict else { return nil }
    self.verdict = verdict
    self.deviation = deviation
  }

  /// Both columns.
  var columns: [StatementValue] { [.text(verdict), .optional(deviation)] }
}
