internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

/// Reads the rows of one checkpoint, as much of each as is needed.
struct StoredRows {
  private let db: Database?
  private let checkpointID: Int64?
  private let path: String

  /// - Parameter checkpointID: The checkpoint; `nil` where there is none yet.
  /// - Parameter db: The store; `nil` where there is none yet.
  init(of checkpointID: Int64?, in db: Database?, path: String) {
    self.db = db
    self.checkpointID = checkpointID
    self.path = path
  }

  /// As much of each row as tells whether a run has anything to do with it.
  func present() throws -> [PresentVariable] {
    guard let db, let checkpointID else { return [] }
    return try db.presentVariables(in: checkpointID)
  }

  /// One row that is there.
  func row(_ name: String) throws -> StoredVariable {
    guard let db, let checkpointID,
      let row = try db.storedVariable(name, of: checkpointID, path: path)
    else { throw CheckpointError.notAStore(path, because: "the row of a variable is gone") }
    return row
  }

  /// All rows, in order.
  func all() throws -> [StoredVariable] {
    guard let db, let checkpointID else { return [] }
    return try db.storedVariables(of: checkpointID, path: path)
  }

  /// The seed and the dialect that the checkpoint was declared with; `nil` where there is none yet.
  func head() throws -> (seed: Int64, dialect: String)? {
    guard let db, let checkpointID else { return nil }
    return try db.statement(.sealOfCheckpoint).first(.integer(checkpointID)) {
      ($0.integer(1), $0.text(2))
    }
  }
}

extension Database {
  /// The rows of a checkpoint as they are, in order.
  ///
  /// - Parameter path: The store's, for messages.
  func storedVariables(of checkpoint: Int64, path: String) throws -> [StoredVariable] {
    var texts = StoredVariable.ParsedTexts()
    var rows: [StoredVariable] = []
    try statement(.storedVariables).withRows([.integer(checkpoint)]) { row in
      rows.append(try StoredVariable(row: row, path: path, texts: &texts))
    }
    return rows
  }

  /// The row of one variable or alias as it is; `nil` where there is none.
  func storedVariable(
    _ name: String, of checkpoint: Int64, path: String
  ) throws -> StoredVariable? {
    try statement(.storedVariable).first(.integer(checkpoint), .text(name)) {
      try StoredVariable(row: $0, path: path)
    }
  }
}

extension PresentVariable {
  /// True for a second name of that variable.
  func isAlias(of name: String) -> Bool { aliasOf.map { NameKey($0) } == NameKey(name) }

  /// True where there is a value, or a part of one, so that the whole row tells whether it can be made again.
  var mayBeIrreplaceable: Bool { hasValue || partial != nil }

  /// True where there is a value, or a part of one, that nothing can make again.
  func isIrreplaceable(_ row: StoredVariable) -> Bool {
    mayBeIrreplaceable && row.isIrreplaceable
  }

  /// In words, where a value comes from that nothing can make again.
  var origin: String {
    if isAssigned { return "its value was assigned" }
    return hasValue ? "its value was imported" : "a part of its value was imported"
  }

  /// In words, where any value comes from.
  func origin(_ row: StoredVariable) -> String {
    row.isIrreplaceable ? origin : "its value was made"
  }
}

extension StoredVariable {
  /// True where it has the shape and dtype of a graph's variable.
  func fits(_ variable: Variable) -> Bool {
    shape == variable.shape && scalarType == variable.scalarType
  }
}
