public import TensorMemory

extension Variable {
  /// What the initializer promises of the values; `nil` where it promises nothing.
  public var promise: ValueDistribution? {
    initializer.promise(for: shape, scalarType, in: dialect)
  }

  /// Compares values with what the initializer promises.
  public func check(_ moments: Moments) -> DistributionCheck {
    DistributionCheck(promise, of: moments, as: scalarType)
  }
}
