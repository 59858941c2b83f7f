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
    var known: NameTable<Digest> = [:]
    for input in graph.inputs(of: variable) {
      known[input.name] = self.variable(input, in: graph, known, &hasher)
    }
    return self.variable(variable, in: graph, known, &hasher)
  }

  /// The same with a hasher that was used before.
  ///
  /// - Parameter known: The fingerprints of the variables that an expression reads.
  static func variable(
    _ variable: Variable, in graph: VariableGraph, _ known: NameTable<Digest>,
    _ builder: inout FieldHasher
  ) -> Digest {
    let initializer = variable.initializer
    return fields(
      variable.dialect.name, variable.scalarType, variable.shape, initializer.version, &builder
    ) {
      variable.declared.writeConfiguration(to: &$0)
    } origin: { text in
      if let expression = variable.expression {
        writeInputs(expression.valueNames, known, to: &text)
        return
      }
      switch initializer.seeding {
      case .none: text.append(contentsOf: "none".utf8)
      case .own: text.append(contentsOf: "own".utf8)
      case .graph: writeGraphSeed(graph, variable, to: &text)
      }
    }
  }

  /// The digest of the seven fields of a variable.
  static func fields(
    _ dialect: String, _ scalarType: ScalarType, _ shape: Shape, _ version: Int,
    _ builder: inout FieldHasher, initializer: (inout [UInt8]) -> Void,
    origin: (inout [UInt8]) -> Void
  ) -> Digest {
    builder.begin(dialect, scalarType)
    builder.append { shape.writeJSON(to: &$0) }
    builder.append(initializer)
    builder.append(String(version))
    builder.append(origin)
    return builder.finish()
  }

  /// What stands in place of a seed for an expression that reads these variables.
  static func writeInputs(
    _ names: [String], _ known: NameTable<Digest>, to text: inout [UInt8]
  ) {
    text.append(contentsOf: "inputs:".utf8)
    for (place, name) in names.enumerated() {
      guard let fingerprint = known[name] else {
        preconditionFailure("what an expression reads has its fingerprint before it")
      }
      if place > 0 { text.append(UInt8(ascii: ":")) }
      fingerprint.writeHex(to: &text)
    }
  }

  /// The fingerprint of a whole graph, of the fingerprints of its variables.
  public static func graph(
    variables: [(name: String, fingerprint: Digest)], aliases: [VariableGraph.Alias]
  ) -> Digest {
    var builder = FieldHasher()
    builder.append("nascent.graph/1")
    for place in NameKey.order(of: variables.map(\.name)) {
      builder.append(variables[place].name)
      builder.append { variables[place].fingerprint.writeHex(to: &$0) }
    }
    for alias in aliases.sorted(by: { NameKey($0.name) < NameKey($1.name) }) {
      builder.append("alias")
      builder.append(alias.name)
      builder.append(alias.target)
    }
    return builder.finish()
  }

  /// The digest of the values of a whole checkpoint: SHA-256 over the field `nascent.content/2`,
  /// then for every variable, sorted by the bytes of its name: name, dtype, shape as JSON, and the
  /// hexadecimal root of the tree over its chunks. It is the top of one tree over all bytes.
  public static func content(
    _ variables: [(name: String, dtype: String, shape: String, root: Digest)]
  ) -> Digest {
    var builder = FieldHasher()
    builder.append("nascent.content/2")
    for place in NameKey.order(of: variables.map(\.name)) {
      let variable = variables[place]
      builder.append(variable.name)
      builder.append(variable.dtype)
      builder.append(variable.shape)
      builder.append { variable.root.writeHex(to: &$0) }
    }
    return builder.finish()
  }

  static func writeGraphSeed(
    _ graph: VariableGraph, _ variable: Variable, to text: inout [UInt8]
  ) {
    text.append(contentsOf: "graph".utf8)
    if let place = variable.streamPlace, place.wordCount == nil {
      writeNumber(UInt64(bitPattern: graph.seed), to: &text)
      text.append(UInt8(ascii: ":"))
      place.json.write(to: &text)
      return
    }
    switch graph.randomSource(for: variable) {
    case .philox(let pair):
      writeNumber(pair.first, to: &text)
      writeNumber(pair.second, to: &text)
    case .threefry(let key):
      writeNumber(UInt64(key.first), to: &text)
      writeNumber(UInt64(key.second), to: &text)
    case .mersenneTwister(let state):
      writeNumber(state.seed, to: &text)
      writeNumber(UInt64(state.drawnWordCount), to: &text)
      if let pair = state.cachedPair { writeNumber(UInt64(pair), to: &text) }
    }
  }

  /// A colon and the number's hexadecimal digits.
  private static func writeNumber(_ number: UInt64, to text: inout [UInt8]) {
    text.append(UInt8(ascii: ":"))
    let digitCount = max((64 - number.leadingZeroBitCount + 3) / 4, 1)
    for place in (0..<digitCount).reversed() {
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(4 * place) & 15)
      text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

extension VariableGraph {
  /// The fingerprint of every variable, in order; of thousands on all cores.
  public func fingerprints() -> [(name: String, fingerprint: Digest)] {
    fingerprints(keeping: [:])
  }

  /// The same where some variables have other fingerprints, as a store has them: those of the expressions that
  /// read them follow.
  package func fingerprints(
    keeping kept: NameTable<Digest>
  ) -> [(name: String, fingerprint: Digest)] {
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
      let found = (0..<count).flatMap { parts[$0] ?? [] }
      return withInputs(
        kept.isEmpty ? found : zip(variables, found).map { kept[$0.name] ?? $1 })
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
    var known: NameTable<Digest> = [:]
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
  /// What was hashed already, of many fields; the rest is in `bytes`.
  private var beginning: DigestBuilder?
  /// The first fields of the variable before, which most often are those of the next.
  private var opening: (dialect: String, scalarType: ScalarType, bytes: [UInt8])?

  /// How many bytes wait before they are hashed: enough to go on fast, little enough for the cache.
  private static let waitingByteCount = 1 << 16

  init() { bytes.reserveCapacity(512) }

  mutating func append(_ field: String) {
    append { $0.append(contentsOf: field.utf8) }
  }

  /// Forgets all fields, and adds the first ones of a variable.
  mutating func begin(_ dialect: String, _ scalarType: ScalarType) {
    clear()
    if let opening, opening.scalarType == scalarType, opening.dialect == dialect {
      bytes.append(contentsOf: opening.bytes)
    } else {
      append("nascent.variable/1")
      append(dialect)
      append(scalarType.rawValue)
      opening = (dialect, scalarType, bytes)
    }
  }

  /// Adds what `write` puts behind the bytes that are there, as one field.
  mutating func append(_ write: (inout [UInt8]) -> Void) {
    let start = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: 8))
    write(&bytes)
    let count = bytes.count - start - 8
    for place in 0..<8 {
      bytes[start + place] = UInt8(truncatingIfNeeded: count >> (8 * place))
    }
    if bytes.count >= Self.waitingByteCount {
      var builder = beginning ?? DigestBuilder()
      builder.append(bytes)
      beginning = builder
      bytes.removeAll(keepingCapacity: true)
    }
  }

  func finish() -> Digest {
    guard var builder = beginning else { return Digest(of: bytes) }
    builder.append(bytes)
    return builder.finish()
  }

  /// Forgets all fields and keeps the memory.
  mutating func clear() {
    bytes.removeAll(keepingCapacity: true)
    beginning = nil
  }
}
