public import Tensors
public import VariableGraph

/// Stands for a value that was read from a model file: it is known by its digest and cannot be made.
///
/// While the file is read it has a source, and fills from there. Later, as the store tells of it, it has
/// none: the bytes are in the store, and only there.
///
/// - Determinism: draws nothing. The digest is part of the declaration, so that another value is another
///   fingerprint.
public struct ImportedInitializer: Initializer {
  /// The class name.
  public static let className = "Imported"

  /// Where the bytes come from while a file is imported.
  public struct Source: Sendable {
    /// False where elements cannot be read apart, as in an array that is stored column by column.
    public let isElementwise: Bool
    /// Writes elements of the range to all of the span.
    public let read: @Sendable (inout MutableRawSpan, Range<Int>) throws -> Void

    /// A source.
    public init(
      isElementwise: Bool,
      read: @escaping @Sendable (inout MutableRawSpan, Range<Int>) throws -> Void
    ) {
      self.isElementwise = isElementwise
      self.read = read
    }
  }

  /// The SHA-256 of the bytes.
  public let digest: Digest
  /// The name of the tensor in the file.
  public let tensor: String
  /// The format of the file: `safetensors`, `npz` or `npy`.
  public let format: String
  private let source: Source?

  /// Describes an imported value.
  public init(digest: Digest, tensor: String, format: String, source: Source? = nil) {
    self.digest = digest
    self.tensor = tensor
    self.format = format
    self.source = source
  }

  /// The class and its parameters.
  public var configuration: InitializerConfiguration {
    InitializerConfiguration(
      className: Self.className,
      config: [
        "sha256": .string(digest.hex), "tensor": .string(tensor), "format": .string(format),
      ])
  }

  /// The SHA-256 of the bytes; see `Initializer`.
  public var declaredDigest: Digest? { digest }

  /// The default, whatever the graph's is: bytes that are there have no dialect, and the declaration of a value
  /// must not depend on the graph that it stands in.
  public var dialect: Dialect? { .tensorFlow }

  /// Whether any range can be read alone; see `Initializer`.
  public func isElementwise(in dialect: Dialect) -> Bool { source?.isElementwise ?? true }

  /// How the value came here; see `Initializer`.
  public func explanation(
    for shape: Shape, _ scalarType: ScalarType, in dialect: Dialect
  ) -> InitializerExplanation {
    var explanation = InitializerExplanation()
    explanation.distribution = "the tensor \"\(tensor)\" of a \(format) file"
    explanation.notes = ["Its bytes have the SHA-256 \(digest.hex) and cannot be made again."]
    return explanation
  }

  /// Copies the asked elements from the file.
  ///
  /// - Throws: `InitializerError.Code.notRegenerable` where there is no file.
  public func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    guard let source else {
      throw InitializerError.notRegenerable(tensor, format: format, digest: digest)
    }
    try source.read(&span, range)
  }
}
