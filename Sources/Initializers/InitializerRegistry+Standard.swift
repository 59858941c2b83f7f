public import VariableGraph

extension InitializerRegistry {
  /// Every initializer of this library: Keras's classes, the initializers of papers, and other
  /// frameworks' functions by their full names, such as `jax.nn.initializers.he_uniform`.
  public static let standard: InitializerRegistry = {
    var registry = InitializerRegistry.keras
    registry.registerJAX()
    registry.registerTorch()
    registry.registerZoo()
    return registry
  }()
}
