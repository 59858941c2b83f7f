internal import GRDB
internal import StoreAccess
internal import Synchronization
internal import Tensors
internal import VariableGraph

/// Whether the rows of a checkpoint are those that were written, as far as fingerprints and digests
/// tell it. Bytes are not read: each chunk is compared with its digest when it is.
struct CheckpointSeal: Sendable {
  /// How much a reader relies on.
  enum Extent: Sendable {
    /// Names, shapes, dtypes, initializers, seeds, aliases, as their fingerprints bind them: enough to make
    /// values again, and compare them.
    case fingerprints
    /// All columns of the rows, as their seals bind them.
    case declarations
    /// The digests of the values as well.
    case values
  }

  /// What is said of a checkpoint whose row is not what was written.
  static let rowFlaw = "its row, or one of its metrics, does not have its seal"
  /// What is said of a checkpoint that has lost a row, or has one more.
  static let rowsFlaw = "its variables and aliases do not have its spec fingerprint"

  let checkpoint: String

  /// - Parameter variables: All rows of the checkpoint, in order; `nil` where the declarations were found
  ///   intact before.
  /// - Returns: What is wrong, as sentences without an end; empty where nothing is.
  func flaws(
    in variables: [StoredVariable]?, id: Int64, _ extent: Extent, _ db: Database
  ) throws -> [String] {
    let found = try db.statement(.sealOfCheckpoint).first(.integer(id)) { row in
      let known = try variables.map { try flaws(in: $0, extent, row) } ?? []
      guard extent == .values, !row.isNull(4),
        try Digest(bytes: row.bytes(4)) != db.contentDigest(of: id)
      else { return known }
      return known + ["the digests of its values do not have its content digest"]
    }
    guard let found else { return ["its row is missing"] }
    guard found.isEmpty, extent != .fingerprints, try !db.isCheckpointProven(id, named: checkpoint)
    else { return found }
    return [Self.rowFlaw]
  }

  private func flaws(
    in variables: [StoredVariable], _ extent: Extent, _ row: borrowing StatementRow
  ) throws -> [String] {
    var flaws: [String] = []
    if NameKey(row.text(0)) != NameKey(checkpoint) {
      flaws.append("its row has the name \"\(row.text(0).shown)\"")
    }
    guard let dialect = try? Dialect(named: row.text(2)) else {
      return flaws + ["there is no dialect \"\(row.text(2).shown)\""]
    }
    let declared = variables.filter { $0.aliasOf == nil }
    let known = NameTable(byName: declared.lazy.map { ($0.name, $0) })
    var check = StoredDeclarationCheck(declared.map(\.declaration), in: dialect)
    if let name = check.firstChanged() {
      flaws.append("the declaration of variable \"\(name)\" does not have its fingerprint")
    } else if !check.isUsed(seed: row.integer(1)) {
      flaws.append("its seed is not the one that its variables draw from")
    }
    for variable in variables {
      if variable.fingerprintVersion != Fingerprint.version {
        flaws.append("variable \"\(variable.name)\" has a fingerprint of another kind")
      }
      guard let name = variable.aliasOf else { continue }
      guard let target = known[name] else {
        flaws.append("alias \"\(variable.name)\" stands for a variable that is not there")
        continue
      }
      if variable.shape != target.shape || variable.scalarType != target.scalarType
        || variable.initializerText != target.initializerText
        || variable.fingerprint != target.fingerprint || variable.payloadID != nil
      {
        flaws.append("alias \"\(variable.name)\" is declared otherwise than its variable")
      }
    }
    let spec = Fingerprint.graph(
      variables: declared.map { ($0.name, $0.fingerprint) },
      aliases: variables.compactMap { variable in
        variable.aliasOf.map { VariableGraph.Alias(name: variable.name, target: $0) }
      })
    if row.integer(5) != Fingerprint.version || Digest(bytes: row.bytes(3)) != spec {
      flaws.append(Self.rowsFlaw)
    }
    // What is said above is said in detail; a seal only tells that something is not what was written.
    if flaws.isEmpty, extent != .fingerprints,
      let variable = variables.first(where: { !$0.isProven })
    {
      flaws.append(Damage.sealFlaw(of: variable.name))
    }
    return flaws
  }
}

/// What was found intact of a file, so that reading many tensors checks it once.
///
/// A class, because connections share it.
final class SealMemory: Sendable {
  private struct Key: Hashable {
    let checkpoint: String
    let extent: CheckpointSeal.Extent
  }
  private struct State {
    var version: Int64?
    var tables: Set<StatementName> = []
    var intact: Set<Key> = []
  }
  private let state = Mutex(State())

  /// Forgets what was found of another state of the file. What this connection wrote itself is
  /// trusted.
  func begin(_ version: Int64) {
    state.withLock { state in
      if state.version != version { state = State(version: version) }
    }
  }

  /// Runs a check of a table, once.
  func checkTable(_ name: StatementName, _ body: () throws -> Void) throws {
    if state.withLock({ $0.tables.contains(name) }) { return }
    try body()
    state.withLock { _ = $0.tables.insert(name) }
  }

  func isIntact(_ checkpoint: String, _ extent: CheckpointSeal.Extent) -> Bool {
    state.withLock { $0.intact.contains(Key(checkpoint: checkpoint, extent: extent)) }
  }

  func setIntact(_ checkpoint: String, _ extent: CheckpointSeal.Extent) {
    state.withLock { state in
      state.intact.insert(Key(checkpoint: checkpoint, extent: extent))
      if extent == .values {
        state.intact.insert(Key(checkpoint: checkpoint, extent: .declarations))
      }
    }
  }
}

extension CheckpointStore {
  /// Checks the tables of declarations and digests with their indexes, once for each state of the file.
  ///
  /// - Throws: `CheckpointError.Code.damaged`, `DatabaseError`.
  func checkStructure(_ extent: CheckpointSeal.Extent, _ db: Database) throws {
    seals.begin(try db.number(.dataVersion))
    let declarations: [StatementName] = [
      .checkTableCheckpoint, .checkTableVariable, .checkTablePayload,
    ]
    for name in extent == .values ? declarations + [.checkTableChunk] : declarations {
      try seals.checkTable(name) {
        let problems = try db.structureProblems(name)
        guard problems == ["ok"] else {
          throw CheckpointError.damagedStructure(problems.first ?? "no answer", path: path)
        }
      }
    }
  }

  /// Checks what is not checked when bytes are read, once for each state of the file.
  ///
  /// - Parameter variables: The rows of the checkpoint, where they were read.
  /// - Throws: `CheckpointError.Code.damaged`, `DatabaseError`.
  func checkSeal(
    of checkpoint: String, _ extent: CheckpointSeal.Extent, _ db: Database,
    rows variables: [StoredVariable]? = nil
  ) throws {
    try checkStructure(extent, db)
    guard !seals.isIntact(checkpoint, extent) else { return }
    let id = try knownCheckpointID(of: checkpoint, db)
    let rows =
      try seals.isIntact(checkpoint, .declarations)
      ? nil : variables ?? storedVariables(of: id, db)
    let flaws = try CheckpointSeal(checkpoint: checkpoint).flaws(in: rows, id: id, extent, db)
    if let first = flaws.first {
      throw CheckpointError.damagedRows(first, checkpoint: checkpoint)
    }
    seals.setIntact(checkpoint, extent)
  }
}

/// Each row of a variable has a seal, SHA-256 over all that is read of it and of its payload's row, and so has
/// each checkpoint's: one row, read alone, is proved by itself.
///
/// 1. *changed*: statements that change such a row take its seal;
/// 2. *sealed*: before a transaction is committed, what it changed gets its seals. So rows of a file have
///    seals whenever nobody writes.
extension Database {
  /// Begins a transaction that may change rows.
  ///
  /// - Throws: `CheckpointError.Code.damaged` where a row has no seal: sealing it would call it sound.
  func beginWriting() throws {
    try beginTransaction(.immediate)
    try checkSealed()
  }

  /// Refuses a file with rows that have no seal.
  func checkSealed() throws {
    guard try number(.hasUnsealedRows) != 0 else { return }
    let path = try statement(.databaseFile).first { $0.text(0) } ?? ""
    if isInsideTransaction { try rollback() }
    throw CheckpointError.damagedStructure("a row has no seal", path: path)
  }

  /// Seals what the transaction has changed.
  func seal() throws {
    guard try number(.hasUnsealedRows) != 0 else { return }
    try run(.sealVariables)
    try run(.sealCheckpoints)
  }

  /// Seals what the transaction has changed, and commits.
  func commitSealed() throws {
    try seal()
    try commit()
  }

  /// True where a checkpoint's row and its metrics are what was written.
  func isCheckpointProven(_ id: Int64, named name: String) throws -> Bool {
    try statement(.isCheckpointProven).first(.integer(id), .text(name)) { $0.integer(0) != 0 }
      ?? false
  }

  /// Rows of which the row that they belong to is not there, as sentences without an end.
  var strayRows: [String] {
    get throws {
      try statement(.strayRows).map { "a row of the table \($0.text(0)) belongs to none" }
    }
  }

  /// What is wrong with the rows of a checkpoint, in words: whether each has its seal, and whether they are all.
  ///
  /// - Complexity: O(*n*), without reading what declarations say.
  func rowFlaw(of name: String) throws -> String? {
    guard let id = try checkpointID(of: name) else { return "its row is missing" }
    do {
      try checkRows(of: id, named: name)
    } catch let error as CheckpointError where error.code == .damaged {
      if let variable = try unprovenVariable(of: id) { return Damage.sealFlaw(of: variable) }
      return try isCheckpointProven(id, named: name)
        ? CheckpointSeal.rowsFlaw : CheckpointSeal.rowFlaw
    }
    let content =
      try statement(.sealOfCheckpoint).first(.integer(id)) {
        $0.isNull(4) ? nil : Digest(bytes: $0.bytes(4))
      } ?? nil
    guard try content == nil || content == contentDigest(of: id) else {
      return "the digests of its values do not have its content digest"
    }
    return nil
  }

  /// True where the rows of a checkpoint are all that it has, as its fingerprint tells.
  func hasAllRows(_ id: Int64) throws -> Bool {
    var variables: [(name: String, fingerprint: Digest)] = []
    var aliases: [VariableGraph.Alias] = []
    try statement(.namesOfCheckpoint).withRows([.integer(id)]) { row in
      if let target = row.optionalText(2) {
        aliases.append(VariableGraph.Alias(name: row.text(0), target: target))
      } else if let fingerprint = Digest(bytes: row.bytes(1)) {
        variables.append((row.text(0), fingerprint))
      }
    }
    let recorded = try statement(.sealOfCheckpoint).first(.integer(id)) {
      Digest(bytes: $0.bytes(3))
    }
    return recorded == Fingerprint.graph(variables: variables, aliases: aliases)
  }

  /// A checkpoint's key; `nil` where there is none of that name, which is known when the others are what was
  /// written and no row belongs to none: it could have been renamed, or its row be gone.
  ///
  /// - Throws: `CheckpointError.Code.damaged`.
  func presentCheckpoint(named name: String, path: String) throws -> Int64? {
    if let id = try checkpointID(of: name) { return id }
    try checkCheckpoints(path: path)
    return nil
  }

  /// Refuses to go on where the row of any checkpoint is not what was written, or is gone.
  ///
  /// - Throws: `CheckpointError.Code.damaged`.
  func checkCheckpoints(path: String) throws {
    if let stray = try strayRows.first {
      throw CheckpointError.damagedStructure(stray, path: path)
    }
    let names = try statement(.checkpointNames).map { $0.text(0) }
    for name in names {
      guard let id = try checkpointID(of: name), try isCheckpointProven(id, named: name) else {
        throw CheckpointError.damagedRows(CheckpointSeal.rowFlaw, checkpoint: name)
      }
    }
  }

  /// The first variable of a checkpoint whose row does not have its seal.
  private func unprovenVariable(of id: Int64) throws -> String? {
    try statement(.firstUnprovenVariable).first(.integer(id)) { $0.text(0) }
  }

  /// Refuses to go on with a checkpoint of which a row is not what was written.
  ///
  /// - Throws: `CheckpointError.Code.damaged`.
  func checkRows(of id: Int64, named name: String) throws {
    if let variable = try unprovenVariable(of: id) {
      throw CheckpointError.damagedRow(variable, checkpoint: name)
    }
    guard try isCheckpointProven(id, named: name) else {
      throw CheckpointError.damagedRows(CheckpointSeal.rowFlaw, checkpoint: name)
    }
    guard try hasAllRows(id) else {
      throw CheckpointError.damagedRows(CheckpointSeal.rowsFlaw, checkpoint: name)
    }
  }
}

extension Database {
  /// What SQLite says of the structure of the file, or of a table with its indexes: `ok`, or what is wrong.
  ///
  /// - Throws: `DatabaseError` where a page could not be read, which SQLite lists among the damages.
  func structureProblems(_ name: StatementName) throws -> [String] {
    let problems = try statement(name).map { $0.text(0) }
    for problem in problems {
      guard
        let match = problem.firstMatch(of: /unable to get the page\. error code=(\d+)/),
        let code = Int32(match.1)
      else { continue }
      // The lowest byte is the kind of the failure.
      let result = ResultCode(rawValue: code & 0xFF)
      guard result == .SQLITE_IOERR || result == .SQLITE_NOMEM else { continue }
      throw DatabaseError(resultCode: ResultCode(rawValue: code))
    }
    return problems
  }
}
