/// The names of JAX's initializers.
enum JAXFunction {
  /// The full name of a function, such as `jax.nn.initializers.he_uniform`.
  static func name(_ function: String) -> String { "jax.nn.initializers.\(function)" }
}
