internal import Crypto
internal import RandomSampling
internal import Tensors

/// The places of variables in the streams of Flax's keys, counted while they are declared.
///
/// Every parameter takes one key, whether its initializer draws or not. A variable whose `kind` (in
/// the metadata) is given and is not `parameter` takes none, such as the statistics of a batch norm.
/// `stream_index` in the metadata puts a variable at another place, from which counting goes on: for
/// keys that something else takes between, such as a dropout layer.
///
/// - `flax-nnx`: variable *i* of the graph, from 0, has the key `fold_in(key(seed), i)`.
/// - `flax-linen`: variable *i* of its module, from 1, has the key `fold_in(key(seed), h)`, *h* the
///   first four bytes, big-endian, of the SHA-1 of the module's path (its parts one after another)
///   and the bytes of *i*. The path is the name without its last part, parted by `/` or `.`, and
///   without a leading `params`.
/// - Source: `flax/nnx/rnglib.py`, `flax/core/scope.py`.
struct FlaxStreams: Sendable {
  private var counts: NameTable<UInt32> = [:]

  /// The place of a variable that is about to be declared; `nil` where it takes no key.
  ///
  /// - Throws: `GraphError.Code.malformedStreamIndex`.
  func index(
    of name: String, _ metadata: [String: JSONValue], in dialect: Dialect
  ) throws -> UInt32? {
    guard dialect.keyStream != .derived else { return nil }
    if let given = metadata["stream_index"], given != .null {
      guard case .integer(let number) = given, let index = UInt32(exactly: number), index < .max
      else { throw GraphError.malformedStreamIndex(name, found: given.canonicalText) }
      return index
    }
    if let kind = metadata["kind"], kind != .null, kind != "parameter" { return nil }
    let first: UInt32 = dialect.keyStream == .path ? 1 : 0
    return counts[FlaxStreams.stream(of: name, dialect)] ?? first
  }

  /// Counts on behind a variable that has been declared.
  mutating func advance(to index: UInt32?, of name: String, in dialect: Dialect) {
    guard let index else { return }
    // As Flax's counter, which has 32 bits, goes on.
    counts[FlaxStreams.stream(of: name, dialect)] = index &+ 1
  }

  /// The key of a place.
  static func key(
    _ root: ThreefryKey, _ name: String, _ index: UInt32, _ dialect: Dialect
  ) -> ThreefryKey {
    guard dialect.keyStream == .path else { return root.folding(index) }
    var hash = Insecure.SHA1()
    for part in modulePath(of: name) { hash.update(data: Array(part.utf8)) }
    // As few bytes as the number needs, the highest first.
    let bytes = (0..<4).reversed().map { UInt8(truncatingIfNeeded: index >> (8 * UInt32($0))) }
    hash.update(data: Array(bytes.drop { $0 == 0 }))
    return root.folding(hash.finalize().prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
  }

  /// What variables count together: all, or those of a module.
  private static func stream(of name: String, _ dialect: Dialect) -> String {
    dialect.keyStream == .path ? modulePath(of: name).joined(separator: "/") : ""
  }

  private static func modulePath(of name: String) -> [Substring] {
    let path = name.split { $0 == "/" || $0 == "." }.dropLast()
    return Array(path.first == "params" ? path.dropFirst() : path)
  }
}

extension VariableGraph {
  /// The indexes in the streams of Flax's keys that variables of these names, in this order, take.
  ///
  /// - Parameter rows: What takes a key unless its metadata say otherwise: all but expressions.
  /// - Throws: `GraphError.Code.malformedStreamIndex`.
  package static func streamIndexes(
    of rows: [(name: String, metadata: [String: JSONValue])], in dialect: Dialect
  ) throws -> [UInt32?] {
    var streams = FlaxStreams()
    return try rows.map { row in
      let index = try streams.index(of: row.name, row.metadata, in: dialect)
      streams.advance(to: index, of: row.name, in: dialect)
      return index
    }
  }
}
