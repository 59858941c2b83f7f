internal import TensorMemory
internal import Filling
internal import Foundation
internal import StoreAccess
public import Tensors
public import VariableGraph

/// What a store says about one variable.
public struct StoredVariable: Sendable {
  /// The name.
  public let name: String
  /// The sizes of the axes.
  public let shape: Shape
  /// The type of the elements.
  public let scalarType: ScalarType
  /// The number of bytes.
  public let byteCount: Int
  /// The Keras config object of the initializer.
  public let initializer: JSONValue
  /// The variable whose value this is, for an alias.
  public let aliasOf: String?
  /// The SHA-256 of the bytes, where they were made.
  public let digest: Digest?
  /// The root of the tree over the digests of the chunks, where the value was made.
  public let root: Digest?
  /// True where only the digests are stored.
  public let isRecipe: Bool
  /// True where the bytes are stored.
  public var isMaterialized: Bool { hasValue && !isRecipe }
  /// True where the value was made: its bytes are stored, or the recipe. A value that several workers made
  /// parts of can have a root and no digest.
  public var hasValue: Bool { digest != nil || root != nil }
  /// Both digests, where the value was made.
  public var valueDigest: ValueDigest? { root.map { ValueDigest(sha256: digest, root: $0) } }
  /// True where the value was assigned, so that it is not what the declaration makes.
  public let isAssigned: Bool
  /// True where nothing can make the value again: it was assigned, or imported.
  public var isIrreplaceable: Bool { isAssigned || isImported }
  /// True where the declaration stands for a value that was read from a file.
  var isImported: Bool {
    guard case .object(let members) = initializer else { return false }
    return members["class_name"] == "Imported"
  }
  /// Whose random bits are meant: the name of a dialect.
  public let dialect: String
  /// What the manifest said besides.
  public let metadata: [String: JSONValue]

  let id: Int64
  /// The config object exactly as it is stored: reading numbers does not keep 1.0 apart from 1.
  let initializerText: String
  let position: Int
  let payloadID: Int64?
  /// What is declared, in one digest.
  package let fingerprint: Digest
  let fingerprintVersion: Int
  let initializerVersion: Int
  let seedOrigin: String
  /// The seed that the value is drawn from, where it is the graph's.
  package let graphSeed: Int64?
  /// True where the row and that of its value have the row's seal.
  let isProven: Bool

  /// Texts of many rows, each parsed once: most variables are declared alike.
  struct ParsedTexts {
    private var known: [NameKey: JSONValue] = [:]

    mutating func value(of text: String) throws -> JSONValue {
      let key = NameKey(text)
      if let value = known[key] { return value }
      let value = try JSONValue(parsing: Data(text.utf8))
      known[key] = value
      return value
    }
  }

  /// Reads a row of the statements `storedVariables` and `storedVariable`.
  init(row: borrowing StatementRow, path: String) throws {
    var texts = ParsedTexts()
    try self.init(row: row, path: path, texts: &texts)
  }

  /// The same for one row of many.
  init(row: borrowing StatementRow, path: String, texts: inout ParsedTexts) throws {
    func broken(_ column: String) -> CheckpointError {
      CheckpointError.notAStore(path, because: "column \(column) of a variable is malformed")
    }
    id = row.integer(0)
    position = Int(row.integer(1))
    name = row.text(2)
    if let flaw = VariableName.flaw(of: name) {
      throw CheckpointError.notAStore(path, because: "the name of a variable \(flaw)")
    }
    guard let type = ScalarType(rawValue: row.text(3)) else { throw broken("dtype") }
    scalarType = type
    guard let shape = Shape(json: row.text(4)) else { throw broken("shape") }
    self.shape = shape
    byteCount = Int(row.integer(5))
    guard try byteCount == shape.byteCount(of: type) else { throw broken("byte_count") }
    initializerText = row.text(6)
    guard let config = try? texts.value(of: initializerText) else {
      throw broken("initializer")
    }
    initializer = config
    initializerVersion = Int(row.integer(7))
    seedOrigin = row.text(8)
    graphSeed = row.optionalInteger(9)
    dialect = row.text(10)
    fingerprintVersion = Int(row.integer(11))
    guard let fingerprint = Digest(bytes: row.bytes(12)) else { throw broken("fingerprint") }
    self.fingerprint = fingerprint
    guard let metadata = try? texts.value(of: row.text(13)),
      case .object(let members) = metadata
    else { throw broken("metadata") }
    self.metadata = members
    aliasOf = row.optionalText(14)
    payloadID = row.optionalInteger(15)
    digest = Digest(bytes: row.bytes(16))
    isRecipe = row.integer(17) != 0
    isAssigned = row.integer(18) != 0
    root = Digest(bytes: row.bytes(19))
    isProven = row.integer(20) != 0
  }

  /// What its fingerprint was made of.
  var declaration: StoredDeclaration {
    StoredDeclaration(
      name: name, dialect: dialect, scalarType: scalarType, shape: shape, initializer: initializer,
      initializerText: initializerText, version: initializerVersion, seedOrigin: seedOrigin,
      graphSeed: graphSeed, metadata: metadata, fingerprint: fingerprint)
  }
}

/// As much of a stored variable as tells whether a run has anything to do with it.
struct PresentVariable: Sendable {
  let id: Int64
  let position: Int
  let name: String
  let byteCount: Int
  let fingerprint: Digest?
  /// Canonical JSON.
  let metadata: String
  let aliasOf: String?
  let digest: Digest?
  let root: Digest?
  let isRecipe: Bool
  let isAssigned: Bool
  /// The incomplete payload that it has, where only some chunks are there.
  let partial: (payload: Int64, isRecipe: Bool)?
  /// True where the bytes are stored.
  var isMaterialized: Bool { hasValue && !isRecipe }
  /// True where the value was made; see `StoredVariable`.
  var hasValue: Bool { digest != nil || root != nil }

  /// What the value must be, where only the recipe is stored.
  var recipeDigest: ValueDigest? {
    isRecipe ? root.map { ValueDigest(sha256: digest, root: $0) } : nil
  }

  /// Reads a row of the statement `presentVariables`.
  init(row: borrowing StatementRow) {
    id = row.integer(0)
    position = Int(row.integer(1))
    name = row.text(2)
    byteCount = Int(row.integer(3))
    fingerprint = Digest(bytes: row.bytes(4))
    metadata = row.text(5)
    aliasOf = row.optionalText(6)
    digest = Digest(bytes: row.bytes(7))
    isRecipe = row.integer(8) != 0
    isAssigned = row.integer(9) != 0
    root = Digest(bytes: row.bytes(10))
    partial = row.optionalInteger(11).map { ($0, row.integer(12) != 0) }
  }
}

extension ValueSpec {
  init(_ variable: StoredVariable) {
    self.init(
      name: variable.name, scalarType: variable.scalarType, byteCount: variable.byteCount)
  }
}

extension RecordedVerdict {
  /// The columns `verdict` and `deviation`.
  var columns: [StatementValue] { [.text(verdict), .optional(deviation)] }
}

extension StoredVariable {
  /// Compares a value with what the initializer promises; `nil` where that is not known.
  func check(_ moments: Moments, _ registry: InitializerRegistry) -> DistributionCheck? {
    guard let dialect = try? Dialect(named: dialect),
      let initializer = try? registry.initializer(initializer)
    else { return nil }
    return DistributionCheck(
      initializer.promise(for: shape, scalarType, in: dialect), of: moments, as: scalarType)
  }
}
