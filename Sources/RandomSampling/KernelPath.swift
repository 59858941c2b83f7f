internal import CTensorKernels

/// The instruction set that the kernels use. Every path gives the same bits.
public enum KernelPath: Int, Sendable, CaseIterable {
  /// What every processor of the architecture has.
  case baseline = 0
  /// AVX2 and FMA, on x86-64.
  case avx2 = 1
  /// AVX-512, on x86-64.
  case avx512 = 2

  /// The fastest path of this processor.
  public static let best = KernelPath(rawValue: Int(nascent_best_path().rawValue)) ?? .baseline

  /// The paths that this processor can run.
  public static var available: [KernelPath] { allCases.filter { $0.rawValue <= best.rawValue } }

  var kernel: nascent_path { nascent_path(UInt32(rawValue)) }
}
