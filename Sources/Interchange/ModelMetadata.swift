internal import Tensors

/// The texts that Nascent writes beside the tensors of a safetensors file.
///
/// They are in the order of their keys, so that equal checkpoints are equal files. A tied name stands as
/// a key with the name of its tensor, as `safetensors.torch.save_model` writes it.
public enum ModelMetadata {
  /// What these texts are: their meaning changes with the number.
  public static let formatVersion = "nascent.safetensors/2"

  /// The keys.
  public enum Key: String, Sendable, CaseIterable {
    /// Whose file this is to Hugging Face's `transformers`, which reads no file without it: `pt`.
    case format
    /// What the texts mean.
    case formatVersion = "format_version"
    /// The name and version of the program.
    case tool
    /// The name of the checkpoint.
    case checkpoint
    /// The training step, where there is one.
    case step
    /// The graph's seed.
    case seed
    /// The graph's dialect.
    case dialect
    /// The fingerprint of all declarations of the checkpoint.
    case specFingerprint = "spec_fingerprint"
    /// The content digest of the tensors of this file, under their names in it.
    case contentDigest = "content_digest"
  }

  /// The texts and the tied names, in order.
  public static func pairs(
    _ texts: [Key: String], tied: [(name: String, target: String)]
  ) -> [MetadataPair] {
    (texts.map { MetadataPair($0.key.rawValue, $0.value) }
      + tied.map { MetadataPair($0.name, $0.target) })
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  /// A text, where it is there.
  public static func text(_ key: Key, in metadata: [MetadataPair]?) -> String? {
    metadata?.first { $0.key == key.rawValue }?.value
  }

  /// True where a text has another meaning than a tied name.
  public static func isReserved(_ key: String) -> Bool { Key(rawValue: key) != nil }

  /// The tied names that stand beside the tensors of a source: keys that are no tensor, with the name of
  /// one.
  public static func tied(in source: some TensorSource) -> [(name: String, target: String)] {
    guard let metadata = source.metadata else { return [] }
    let names = NameSet(names: source.entries.lazy.map(\.name))
    return metadata.filter {
      names.contains($0.value) && !names.contains($0.key) && !isReserved($0.key)
    }.map { ($0.key, $0.value) }
  }
}
