import Foundation
import Nascent
import TestSupport
import Testing

/// The extension as the sqlite3 program loads it.
enum StoreExtension {
  /// The library that was built beside the tests.
  static var path: String {
    let folder = URL(filePath: ChildProcess.nascent).deletingLastPathComponent()
    #if os(macOS)
      return folder.appending(path: "libNascentSQLite.dylib").path
    #else
      return folder.appending(path: "libNascentSQLite.so").path
    #endif
  }
}

/// `nascent_values` and `nascent_stats`.
struct StoreExtensionTests {
  private let folder: TemporaryFolder
  private let store: String

  init() throws {
    folder = try TemporaryFolder()
    store = folder.path("s.db")
  }

  private func sqlite(_ query: String, _ path: String? = nil) throws -> ChildProcess {
    try ChildProcess.run("sqlite3", [path ?? store, ".load \(StoreExtension.path)", query])
  }

  private func fill(_ declare: (inout VariableGraph) throws -> Void) async throws {
    var graph = VariableGraph(seed: 1)
    try declare(&graph)
    _ = try await Runtime(graph: graph, store: try CheckpointStore(path: store)).materialize()
  }

  /// 0.1 in each format, by IEEE 754 and by bfloat16's eight bits of precision.
  @Test func `a value of each dtype is read as it is`() async throws {
    try await fill { graph in
      for type in ScalarType.allCases {
        let value = type.isFloatingPoint ? 0.1 : 1
        try graph.declare(
          type.rawValue, shape: [3], dtype: type, initializer: .constant(value))
      }
    }
    let expected = [
      "float16": "0.0999755859375", "bfloat16": "0.10009765625",
      "float32": "0.100000001490116", "float64": "0.1",
    ]
    for type in ScalarType.allCases {
      let result = try sqlite("SELECT value FROM nascent_values('\(type.rawValue)')")
      let value = expected[type.rawValue] ?? "1"
      #expect(result.output == "\(value)\n\(value)\n\(value)\n", "\(type.rawValue)")
      #expect(result.errors == "")
    }
  }

  /// 600,000 floats are three chunks; each element is its own place.
  @Test func `elements of several chunks come in order, and bounds choose among them`() async throws
  {
    try await fill { graph in
      try graph.declare("ramp", shape: [600_000], initializer: Ramp())
      try graph.declare("empty", shape: [0], initializer: .zeros)
    }
    let query = """
      SELECT count(*), min(value - position), max(value - position) FROM nascent_values('ramp');
      SELECT group_concat(position) FROM nascent_values('ramp') WHERE position >= 262143 AND position < 262146;
      SELECT value FROM nascent_values('ramp') WHERE position = 599999;
      SELECT value FROM nascent_values('ramp') WHERE position > 599997.5 ORDER BY position DESC;
      SELECT count(*) FROM nascent_values('ramp') WHERE position = 600000 OR position = -1;
      SELECT count(*) FROM nascent_values('ramp') WHERE position > 9223372036854775806;
      SELECT count(*) FROM nascent_values('ramp') WHERE position <= -9223372036854775807;
      SELECT count(*) FROM nascent_values('empty');
      SELECT count(*) FROM nascent_values(NULL);
      SELECT count(*) FROM nascent_values('ramp') AS a JOIN nascent_values('ramp') AS b USING (position);
      SELECT sum(v.value) FROM variable, nascent_values(payload_id) AS v WHERE name = 'ramp' AND v.position < 4
      """
    let result = try sqlite(query)
    #expect(result.errors == "")
    #expect(
      result.output == """
        600000|0.0|0.0
        262143,262144,262145
        599999.0
        599999.0
        599998.0
        0
        0
        0
        0
        0
        600000
        6.0

        """)
  }

  /// 1, 2, 3, 10: the mean is 4, Σd² is 50, Σd³ is 180, Σd⁴ is 1394.
  @Test func `statistics are those of the definition`() throws {
    let result = try sqlite(
      """
      WITH t (x) AS (VALUES (1), (2.0), (3), (10), (NULL), (9e999))
      SELECT
        json_extract(s, '$.count'), json_extract(s, '$.not_finite'), json_extract(s, '$.mean'),
        abs(json_extract(s, '$.standard_deviation') - sqrt(12.5)) < 1e-12,
        abs(json_extract(s, '$.skew') - 45 / (12.5 * sqrt(12.5))) < 1e-12,
        abs(json_extract(s, '$.excess_kurtosis') - (348.5 / 156.25 - 3)) < 1e-12,
        json_extract(s, '$.minimum'), json_extract(s, '$.maximum')
      FROM (SELECT nascent_stats(x) AS s FROM t);
      SELECT nascent_stats(1) WHERE 0;
      SELECT nascent_stats(7) FROM (VALUES (1), (2))
      """, ":memory:")
    #expect(result.errors == "")
    #expect(
      result.output == """
        4|2|4.0|1|1|1|1.0|10.0
        {"count":0,"not_finite":0}
        {"count":2,"not_finite":0,"mean":7.0,"standard_deviation":0.0,"skew":null,\
        "excess_kurtosis":null,"minimum":7.0,"maximum":7.0}

        """)
    #expect(try sqlite("SELECT nascent_stats('a')").errors.contains("nascent_stats takes numbers"))
  }

  @Test func `what has no bytes is said`() async throws {
    var graph = VariableGraph(seed: 1)
    try graph.declare("made", shape: [2], initializer: .heUniform())
    try graph.declare("other", shape: [2], initializer: .heUniform())
    _ = try await Runtime(graph: graph, store: try CheckpointStore(path: store))
      .materialize(matching: ["made"], isRecipe: true)
    for (argument, message) in [
      ("'made'", "payload 1 is a recipe"), ("'other'", "\"other\" has no value yet"),
      ("'none'", "checkpoint \"initial\" has no variable \"none\""),
      ("'made', 'later'", "checkpoint \"later\" has no variable \"made\""),
      ("77", "there is no payload 77"), ("", "nascent_values needs a tensor"),
    ] {
      let result = try sqlite("SELECT * FROM nascent_values(\(argument))")
      #expect(result.output == "")
      #expect(result.errors.contains(message), "\(argument): \(result.errors)")
    }
  }

  /// Rows and bytes as a stranger, or a failing disk, may leave them.
  @Test(arguments: [
    ("UPDATE block SET bytes = zeroblob(length(bytes))", "its bytes do not have its SHA-256"),
    ("UPDATE block SET bytes = x'00'", "it does not lie in its block"),
    ("DELETE FROM block", "its block is missing"),
    ("UPDATE chunk SET number = 5 WHERE number = 1", "it is missing"),
    ("UPDATE chunk SET byte_count = 3", "its row cannot be"),
    ("UPDATE chunk SET block_id = NULL", "its row cannot be"),
    ("UPDATE chunk SET block_offset = 9223372036854775807", "it does not lie in its block"),
    ("UPDATE payload SET byte_count = 9223372036854775807", "is damaged"),
    ("UPDATE payload SET byte_count = 9223372036854775804", "its row cannot be"),
    ("UPDATE payload SET byte_count = 1", "cannot be"),
    ("UPDATE payload SET dtype = 'float128'", "cannot be"),
    ("UPDATE payload SET sha256 = NULL", "is not whole"),
  ])
  func `damage is an error`(change: String, message: String) async throws {
    try await fill { try $0.declare("v", shape: [300_000], initializer: .heUniform()) }
    #expect(try ChildProcess.run("sqlite3", [store, change]).errors == "")
    let result = try sqlite("SELECT sum(value) FROM nascent_values('v')")
    #expect(result.output == "")
    #expect(result.errors.contains(message), "\(result.errors)")
  }
}
