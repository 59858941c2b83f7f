internal import Dispatch
internal import RandomSampling
internal import Synchronization
public import Tensors

/// Fingerprints of declarations: equal exactly when the declared bytes are the same by definition.
///
/// A *field* is its UTF-8 bytes after their number as eight little-endian bytes.
///
/// - Variable: SHA-256 over the fields `nascent.variable/1`, dialect, dtype, shape as JSON, the
///   initializer's canonical JSON, its version, and `none`, `own`, or `graph:` and the numbers that
///   the random numbers start from, as hexadecimal digits with colons between: the seed pair in
///   TensorFlow's dialect; the key's two words in JAX's; in PyTorch's the seed, the number of words
///   drawn before, and where a normal is kept the number of the word at which its pair begins. Behind
///   a draw of unknown length the seed and the place as canonical JSON.
/// - Graph: SHA-256 over the field `nascent.graph/1`, then for every variable, sorted by the bytes
///   of its name: the name and the hexadecimal fingerprint; then for every alias, sorted likewise:
///   `alias`, its name and its target.
///
/// The order of declarations, metadata, rules and comments do not count.
public enum Fingerprint {
  /// Raised when the same declarations begin to give other fingerprints.
  public static let version = 1

  /// The fingerprint of one variable of a graph.
  public static func variable(_ variable: Variable, in graph: VariableGraph) -> Digest {
    var hasher = FieldHasher()
    return self.variable(
      variable, in: graph, variable.initializer.configuration.canonicalText, &hasher)
  }

  /// The same with a hasher that was used before, of a configuration that is canonical text already.
  static func variable(
    _ variable: Variable, in graph: VariableGraph, _ configuration: String,
    _ builder: inout FieldHasher
  ) -> Digest {
    let seed =
      switch variable.initializer.seeding {
      case .none: "none"
      case .own: "own"
      case .graph: graphSeedText(graph, variable)
      }
    builder.clear()
    builder.append("nascent.variable/1")
    builder.append(variable.dialect.name)
    builder.append(variable.scalarType.rawValue)
    builder.append(variable.shape.json)
    builder.append(configuration)
    builder.append(String(variable.initializer.version))
    builder.append(seed)
    return builder.finish()
  }

  /// The fingerprint of a whole graph, of the fingerprints of its variables.
  public static func graph(
    variables: [(name: String, fingerprint: Digest)], aliases: [VariableGraph.Alias]
  ) -> Digest {
    var builder = FieldHasher()
    builder.append("nascent.graph/1")
    // Strings of ASCII compare as their bytes do, and faster.
    let isASCII = variables.allSatisfy { $0.name.utf8.allSatisfy { $0 < 0x80 } }
    let sorted =
      isASCII
      ? variables.sorted { $0.name < $1.name }
      : variables.sorted { byteOrder($0.name, $1.name) }
    for (name, fingerprint) in sorted {
      builder.append(name)
      builder.append(fingerprint.hex)
    }
    for alias in aliases.sorted(by: { byteOrder($0.name, $1.name) }) {
      builder.append("alias")
      builder.append(alias.name)
      builder.append(alias.target)
    }
    return builder.finish()
  }

  /// The digest of the values of a whole checkpoint: SHA-256 over the field `nascent.content/1`,
  /// then for every variable, sorted by the bytes of its name: name, dtype, shape as JSON, and the
  /// hexadecimal SHA-256 of its bytes.
  public static func content(
    _ variables: [(name: String, dtype: String, shape: String, digest: Digest)]
  ) -> Digest {
    var builder = FieldHasher()
    builder.append("nascent.content/1")
    for variable in variables.sorted(by: { byteOrder($0.name, $1.name) }) {
      builder.append(variable.name)
      builder.append(variable.dtype)
      builder.append(variable.shape)
      builder.append(variable.digest.hex)
    }
    return builder.finish()
  }

  private static func byteOrder(_ left: String, _ right: String) -> Bool {
    left.utf8.lexicographicallyPrecedes(right.utf8)
  }

  private static func graphSeedText(_ graph: VariableGraph, _ variable: Variable) -> String {
    if let place = variable.streamPlace, place.wordCount == nil {
      let seed = String(UInt64(bitPattern: graph.seed), radix: 16)
      return "graph:\(seed):\(place.json.canonicalText)"
    }
    let numbers: [UInt64]
    switch graph.randomSource(for: variable) {
    case .philox(let pair): numbers = [pair.first, pair.second]
    case .threefry(let key): numbers = [UInt64(key.first), UInt64(key.second)]
    case .mersenneTwister(let state):
      let pair = state.cachedPair.map { [UInt64($0)] } ?? []
      numbers = [state.seed, UInt64(state.drawnWordCount)] + pair
    }
    return "graph:" + numbers.map { String($0, radix: 16) }.joined(separator: ":")
  }
}

extension VariableGraph {
  /// The fingerprint of every variable, in order; of thousands on all cores.
  public func fingerprints() -> [(name: String, fingerprint: Digest)] {
    digested { variable, fingerprint, _ in (name: variable.name, fingerprint: fingerprint) }
  }

  /// The fingerprint of every variable, in order, with the configuration's text that it covers: for
  /// whoever needs both, since the text is what takes the time.
  package func fingerprintsAndConfigurations() -> [(fingerprint: Digest, configuration: String)] {
    digested { _, fingerprint, text in (fingerprint: fingerprint, configuration: text) }
  }

  /// What `body` makes of each variable, its fingerprint and its configuration, in order.
  private func digested<Value: Sendable>(
    _ body: @Sendable (Variable, Digest, String) -> Value
  ) -> [Value] {
    let step = 2048
    guard variables.count > step else { return digested(variables[...], body) }
    let parts = Mutex<[Int: [Value]]>([:])
    let count = (variables.count + step - 1) / step
    DispatchQueue.concurrentPerform(iterations: count) { number in
      let range = number * step..<min((number + 1) * step, variables.count)
      let part = digested(variables[range], body)
      parts.withLock { $0[number] = part }
    }
    return parts.withLock { parts in (0..<count).flatMap { parts[$0] ?? [] } }
  }

  private func digested<Value>(
    _ variables: ArraySlice<Variable>, _ body: (Variable, Digest, String) -> Value
  ) -> [Value] {
    var hasher = FieldHasher()
    return variables.map { variable in
      let text = variable.initializer.configuration.canonicalText
      return body(variable, Fingerprint.variable(variable, in: self, text, &hasher), text)
    }
  }

  /// The fingerprint of the whole graph: one number for everything that is declared.
  public func fingerprint() -> Digest {
    Fingerprint.graph(variables: fingerprints(), aliases: aliases)
  }
}

/// Hashes fields so that no two lists of fields give the same bytes.
struct FieldHasher {
  private var bytes: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  mutating func append(_ field: String) { append(field.utf8) }

  mutating func append(_ field: some Collection<UInt8>) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: field.count >> shift))
    }
    bytes.append(contentsOf: field)
  }

  func finish() -> Digest { Digest(of: bytes) }

  /// Forgets all fields and keeps the memory.
  mutating func clear() { bytes.removeAll(keepingCapacity: true) }
}
