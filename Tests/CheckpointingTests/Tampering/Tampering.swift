import Foundation
import GRDB

/// One change of a file, past all constraints: of one column of one row, or of a whole row.
struct Tampering: Sendable, CustomStringConvertible {
  enum Kind: String, Sendable, CaseIterable {
    /// Another value of the type.
    case other
    /// A value of the type at its bounds.
    case wild
    case null
    /// The value of another row.
    case copied
    /// Exchanged with that of another row.
    case swapped
    case rowDeleted
    case rowDuplicated
  }

  let table: String
  /// `nil` for the whole row.
  let column: String?
  let kind: Kind
  /// The key of the row, and of the other row.
  let row: [String: DatabaseValue]
  var partner: [String: DatabaseValue]?

  var description: String {
    func text(_ key: [String: DatabaseValue]) -> String {
      key.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }
    return "\(table).\(column ?? "*") \(kind) (\(text(row)))"
      + (partner.map { " ↔ (\(text($0)))" } ?? "")
  }

  /// All changes of a file; tables, columns and keys are those of its schema.
  static func all(of path: String) throws -> [Tampering] {
    try DatabaseQueue(path: path).read { db in
      let tables = try String.fetchAll(
        db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
      return try tables.flatMap { try all(of: $0, db) }
    }
  }

  private static func all(of table: String, _ db: Database) throws -> [Tampering] {
    let columns = try Row.fetchAll(
      db, sql: "SELECT name, pk FROM pragma_table_info(?)", arguments: [table])
    let names = columns.map { $0["name"] as String }
    let keys = columns.filter { ($0["pk"] as Int) > 0 }.map { $0["name"] as String }
    let rows = try Row.fetchAll(db, sql: "SELECT * FROM \(table)")
    func key(_ row: Row) -> [String: DatabaseValue] {
      Dictionary(uniqueKeysWithValues: keys.map { ($0, row[$0] as DatabaseValue) })
    }
    var found: [Tampering] = []
    for (number, row) in rows.enumerated() {
      for column in names {
        for kind in [Kind.other, .wild, .null] {
          found.append(Tampering(table: table, column: column, kind: kind, row: key(row)))
        }
        let others = rows[(number + 1)...] + rows[..<number]
        guard
          let partner = others.first(where: {
            $0[column] as DatabaseValue != row[column] as DatabaseValue
          })
        else { continue }
        for kind in [Kind.copied, .swapped] {
          found.append(
            Tampering(
              table: table, column: column, kind: kind, row: key(row), partner: key(partner)))
        }
      }
      for kind in [Kind.rowDeleted, .rowDuplicated] {
        found.append(Tampering(table: table, column: nil, kind: kind, row: key(row)))
      }
    }
    return found
  }

  /// Changes a file.
  ///
  /// - Returns: False where SQLite cannot hold the change, or nothing changes.
  func apply(to path: String) throws -> Bool {
    do {
      return try change(path)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_MISMATCH {
      return false
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
      guard kind == .null else { return false }
      // Without NOT NULL; the schema is then put back as it was.
      try Self.run(
        path,
        """
        PRAGMA writable_schema = ON;
        CREATE TABLE saved_schema AS SELECT name, sql FROM sqlite_master WHERE name = '\(table)';
        UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = '\(table)';
        """)
      let isDone = (try? change(path)) ?? false
      try Self.run(
        path,
        """
        PRAGMA writable_schema = ON;
        UPDATE sqlite_master SET sql = (SELECT sql FROM saved_schema) WHERE name = '\(table)';
        PRAGMA writable_schema = RESET;
        DROP TABLE saved_schema;
        """)
      return isDone
    }
  }

  private static func run(_ path: String, _ sql: String) throws {
    try queue(path).writeWithoutTransaction { try $0.execute(sql: sql) }
  }

  private static func queue(_ path: String) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase {
      try $0.execute(sql: "PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF")
    }
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  private func change(_ path: String) throws -> Bool {
    try Self.queue(path).write { db in
      switch kind {
      case .other, .wild:
        guard let column, let value = try value(column, of: row, db) else { return false }
        let new = try kind == .other ? Self.other(value, column, db) : Self.wild(value)
        guard new != value else { return false }
        try set(column, to: new, in: row, db)
      case .null:
        guard let column, let value = try value(column, of: row, db), !value.isNull else {
          return false
        }
        try set(column, to: .null, in: row, db)
      case .copied:
        guard let column, let partner, let value = try value(column, of: partner, db) else {
          return false
        }
        try set(column, to: value, in: row, db)
      case .swapped:
        guard let column, let partner, let first = try value(column, of: row, db),
          let second = try value(column, of: partner, db)
        else { return false }
        // What is unique must not stand twice in between.
        let spare = try Self.spare(first, db)
        try set(column, to: spare, in: row, db)
        try set(column, to: first, in: partner, db)
        var moved = row
        if moved[column] != nil { moved[column] = spare }
        try set(column, to: second, in: moved, db)
      case .rowDeleted:
        try db.execute(
          sql: "DELETE FROM \(table) WHERE \(Self.condition(row))", arguments: Self.values(row))
      case .rowDuplicated:
        return try duplicate(db)
      }
      return true
    }
  }

  /// Inserts the row once more: with a key of its own, and, where that is not enough, another name or number.
  private func duplicate(_ db: Database) throws -> Bool {
    let columns = try Row.fetchAll(
      db, sql: "SELECT name, pk, type FROM pragma_table_info(?)", arguments: [table])
    let names = columns.map { $0["name"] as String }
    let isRowID = columns.count { ($0["pk"] as Int) > 0 } == 1
    for changed in [nil] + names.reversed().map(Optional.some) {
      let values = columns.map { column -> String in
        let name: String = column["name"]
        if isRowID, (column["pk"] as Int) == 1 {
          return table == "outer_block"
            ? "(SELECT min(id) - 1 FROM outer_block)"
            : table == "partial" ? name : "NULL"
        }
        guard name == changed else { return name }
        return (column["type"] as String) == "TEXT" ? "\(name) || 'x'" : "\(name) + 1"
      }
      do {
        try db.execute(
          sql: """
            INSERT INTO \(table) (\(names.joined(separator: ", ")))
            SELECT \(values.joined(separator: ", ")) FROM \(table) WHERE \(Self.condition(row))
            """, arguments: Self.values(row))
        return true
      } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
        continue
      }
    }
    return false
  }

  private func value(
    _ column: String, of row: [String: DatabaseValue], _ db: Database
  ) throws -> DatabaseValue? {
    try Row.fetchOne(
      db, sql: "SELECT \(column) FROM \(table) WHERE \(Self.condition(row))",
      arguments: Self.values(row))?[0]
  }

  private func set(
    _ column: String, to value: DatabaseValue, in row: [String: DatabaseValue], _ db: Database
  ) throws {
    try db.execute(
      sql: "UPDATE \(table) SET \(column) = ? WHERE \(Self.condition(row))",
      arguments: [value] + Self.values(row))
  }

  private static func condition(_ row: [String: DatabaseValue]) -> String {
    row.keys.sorted().map { "\($0) IS ?" }.joined(separator: " AND ")
  }

  private static func values(_ row: [String: DatabaseValue]) -> StatementArguments {
    StatementArguments(row.sorted { $0.key < $1.key }.map(\.value))
  }

  /// Words of the format, each with another one.
  private static let words = [
    "float32": "int32", "float16": "bfloat16", "tensorflow": "jax", "flax-nnx": "jax",
    "own": "graph",
    "graph": "own", "none": "own", "fits": "deviates", "not checked": "fits", "{}": "{\"a\":1}",
  ]

  private static func other(
    _ value: DatabaseValue, _ column: String, _ db: Database
  ) throws -> DatabaseValue {
    switch value.storage {
    case .null:
      // Of the column's own type.
      let text = ["name", "preview", "deviation", "verdict", "alias_of", "finished_at"]
      if text.contains(column) { return "x".databaseValue }
      let bytes = ["seal", "sha256", "root", "subtrees", "moments", "content_digest"]
      if bytes.contains(column) { return Data(count: column == "moments" ? 64 : 32).databaseValue }
      let reals = ["mean", "standard_deviation", "minimum", "maximum", "skew", "kurtosis", "value"]
      return reals.contains(column) ? 0.5.databaseValue : 1.databaseValue
    case .int64(let number): return (number == 1 ? 0 : number + 1).databaseValue
    case .double(let number): return (number + 0.5).databaseValue
    case .string(let text):
      if let word = words[text] { return word.databaseValue }
      guard let place = text.firstIndex(where: { $0.isASCII && $0.isNumber }),
        let digit = text[place].wholeNumberValue
      else { return (text + "x").databaseValue }
      return text.replacingCharacters(in: place...place, with: "\((digit + 1) % 10)").databaseValue
    case .blob(var bytes):
      guard !bytes.isEmpty else { return Data([1]).databaseValue }
      bytes[bytes.startIndex + bytes.count / 2] ^= 1
      return bytes.databaseValue
    }
  }

  private static func wild(_ value: DatabaseValue) -> DatabaseValue {
    switch value.storage {
    case .null: .null
    case .int64: Int64.max.databaseValue
    case .double: Double.infinity.databaseValue
    case .string: "".databaseValue
    case .blob: Data().databaseValue
    }
  }

  private static func spare(_ value: DatabaseValue, _ db: Database) throws -> DatabaseValue {
    switch value.storage {
    case .int64: (-987_654_321).databaseValue
    case .double: (-0.125).databaseValue
    case .blob: Data(count: 32).databaseValue
    case .string, .null: "spare".databaseValue
    }
  }
}
