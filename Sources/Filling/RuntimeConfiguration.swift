internal import Foundation
package import VariableGraph

/// How much of the machine a runtime uses. None of it changes a byte of any value.
public struct RuntimeConfiguration: Sendable, Hashable {
  /// The number of chunks that are filled at once, 1 or more. All cores unless said otherwise.
  public var jobCount: Int
  /// A bound on the tensor bytes in flight on their way to a store. A variable that must be made as a
  /// whole may pass it, alone. 256 MiB unless said otherwise.
  public var memoryByteCount: Int

  /// The number of cores and 256 MiB, unless said otherwise; at least one job and 1 byte.
  public init(
    jobCount: Int? = nil, memoryByteCount: Int = 256 << 20
  ) {
    self.jobCount = max(1, jobCount ?? ProcessInfo.processInfo.activeProcessorCount)
    self.memoryByteCount = max(1, memoryByteCount)
  }
}

extension Evaluation {
  /// An evaluation within the bounds of a runtime: a quarter of its memory is for intermediate values
  /// that several variables share. What one variable needs as a whole may pass it.
  package convenience init(_ graph: VariableGraph, _ configuration: RuntimeConfiguration) {
    self.init(
      graph: graph, jobCount: configuration.jobCount,
      keptByteCount: configuration.memoryByteCount / 4)
  }
}
