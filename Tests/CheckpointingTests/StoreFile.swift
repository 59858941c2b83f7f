import Foundation
import GRDB
import Nascent
import StoreSchema
import TestSupport

/// A store's file as SQLite sees it, to look at it and to damage it.
struct StoreFile {
  let path: String

  /// Changes the file with SQL, past all constraints.
  func change(_ sql: String) throws {
    try queue().writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; \(sql)")
    }
  }

  /// Changes the file as a writer does that seals what it has changed: the seals of all rows are computed anew,
  /// from `Schema/FORMAT.md`.
  func changeSealed(_ sql: String) throws {
    try change(sql)
    try queue().write { db in
      db.add(function: DatabaseFunction("row_seal", pure: true) { Self.rowSeal($0) })
      try db.execute(sql: "UPDATE variable SET seal = NULL; UPDATE checkpoint SET seal = NULL")
      for name in ["sealVariables", "sealCheckpoints"] {
        try db.execute(sql: StoreSchema.statements[name] ?? "")
      }
    }
  }

  private static func rowSeal(_ values: [DatabaseValue]) -> Data {
    var message: [UInt8] = []
    func put(_ type: UInt8, _ word: UInt64, _ bytes: [UInt8] = []) {
      message.append(type)
      message += (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
      message += bytes
    }
    for value in values {
      switch value.storage {
      case .null: message.append(0)
      case .int64(let number): put(1, UInt64(bitPattern: number))
      case .double(let number): put(2, number.bitPattern)
      case .string(let text): put(3, UInt64(text.utf8.count), Array(text.utf8))
      case .blob(let data): put(4, UInt64(data.count), Array(data))
      }
    }
    return Data(Digest(of: Data(message)).bytes)
  }

  /// Flips a bit of a chunk's bytes.
  func flip(
    byte offset: Int, ofChunk number: Int, of variable: String, in checkpoint: String = "initial"
  ) throws {
    try queue().write { db in
      guard
        let row = try Row.fetchOne(
          db,
          sql: """
            SELECT block_id, block_offset, bytes FROM variable
            JOIN checkpoint ON checkpoint.id = checkpoint_id
            JOIN chunk USING (payload_id) JOIN block ON block.id = block_id
            WHERE checkpoint.name = ? AND variable.name = ? AND number = ?
            """, arguments: [checkpoint, variable, number])
      else { throw CocoaError(.fileNoSuchFile) }
      var bytes: Data = row["bytes"]
      bytes[bytes.startIndex + row["block_offset"] + offset] ^= 4
      try db.execute(
        sql: "UPDATE block SET bytes = ? WHERE id = ?", arguments: [bytes, row["block_id"]])
    }
  }

  /// The number in the first column of a query's first row.
  func number(_ sql: String) throws -> Int {
    try queue().read { try Int.fetchOne($0, sql: sql) ?? 0 }
  }

  /// A query's rows as text, to the last digit, without some columns.
  func rows(_ sql: String, without columns: Set<String> = []) throws -> [String] {
    try queue().read { db in
      try Row.fetchAll(db, sql: sql).map { row in
        row.filter { !columns.contains($0.0) }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
      }
    }
  }

  /// Everything that is in the tables, as text.
  func dump() throws -> String {
    try ChildProcess.run("sqlite3", [path, ".dump payload chunk block variable"]).output
  }

  private func queue() throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    return try DatabaseQueue(path: path, configuration: configuration)
  }
}
