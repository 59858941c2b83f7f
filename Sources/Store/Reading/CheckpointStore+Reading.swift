internal import Filling
internal import GRDB
internal import StoreAccess
internal import TensorMemory
public import Tensors
public import VariableGraph

extension CheckpointStore {
  /// The checkpoints in the order of their making, each compared with its rows: what is wrong with one is said
  /// beside it, so that the others can be listed.
  ///
  /// - Throws: `CheckpointError.Code.damaged` where the structure of the file is.
  /// - Complexity: O(*n*) in the variables of all checkpoints; `checkpoint(named:)` looks at one.
  public func checkpoints() throws -> [CheckpointSummary] {
    try read { db in
      try checkStructure(.declarations, db)
      if let stray = try db.strayRows.first {
        throw CheckpointError.damagedStructure(stray, path: path)
      }
      return try summaries(db) { try db.rowFlaw(of: $0) }
    }
  }

  /// The checkpoints as they are recorded, for those who compare them themselves.
  package func recordedCheckpoints() throws -> [CheckpointSummary] {
    try read { db in
      try checkStructure(.declarations, db)
      return try summaries(db) { _ in nil }
    }
  }

  private func summaries(
    _ db: Database, flaw: (String) throws -> String?
  ) throws -> [CheckpointSummary] {
    // Names first: a statement is not run while its rows are read.
    let names = try db.statement(.checkpointNames).map { $0.text(0) }
    var flaws = try names.map(flaw)[...]
    return try db.statement(.checkpointSummaries).map { row in
      CheckpointSummary(
        name: row.text(0), step: row.optionalInteger(1).map { Int($0) }, seed: row.integer(2),
        dialect: row.text(3), variables: Int(row.integer(4)), materialized: Int(row.integer(5)),
        bytes: Int(row.integer(6)), specFingerprint: row.text(7),
        contentDigest: row.optionalText(8), createdAt: row.text(9), flaw: flaws.popFirst() ?? nil)
    }
  }

  /// The summary of one checkpoint, compared with its variables.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  public func checkpoint(named name: String) throws -> CheckpointSummary {
    let found = try recordedCheckpoint(named: name)
    try read { try checkSeal(of: name, .values, $0) }
    return found
  }

  /// The summary of one checkpoint as it is recorded, for those who compare it with the variables
  /// themselves, or who mend them.
  ///
  /// - Throws: `CheckpointError.Code.unknownCheckpoint`.
  package func recordedCheckpoint(named name: String) throws -> CheckpointSummary {
    let all = try recordedCheckpoints()
    guard let found = all.first(where: { NameKey($0.name) == NameKey(name) }) else {
      throw CheckpointError.unknownCheckpoint(name, known: all.map(\.name))
    }
    return found
  }

  /// The variables and aliases of a checkpoint, in the order of their declaration, each compared with its
  /// fingerprint.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  public func variables(in checkpoint: String) throws -> [StoredVariable] {
    try read { try variables(in: checkpoint, $0) }
  }

  /// The same inside a transaction.
  func variables(
    in checkpoint: String, _ db: Database, _ extent: CheckpointSeal.Extent = .declarations
  ) throws -> [StoredVariable] {
    let variables = try storedVariables(of: knownCheckpointID(of: checkpoint, db), db)
    try checkSeal(of: checkpoint, extent, db, rows: variables)
    return variables
  }

  /// The variables and aliases of a checkpoint by their declarations, each compared with its fingerprint, also
  /// where what the rows say of values is damaged: what makes values again needs no more.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  package func declaredVariables(in checkpoint: String) throws -> [StoredVariable] {
    try read { try variables(in: checkpoint, $0, .fingerprints) }
  }

  /// The rows as they are.
  func storedVariables(of id: Int64, _ db: Database) throws -> [StoredVariable] {
    try db.storedVariables(of: id, path: path)
  }

  /// One variable; an alias gives the variable that it stands for. Only its row is read, and proved by its seal.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable` with the nearest names,
  ///   `damaged`.
  public func variable(_ name: String, in checkpoint: String) throws -> StoredVariable {
    try read { try variable(name, in: checkpoint, $0) }
  }

  /// The same inside a transaction.
  func variable(
    _ name: String, in checkpoint: String, _ db: Database
  ) throws -> StoredVariable {
    let id = try knownCheckpointID(of: checkpoint, db)
    func find(_ name: String) throws -> StoredVariable? {
      guard let found = try db.storedVariable(name, of: id, path: path) else { return nil }
      guard found.isProven, found.name.utf8.elementsEqual(name.utf8) else {
        // All rows together may tell more.
        try checkSeal(of: checkpoint, .values, db)
        throw CheckpointError.damagedRow(found.name, checkpoint: checkpoint)
      }
      return found
    }
    guard try db.isCheckpointProven(id, named: checkpoint), let named = try find(name),
      let variable = try named.aliasOf.map(find) ?? named
    else {
      // That something is not there is known when all rows are proved.
      try checkSeal(of: checkpoint, .declarations, db)
      let known = try storedVariables(of: id, db).map(\.name)
      throw CheckpointError.unknownVariable(
        name, checkpoint: checkpoint, near: Spelling.nearest(to: name, in: known))
    }
    return variable
  }

  func knownCheckpointID(of name: String, _ db: Database) throws -> Int64 {
    guard let id = try db.checkpointID(of: name) else {
      throw CheckpointError.unknownCheckpoint(
        name, known: try db.statement(.checkpointSummaries).map { $0.text(0) })
    }
    return id
  }

  /// A whole tensor; every chunk is checked against its digest.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownVariable`, `notMaterialized`, `damaged`.
  public func tensor(named name: String, in checkpoint: String = "initial") throws -> Tensor {
    try read { db in
      try tensor(
        of: variable(name, in: checkpoint, db), elements: nil, checkpoint: checkpoint, db)
    }
  }

  /// Elements `range` of a tensor, row-major, as a vector; only the chunks that hold them are read.
  ///
  /// - Throws: As `tensor`, and `CheckpointError.Code.rangeOutOfBounds`.
  public func slice(
    of name: String, elements range: Range<Int>, in checkpoint: String = "initial"
  ) throws -> Tensor {
    try read { db in
      let variable = try variable(name, in: checkpoint, db)
      try variable.check(range)
      return try tensor(of: variable, elements: range, checkpoint: checkpoint, db)
    }
  }

  /// Reads all elements in their shape, or a range of them as a vector.
  public func tensor(
    of variable: StoredVariable, elements range: Range<Int>?, checkpoint: String
  ) throws -> Tensor {
    try read { try tensor(of: variable, elements: range, checkpoint: checkpoint, $0) }
  }

  /// The same inside a transaction.
  func tensor(
    of variable: StoredVariable, elements range: Range<Int>?, checkpoint: String, _ db: Database
  ) throws -> Tensor {
    guard variable.isMaterialized else {
      throw variable.isRecipe
        ? CheckpointError.onlyRecipe(variable.name, checkpoint: checkpoint)
        : CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
    }
    guard variable.isProven else {
      throw CheckpointError.damagedRow(variable.name, checkpoint: checkpoint)
    }
    let width = variable.scalarType.byteCount
    let elements = range ?? 0..<variable.shape.elementCount
    let wanted = elements.lowerBound * width..<elements.upperBound * width
    let chunks = try db.chunks(of: variable, covering: wanted)
    if Chunking.count(ofBytes: variable.byteCount) > 1,
      let first = chunks.first?.number, let last = chunks.last?.number,
      try !db.isProven(first...last, of: variable)
    {
      throw CheckpointError.damaged(
        chunks.first { $0.digest == nil }?.damage(of: variable) ?? variable.damagedDigests,
        checkpoint: checkpoint)
    }
    // A recorded size is checked before memory is asked for.
    if let missing = chunks.first(where: { $0.digest == nil }) {
      throw CheckpointError.damaged(missing.damage(of: variable), checkpoint: checkpoint)
    }
    let storage = try TensorStorage(byteCount: wanted.count)
    let damages = try read(chunks, of: variable, db) { chunks, reader in
      try reader.fill(storage, with: chunks, wanted: wanted)
    }
    if let first = damages.min(by: { $0.chunk ?? 0 < $1.chunk ?? 0 }) {
      throw CheckpointError.damaged(first, checkpoint: checkpoint)
    }
    storage.seal()
    return try Tensor(
      shape: range == nil ? variable.shape : .vector(elements.count),
      scalarType: variable.scalarType, storage: storage)
  }

  /// Lets `body` read chunks, on as many threads as are worth it.
  ///
  /// The transaction of `db` stays open meanwhile, so that the others see the same state.
  ///
  /// - Returns: The damages that the calls found.
  private func read(
    _ chunks: [StoredChunk], of variable: StoredVariable, _ db: Database,
    _ body: @Sendable (ArraySlice<StoredChunk>, ChunkReader) throws -> [Damage]
  ) throws -> [Damage] {
    guard !chunks.isEmpty else { return [] }
    let readerCount = min(readers.count, chunks.count / ReadingConnections.chunksWorthAThread)
    guard readerCount > 1 else {
      return try body(chunks[...], ChunkReader(db, variable: variable, tally: readers.tally))
    }
    return try readers.concurrently(readerCount, beside: db) { number, db in
      let part = chunks.count * number / readerCount..<chunks.count * (number + 1) / readerCount
      return try body(chunks[part], ChunkReader(db, variable: variable, tally: readers.tally))
    }.flatMap { $0 }
  }
}

extension CheckpointStore {
  /// The variables of a graph whose bytes are stored under the same declaration.
  ///
  /// - Throws: `CheckpointError` with the codes `damaged`, `busy`, `inputOutput`.
  public func materializedNames(
    of graph: VariableGraph, in checkpoint: String
  ) throws -> NameSet {
    let stored = try read { db in
      guard let id = try db.presentCheckpoint(named: checkpoint, path: path) else {
        return [PresentVariable]()
      }
      try db.checkRows(of: id, named: checkpoint)
      return try db.presentVariables(in: id)
    }
    let fingerprints = NameTable(
      byName: stored.lazy.filter(\.isMaterialized).map { ($0.name, $0.fingerprint) })
    guard !fingerprints.isEmpty else { return [] }
    return NameSet(
      names: graph.fingerprints().filter { fingerprints[$0.name] == $0.fingerprint }.map(\.name))
  }

  /// True where the bytes of a graph's variable are stored under the same declaration.
  ///
  /// - Throws: `CheckpointError` with the codes `damaged`, `busy`, `inputOutput`.
  public func isMaterialized(
    _ variable: Variable, of graph: VariableGraph, in checkpoint: String
  ) throws -> Bool {
    let fingerprint = Fingerprint.variable(variable, in: graph)
    return try read { db in
      guard let id = try db.presentCheckpoint(named: checkpoint, path: path) else { return false }
      let found = try provenRow(of: variable.name, in: id, checkpoint, db)
      return found?.isMaterialized == true && found?.fingerprint == fingerprint
    }
  }

  /// The row of a graph's variable, where the store has its value under the same declaration; `nil` where it
  /// has none, or that of another declaration. Only this row is read.
  ///
  /// - Throws: `CheckpointError` with the codes `conflict` where the store has a value under another
  ///   declaration that nothing can make again, `damaged`, `busy`, `inputOutput`.
  package func storedValue(
    of variable: Variable, in graph: VariableGraph, checkpoint: String
  ) throws -> StoredVariable? {
    let fingerprint = Fingerprint.variable(variable, in: graph)
    return try read { db in
      guard let id = try db.presentCheckpoint(named: checkpoint, path: path) else { return nil }
      guard let found = try provenRow(of: variable.name, in: id, checkpoint, db), found.hasValue
      else { return nil }
      if found.fingerprint == fingerprint { return found }
      // The very bytes of an imported value.
      if let digest = variable.initializer.declaredDigest, found.digest == digest,
        found.fits(variable)
      {
        return found
      }
      guard found.isIrreplaceable else { return nil }
      let reason = found.difference(
        from: variable, in: graph, fingerprint: fingerprint, changedInputs: [])
      throw CheckpointError.otherDeclaration(
        .init(name: variable.name, reason: reason ?? "its declaration changed"),
        checkpoint: checkpoint)
    }
  }

  /// True where a variable of a checkpoint has a value that was assigned; false where there is none.
  ///
  /// - Throws: `CheckpointError` with the codes `damaged`, `busy`, `inputOutput`.
  package func hasAssignedValue(_ name: String, in checkpoint: String) throws -> Bool {
    try read { db in
      guard let id = try db.presentCheckpoint(named: checkpoint, path: path) else { return false }
      return try provenRow(of: name, in: id, checkpoint, db)?.isAssigned ?? false
    }
  }

  /// The row of a variable or an alias; `nil` where there is none, which is known when all rows are proved, once
  /// for each state of the file.
  private func provenRow(
    of name: String, in id: Int64, _ checkpoint: String, _ db: Database
  ) throws -> StoredVariable? {
    guard let found = try db.storedVariable(name, of: id, path: path) else {
      try checkSeal(of: checkpoint, .declarations, db)
      return nil
    }
    guard found.isProven else {
      throw CheckpointError.damagedRow(found.name, checkpoint: checkpoint)
    }
    return found
  }
}
