internal import Tensors
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
    registry.registerImported()
    return registry
  }()

  private mutating func registerImported() {
    register(ImportedInitializer.className) { reader in
      let text = try reader.string("sha256", default: "")
      guard let digest = try? Digest(hex: text) else {
        throw InitializerError.invalidParameter(
          reader.className, "sha256", found: text, needed: "64 hexadecimal digits")
      }
      return try ImportedInitializer(
        digest: digest, tensor: reader.string("tensor", default: ""),
        format: reader.string("format", default: ""))
    }
  }
}
