public import VariableGraph

extension InitializerRegistry {
  /// Every initializer of this library: Keras's classes, the initializers of papers, other frameworks'
  /// functions by their full names, such as `jax.nn.initializers.he_uniform`, and `Expression`.
  public static let standard: InitializerRegistry = {
    var registry = InitializerRegistry.keras
    registry.registerJAX()
    registry.registerTorch()
    registry.registerZoo()
    registry.register(ExpressionInitializer.className) { try ExpressionInitializer($0) }
    return registry
  }()
}
