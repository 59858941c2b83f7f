/// Whether values are what their initializer promises.
public enum DistributionVerdict: String, Sendable, Hashable, CaseIterable {
  /// No test found a difference.
  case fits
  /// A test found what happens by chance to less than one variable in a million.
  case deviates
  /// Nothing is promised, or there is nothing to compare.
  case notChecked = "not checked"
}
