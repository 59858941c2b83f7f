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
///   a draw of unknown length the seed and the place as canonical JSON. For an expression `inputs:` and
///   the hexadecimal fingerprints of the variables whose values it reads, in the order of their first
///   mention, with colons between.
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
    var known: [String: Digest] = [:]
    for input in graph.inputs(of: variable) {
      known[input.name] = self.variable(input, in: graph, known, &hasher)
    }
    return self.variable(variable, in: graph, known, &hasher)
  }

  /// The same with a hasher that was used before.
  ///
  /// - Parameter known: The fingerprints of the variables that an expression reads.
  static func variable(
    _ variable: Variable, in graph: VariableGraph, _ known: [String: Digest],
    _ builder: inout FieldHasher
  ) -> Digest {
    if let expression = variable.expression {
      builder.clear()
      append(variable, to: &builder)
      let inputs = expression.valueNames.map { name in
        guard let fingerprint = known[name] else {
          preconditionFailure("what an expression reads has its fingerprint before it")
        }
        return fingerprint.hex
      }
      builder.append("inputs:" + inputs.joined(separator: ":"))
      return builder.finish()
    }
    let seed =
      switch variable.initializer.seeding {
      case .none: "none"
      case .own: "own"
      case .graph: graphSeedText(graph, variable)
      }
    builder.clear()
    append(variable, to: &builder)
    builder.append(seed)
    return builder.finish()
  }

  private static func append(_ variable: Variable, to builder: inout FieldHasher) {
    builder.append("nascent.variable/1")
    builder.append(variable.dialect.name)
    builder.append(variable.scalarType.rawValue)
    builder.append(variable.shape.json)
    builder.append(variable.initializer.configuration.canonicalText)
    builder.append(String(variable.initializer.version))
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
    let step = 2048
    let count = (variables.count + step - 1) / step
    let parts = Mutex<[Int: [Digest?]]>([:])
    if count > 1 {
      DispatchQueue.concurrentPerform(iterations: count) { number in
        let range = number * step..<min((number + 1) * step, variables.count)
        let part = fingerprints(of: variables[range])
        parts.withLock { $0[number] = part }
      }
    } else {
      parts.withLock { $0[0] = fingerprints(of: variables[...]) }
    }
    return parts.withLock { parts in
      withInputs((0..<count).flatMap { parts[$0] ?? [] })
    }
  }

  /// `nil` for an expression, whose inputs may be in another part.
  private func fingerprints(of variables: ArraySlice<Variable>) -> [Digest?] {
    var hasher = FieldHasher()
    return variables.map {
      $0.expression == nil ? Fingerprint.variable($0, in: self, [:], &hasher) : nil
    }
  }

  /// Adds those of expressions, which read variables that are declared before them.
  private func withInputs(_ found: [Digest?]) -> [(name: String, fingerprint: Digest)] {
    var hasher = FieldHasher()
    var known: [String: Digest] = [:]
    if found.contains(nil) {
      for (variable, fingerprint) in zip(variables, found) { known[variable.name] = fingerprint }
    }
    return zip(variables, found).map { variable, fingerprint in
      if let fingerprint { return (variable.name, fingerprint) }
      let made = Fingerprint.variable(variable, in: self, known, &hasher)
      known[variable.name] = made
      return (variable.name, made)
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
