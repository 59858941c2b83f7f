internal import VariableGraph

/// What Keras takes as a seed on the backend that a dialect means.
enum KerasSeed {
  /// - Throws: `InitializerError.Code.invalidParameter` in JAX's dialects for a seed that is not the
  ///   32-bit word of a key.
  static func validate(_ seed: Int64?, _ className: String, in dialect: Dialect) throws {
    guard let seed, dialect.framework == .jax, UInt32(exactly: seed) == nil else { return }
    throw InitializerError.invalidParameter(
      className, "seed", found: "\(seed)",
      needed: "from 0 to \(UInt32.max) in the dialect \(dialect)")
  }
}
