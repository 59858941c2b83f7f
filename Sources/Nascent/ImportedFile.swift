internal import Initializers
internal import Interchange
internal import VariableGraph

/// What a checkpoint keeps of the file that it was imported from, so that its export is that file again.
///
/// The first variable has the texts beside the tensors as its metadata: a list of pairs, or null where the
/// file had none.
enum ImportedFile {
  static let metadataKey = "file_metadata"

  static func json(_ metadata: [MetadataPair]?) -> JSONValue {
    guard let metadata else { return .null }
    return .array(metadata.map { [.string($0.key), .string($0.value)] })
  }

  /// The texts, where the variable has them; the outer `nil` says that it has not.
  static func metadata(of variable: [String: JSONValue]) -> [MetadataPair]?? {
    switch variable[metadataKey] {
    case .null?: return .some(nil)
    case .array(let values)?:
      let pairs = values.compactMap { value -> MetadataPair? in
        guard case .array(let texts) = value, texts.count == 2, case .string(let key) = texts[0],
          case .string(let text) = texts[1]
        else { return nil }
        return MetadataPair(key, text)
      }
      return pairs.count == values.count ? .some(pairs) : .none
    default: return .none
    }
  }

  /// The format that a stored config object of an initializer says the value was imported from.
  static func format(of initializer: JSONValue) -> String? {
    guard case .object(let members) = initializer,
      members["class_name"] == .string(ImportedInitializer.className),
      case .object(let config)? = members["config"], case .string(let format)? = config["format"]
    else { return nil }
    return format
  }
}
