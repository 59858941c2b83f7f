package import Tensors

/// A declaration as a store has it: the texts that its fingerprint was made of, and the fingerprint.
package struct StoredDeclaration: Sendable {
  /// The full name.
  package var name: String
  /// The name of the initializer's dialect.
  package var dialect: String
  /// The type of the elements.
  package var scalarType: ScalarType
  /// The sizes of the axes.
  package var shape: Shape
  /// The config object of the initializer.
  package var initializer: JSONValue
  /// The same exactly as it is stored.
  package var initializerText: String
  /// The version of the initializer.
  package var version: Int
  /// `none`, `own` or `graph`.
  package var seedOrigin: String
  /// The graph's seed, where it is what the values are drawn from.
  package var graphSeed: Int64?
  /// What the manifest said besides.
  package var metadata: [String: JSONValue]
  /// The fingerprint that is stored.
  package var fingerprint: Digest

  /// A declaration of these parts.
  package init(
    name: String, dialect: String, scalarType: ScalarType, shape: Shape, initializer: JSONValue,
    initializerText: String, version: Int, seedOrigin: String, graphSeed: Int64?,
    metadata: [String: JSONValue], fingerprint: Digest
  ) {
    self.name = name
    self.dialect = dialect
    self.scalarType = scalarType
    self.shape = shape
    self.initializer = initializer
    self.initializerText = initializerText
    self.version = version
    self.seedOrigin = seedOrigin
    self.graphSeed = graphSeed
    self.metadata = metadata
    self.fingerprint = fingerprint
  }

  /// The variables whose values an expression reads; `nil` for what is none, or none that can be read.
  fileprivate var inputNames: [String]? { expression?.valueNames }

  /// The variables that an expression names, also those of which only the shape counts; none for what is no
  /// expression.
  package var readNames: [String] { expression?.variableNames ?? [] }

  private var expression: TensorExpression? {
    guard case .object(let members) = initializer,
      members["class_name"] == .string(ExpressionInitializer.className),
      case .object(let config)? = members["config"], let json = config["expression"]
    else { return nil }
    return try? TensorExpression(json: json)
  }

  /// The fingerprint of an expression where the variables that it reads have these; `nil` for what is none,
  /// and where one of them is missing.
  package func fingerprint(reading known: NameTable<Digest>) -> Digest? {
    guard let names = inputNames, names.allSatisfy({ known[$0] != nil }) else { return nil }
    var hasher = FieldHasher()
    return Fingerprint.fields(
      dialect, scalarType, shape, version, &hasher,
      initializer: { $0.append(contentsOf: initializerText.utf8) },
      origin: { Fingerprint.writeInputs(names, known, to: &$0) })
  }
}

/// Finds declarations of a store that are not those that their fingerprints were made of.
package struct StoredDeclarationCheck {
  private let dialect: Dialect
  private let declarations: [StoredDeclaration]
  private let known: NameTable<Digest>
  private var streams = FlaxStreams()
  private var hasher = FieldHasher()

  /// A check of all declarations of a checkpoint, in order, without its aliases.
  ///
  /// - Parameter dialect: The checkpoint's.
  package init(_ declarations: [StoredDeclaration], in dialect: Dialect) {
    self.dialect = dialect
    self.declarations = declarations
    known = NameTable(byName: declarations.lazy.map { ($0.name, $0.fingerprint) })
  }

  /// The name of the first declaration that has another fingerprint than it must; `nil` for none.
  ///
  /// - Complexity: O(*n*); a few microseconds for each.
  package mutating func firstChanged() -> String? {
    for declaration in declarations where !isUnchanged(declaration) { return declaration.name }
    return nil
  }

  /// True where no declaration draws from a graph's seed, or one draws from this.
  package mutating func isUsed(seed: Int64) -> Bool {
    let drawing = declarations.filter { $0.seedOrigin == "graph" }
    if drawing.isEmpty || drawing.contains(where: { $0.graphSeed == seed }) { return true }
    // Some generators take 32 bits of a seed: then others are as good, and rows are not written anew.
    streams = FlaxStreams()
    for var declaration in drawing {
      declaration.graphSeed = seed
      if isUnchanged(declaration) { return true }
    }
    return false
  }

  private mutating func isUnchanged(_ declaration: StoredDeclaration) -> Bool {
    guard let own = try? Dialect(named: declaration.dialect) else { return false }
    if let names = declaration.inputNames {
      guard names.allSatisfy({ self.known[$0] != nil }) else { return false }
      let known = self.known
      return fingerprint(of: declaration) { Fingerprint.writeInputs(names, known, to: &$0) }
        == declaration.fingerprint
    }
    // Everything that is no expression takes a key of Flax's streams.
    let index = try? streams.index(of: declaration.name, declaration.metadata, in: dialect)
    streams.advance(to: index, of: declaration.name, in: dialect)
    guard declaration.seedOrigin == "graph" else {
      return fingerprint(of: declaration) { $0.append(contentsOf: declaration.seedOrigin.utf8) }
        == declaration.fingerprint
    }
    guard let seed = declaration.graphSeed else { return false }
    let graph = VariableGraph(seed: seed, dialect: dialect)
    if matches(declaration, own, index, graph) { return true }
    guard index != nil else { return false }
    // Variables that were not bound then took keys before this one.
    let limit = UInt32(clamping: declarations.count + Self.unboundCount)
    return (0..<limit).contains { matches(declaration, own, $0, graph) }
  }

  /// How many variables that are not stored may stand before one in Flax's streams.
  private static let unboundCount = 1 << 12

  private mutating func matches(
    _ declaration: StoredDeclaration, _ own: Dialect, _ index: UInt32?, _ graph: VariableGraph
  ) -> Bool {
    var place: StreamPlace?
    if own.framework == .pyTorch {
      guard let json = declaration.metadata[StreamPlace.metadataKey],
        let found = try? StreamPlace(json: json)
      else { return false }
      place = found
    }
    let variable = Variable(
      name: declaration.name, shape: declaration.shape, scalarType: declaration.scalarType,
      byteCount: 0, declared: DeclaredInitializer(SeededByGraph()), dialect: own,
      streamIndex: index,
      streamPlace: place, metadata: declaration.metadata)
    return fingerprint(of: declaration) {
      Fingerprint.writeGraphSeed(graph, variable, to: &$0)
    } == declaration.fingerprint
  }

  private mutating func fingerprint(
    of declaration: StoredDeclaration, origin: (inout [UInt8]) -> Void
  ) -> Digest {
    Fingerprint.fields(
      declaration.dialect, declaration.scalarType, declaration.shape, declaration.version,
      &hasher, initializer: { $0.append(contentsOf: declaration.initializerText.utf8) },
      origin: origin)
  }
}

/// Stands for an initializer of which nothing counts but that it draws from the graph's seed.
private struct SeededByGraph: Initializer {
  let configuration = InitializerConfiguration(className: "", config: [:])
  let seeding = Seeding.graph
  func fill(
    _ span: inout MutableRawSpan, elements range: Range<Int>, of target: FillTarget
  ) throws {
    throw InitializerError.needsRuntime(target.name)
  }
}
