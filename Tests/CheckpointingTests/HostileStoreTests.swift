import Foundation
import FuzzTargets
import GRDB
import Nascent
import TestSupport
import Testing

/// Files that a stranger changed: each is refused or read with its damage named, and none ends the
/// process, hangs, or is written to.
struct HostileStoreTests {
  private let folder: TemporaryFolder
  private let path: String

  init() async throws {
    folder = try TemporaryFolder()
    path = folder.path("s.db")
    var graph = VariableGraph(seed: 3)
    try graph.declare("kernel", shape: [300, 1000], initializer: .heUniform())
    try graph.declare("bias", shape: [10], initializer: .zeros)
    try graph.tie("tied", to: "kernel")
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path)).materialize()
  }

  /// Changes the file with SQL, past all constraints.
  private func change(_ sql: String) throws {
    var configuration = Configuration()
    configuration.foreignKeysEnabled = false
    try DatabaseQueue(path: path, configuration: configuration).writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA ignore_check_constraints = ON; \(sql)")
    }
  }

  /// Takes NOT NULL and STRICT from the tables, changes the file, and puts the schema back as it was.
  private func changeUntyped(_ sql: String) throws {
    try change(
      """
      PRAGMA writable_schema = ON;
      CREATE TABLE saved AS SELECT name, sql FROM sqlite_master WHERE type = 'table';
      UPDATE sqlite_master SET sql = replace(replace(sql, 'NOT NULL', ''), ') STRICT', ')')
      WHERE type = 'table' AND name <> 'saved';
      """)
    try change(sql)
    try change(
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_master SET sql = (SELECT sql FROM saved WHERE saved.name = sqlite_master.name)
      WHERE type = 'table' AND name <> 'saved';
      PRAGMA writable_schema = RESET;
      DROP TABLE saved;
      """)
  }

  /// Does everything that reads: each call ends, well or with one of the library's errors.
  ///
  /// - Returns: The errors.
  private func errorsOfReading() async throws -> [String] {
    try await StoreReading.errors(ofReading: path).map { error in
      guard FuzzFinding.isExpected(error) else {
        throw FuzzFinding(description: "an error of another kind: \(error)")
      }
      return "\(error)"
    }
  }

  @Test func `an untouched store has no errors`() async throws {
    #expect(try await errorsOfReading().isEmpty)
  }

  @Test(arguments: [
    (
      "CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM variable; END",
      "has a trigger, \"t\""
    ),
    (
      """
      CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM variable; END;
      PRAGMA writable_schema = ON;
      UPDATE sqlite_master SET type = 'TRIGGER' WHERE name = 't'
      """,
      "has a TRIGGER, \"t\""
    ),
    (
      """
      PRAGMA writable_schema = ON;
      UPDATE sqlite_master SET sql = replace(sql, 'not checked', 'not  checked') WHERE name = 'variable'
      """,
      "its table variable is missing or not as it must be"
    ),
    ("DROP VIEW variables", "its view variables is missing"),
    (
      "DROP VIEW variables; CREATE VIEW variables AS SELECT 1 AS name",
      "its view variables is missing"
    ),
    ("DROP INDEX chunk_by_block", "its index chunk_by_block is missing"),
    ("DROP TABLE run", "its table run is missing"),
    ("ALTER TABLE chunk ADD COLUMN more TEXT", "its table chunk is missing or not as it must be"),
    ("PRAGMA application_id = 1", "it is a SQLite file with application id 1"),
    ("PRAGMA user_version = 1000000", "format version 1000000; this program reads version 1"),
  ])
  func `another schema is refused`(sql: String, message: String) async throws {
    try change(sql)
    let errors = try await errorsOfReading()
    #expect(errors.count == 1 && errors[0].contains(message), "\(errors)")
  }

  @Test func `views and tables of the user's own are welcome`() async throws {
    try change("CREATE TABLE notes (text TEXT); CREATE VIEW large AS SELECT * FROM variables")
    #expect(try await errorsOfReading().isEmpty)
  }

  @Test(arguments: [
    "UPDATE variable SET byte_count = -1",
    "UPDATE variable SET byte_count = 4611686018427387904",
    "UPDATE variable SET shape = '[4611686018427387904,4611686018427387904]'",
    "UPDATE variable SET shape = '[-3]'",
    "UPDATE variable SET shape = '[300,1000'",
    "UPDATE variable SET shape = '[1000,300000]', byte_count = 1200000000",
    "UPDATE variable SET dtype = 'float128'",
    "UPDATE variable SET initializer = '{'",
    "UPDATE variable SET metadata = '[]'",
    "UPDATE variable SET fingerprint = x'00'",
    "UPDATE variable SET alias_of = 'tied' WHERE name = 'tied'",
    "UPDATE variable SET alias_of = 'nobody'",
    "UPDATE variable SET payload_id = 99",
    "UPDATE variable SET payload_id = -9223372036854775808",
    "UPDATE chunk SET number = number + 7",
    "UPDATE chunk SET number = 9223372036854775807 - number",
    "UPDATE chunk SET byte_count = 1",
    "UPDATE chunk SET byte_count = 9223372036854775807",
    "UPDATE chunk SET block_id = 9223372036854775807",
    "UPDATE chunk SET block_offset = 9223372036854775807",
    "UPDATE chunk SET block_offset = block_offset + 1",
    "UPDATE chunk SET sha256 = x'00'",
    "UPDATE block SET bytes = x''",
    "UPDATE block SET bytes = zeroblob(60000000)",
    "DELETE FROM block",
    "DELETE FROM chunk",
    "DELETE FROM payload",
    "UPDATE payload SET sha256 = randomblob(32)",
    "UPDATE checkpoint SET dialect = 'klingon'",
  ])
  func `malicious rows are named, and other values are never read`(sql: String) async throws {
    let expected = try CheckpointStore(path: path, for: .read).tensor(named: "kernel")
    try changeUntyped(sql)
    let errors = try await errorsOfReading()
    #expect(!errors.isEmpty || sql.contains("alias_of"), "\(sql)")
    let read = try? CheckpointStore(path: path, for: .read).tensor(named: "kernel")
    if let read { #expect(read.isIdentical(to: expected), "\(sql)") }
  }

  @Test(arguments: [
    "UPDATE checkpoint SET name = NULL", "UPDATE checkpoint SET seed = 'text'",
    "UPDATE checkpoint SET content_digest = 7", "UPDATE checkpoint SET created_at = x'ff'",
    "UPDATE checkpoint SET step = 'many'", "UPDATE checkpoint SET spec_fingerprint = 1.5",
    "UPDATE variable SET name = NULL WHERE name = 'bias'", "UPDATE variable SET shape = 5",
    "UPDATE variable SET initializer = NULL", "UPDATE variable SET byte_count = 'x'",
    "UPDATE variable SET metadata = NULL", "UPDATE variable SET position = 'first'",
    "UPDATE payload SET mean = 'text'", "UPDATE payload SET is_recipe = 'text'",
    "UPDATE payload SET preview = x'00ff'", "UPDATE payload SET sha256 = 'short'",
    "UPDATE chunk SET sha256 = 17", "UPDATE chunk SET block_offset = 'far'",
    "UPDATE block SET bytes = 'text'",
    "UPDATE variable SET name = 'a' || char(0) || '../../etc/passwd' WHERE name = 'bias'",
    "UPDATE variable SET name = printf('%.*c', 1048576, 'x') WHERE name = 'bias'",
    "UPDATE variable SET initializer = printf('%.*c', 1000000, '[')",
  ])
  func `values of another type end no process`(sql: String) async throws {
    try changeUntyped(sql)
    _ = try await errorsOfReading()
    // Writing into it ends as well, one way or the other.
    var graph = VariableGraph(seed: 3)
    try graph.declare("kernel", shape: [300, 1000], initializer: .heUniform())
    let path = path
    let result = Result { try CheckpointStore(path: path) }
    if case .failure(let error) = result { #expect(error is CheckpointError) }
  }
}
