import Foundation
import GRDB
import StoreAccess
import TensorMemory
import TestSupport
import Testing

struct StoreAccessTests {
  private let folder: TemporaryFolder
  private let queue: DatabaseQueue

  init() throws {
    folder = try TemporaryFolder()
    queue = try DatabaseQueue(path: folder.path("test.db"))
    try queue.write { db in
      try db.execute(
        sql: "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, x REAL, s TEXT, b BLOB)")
    }
  }

  @Test func `values come back as they were bound`() throws {
    try queue.write { db in
      let insert = try db.cachedStatement(sql: "INSERT INTO t (n, x, s, b) VALUES (?1, ?2, ?3, ?4)")
      try insert.run(.integer(Int64.min), .real(0.1), .text("é\u{0}x"), .bytes([0, 255, 7]))
      try insert.run(.null, .optional(nil as Double?), .optional(nil as String?), .null)
      let select = try db.cachedStatement(sql: "SELECT n, x, s, b FROM t ORDER BY id")
      var rows = 0
      try select.withRows([]) { row in
        if rows == 0 {
          #expect(row.integer(0) == .min && row.optionalInteger(0) == .min)
          #expect(row.text(2) == "é\u{0}x" && row.optionalText(2) == "é\u{0}x")
          #expect(row.bytes(3) == [0, 255, 7])
        } else {
          #expect(row.isNull(0) && row.optionalInteger(0) == nil && row.integer(0) == 0)
          #expect(row.optionalText(2) == nil && row.text(2).isEmpty && row.bytes(3).isEmpty)
        }
        rows += 1
      }
      #expect(rows == 2)
      #expect(try select.first { $0.integer(0) } == .min)
    }
  }

  @Test func `a failing statement throws SQLite's error and can be run again`() throws {
    try queue.write { db in
      let insert = try db.cachedStatement(sql: "INSERT INTO t (id) VALUES (?1)")
      try insert.run(.integer(1))
      let error = #expect(throws: DatabaseError.self) { try insert.run(.integer(1)) }
      #expect(error?.resultCode == .SQLITE_CONSTRAINT)
      try insert.run(.integer(2))
    }
  }

  @Test func `a statement that GRDB has run takes values by position`() throws {
    try queue.write { db in
      let insert = try db.cachedStatement(sql: "INSERT INTO t (b) VALUES (:b)")
      try insert.execute(arguments: ["b": "first"])
      try insert.run(.bytes([2]))
      try insert.execute(arguments: ["b": "third"])
      try [UInt8]([4]).withRawSpan { try insert.run(bytes: $0) }
      let select = try db.cachedStatement(sql: "SELECT count(*) FROM t")
      #expect(try select.first { $0.integer(0) } == 4)
    }
  }

  @Test func `parts of values are read into memory of the caller`() throws {
    let bytes = [UInt8]((0..<200_000).map { UInt8(truncatingIfNeeded: $0 * 31) })
    try queue.write { db in
      let insert = try db.cachedStatement(sql: "INSERT INTO t (b) VALUES (?1)")
      try bytes.withRawSpan { try insert.run(bytes: $0) }
      try [UInt8]().withRawSpan { try insert.run(bytes: $0) }
      let reader = BlobReader(db, table: "t", column: "b")
      for range in [0..<0, 0..<10, 199_999..<200_000, 70_000..<170_000, 0..<200_000] {
        let storage = try TensorStorage(byteCount: range.count)
        let isThere = try storage.fill(0..<range.count) {
          try reader.read(row: 1, from: range.lowerBound, into: &$0)
        }
        storage.seal()
        #expect(isThere && storage.withBytes { $0.data } == Data(bytes[range]), "\(range)")
      }
    }
  }

  @Test(
    arguments: [(1, 1, 200_000), (1, -1, 1), (2, 0, 1), (3, 0, 1), (1, .max, 1)]
      as [(Int64, Int, Int)])
  func `bytes that are not there are not read`(row: Int64, offset: Int, count: Int) throws {
    try queue.write { db in
      let insert = try db.cachedStatement(sql: "INSERT INTO t (b) VALUES (?1)")
      try [UInt8](repeating: 1, count: 200_000).withRawSpan { try insert.run(bytes: $0) }
      try [UInt8]().withRawSpan { try insert.run(bytes: $0) }
      let reader = BlobReader(db, table: "t", column: "b")
      let storage = try TensorStorage(byteCount: count)
      #expect(
        try storage.fill(0..<count) { try reader.read(row: row, from: offset, into: &$0) } == false)
      // The reader still reads what is there.
      let one = try TensorStorage(byteCount: 1)
      #expect(try one.fill(0..<1) { try reader.read(row: 1, from: 5, into: &$0) })
    }
  }

  @Test func `flushing ahead changes nothing that is written and ends when it is told`() throws {
    try queue.writeWithoutTransaction { db in
      let flush = try #require(FlushAhead(db))
      let piece = [UInt8](repeating: 7, count: 1 << 20)
      try db.inTransaction(.immediate) {
        let insert = try db.cachedStatement(sql: "INSERT INTO t (b) VALUES (?1)")
        for _ in 0..<80 {
          try piece.withRawSpan { try insert.run(bytes: $0) }
          try flush.wrote(byteCount: piece.count)
        }
        try flush.check()
        return .commit
      }
      flush.stop()
      flush.stop()
      #expect(try Int.fetchOne(db, sql: "SELECT sum(length(b)) FROM t") == 80 << 20)
      #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
    }
  }
}
