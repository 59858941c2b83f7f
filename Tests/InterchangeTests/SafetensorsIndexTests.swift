import Foundation
import Interchange
import Tensors
import TestSupport
import Testing

/// Models in several safetensors files.
struct SafetensorsIndexTests {
  private let folder: TemporaryFolder
  private let path: String
  private let index: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("model.safetensors")
    index = folder.path("model.safetensors.index.json")
  }

  private func write(_ limit: Int) throws -> [String] {
    var configuration = ModelFile.Configuration()
    configuration.maximumShardByteCount = limit
    let source = try MemoryTensors([
      (name: "a", bytes: [1, 2, 3]), (name: "b", bytes: [4, 5, 6, 7, 8, 9]),
      (name: "é", bytes: [10]), (name: "d", bytes: []),
    ])
    return try ModelFile.write(source, to: path, configuration)
      .map { URL(filePath: $0).lastPathComponent }
  }

  @Test func `shards take tensors in order while they fit, and a large tensor has its own`() throws
  {
    #expect(
      try write(4) == [
        "model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
        "model-00003-of-00003.safetensors", "model.safetensors.index.json",
      ])
    let second = try SafetensorsFile(path: folder.path("model-00002-of-00003.safetensors"))
    #expect(second.entries.map(\.name) == ["b"])
  }

  /// What `json.dumps(index, indent=2, sort_keys=True) + "\n"` gives.
  @Test func `the index is as transformers writes it`() throws {
    _ = try write(4)
    #expect(
      try String(contentsOf: URL(filePath: index), encoding: .utf8) == """
        {
          "metadata": {
            "total_size": 10
          },
          "weight_map": {
            "a": "model-00001-of-00003.safetensors",
            "b": "model-00002-of-00003.safetensors",
            "d": "model-00003-of-00003.safetensors",
            "\\u00e9": "model-00003-of-00003.safetensors"
          }
        }

        """)
  }

  @Test func `an index reads as the whole model`() throws {
    _ = try write(4)
    let model = try ModelFile.open(index)
    #expect(model.entries.map(\.name) == ["a", "b", "d", "é"])
    #expect(Array(try model.tensor(named: "b").data()) == [4, 5, 6, 7, 8, 9])
  }

  @Test func `what fits in one file is one file`() throws {
    #expect(try write(10) == ["model.safetensors"])
    #expect(!FileManager.default.fileExists(atPath: index))
  }

  @Test func `only safetensors files have shards`() throws {
    var configuration = ModelFile.Configuration()
    configuration.maximumShardByteCount = 4
    let npz = folder.path("model.npz")
    #expect {
      try ModelFile.write(MemoryTensors([(name: "a", bytes: [1])]), to: npz, configuration)
    } throws: {
      "\($0)" == """
        Cannot write "\(npz)" in shards: only .safetensors files have them.
        Choose such a name, or leave --max-shard-bytes out.
        """
    }
  }

  @Test(arguments: [
    ("{", "it is not JSON: a key must stand here, in quotes (byte 1)"),
    ("[]", "it has no weight_map of names and files"),
    (#"{"weight_map": {}}"#, "it has no weight_map of names and files"),
    (
      #"{"weight_map": {"a": "../x.safetensors"}}"#,
      #"it names "../x.safetensors", which is no safetensors file of its own folder"#
    ),
    (
      #"{"weight_map": {"a": "/etc/passwd"}}"#,
      #"it names "/etc/passwd", which is no safetensors file of its own folder"#
    ),
    (#"{"weight_map": {"a": 1}}"#, "it names 1, which is no safetensors file of its own folder"),
    (
      #"{"weight_map": {"a": "model-00001-of-00003.safetensors", "x": "model-00001-of-00003.safetensors"}}"#,
      #"no file has tensor "x", which it names"#
    ),
    (
      #"{"weight_map": {"x": "model-00001-of-00003.safetensors"}}"#,
      #""model-00001-of-00003.safetensors" has tensor "a", which it does not say"#
    ),
  ])
  func `an index that lies is refused`(text: String, reason: String) throws {
    _ = try write(4)
    try Data(text.utf8).write(to: URL(filePath: index))
    #expect {
      try SafetensorsIndex(path: index)
    } throws: {
      "\($0)" == """
        "\(index)" is not a valid model file: \(reason).
        Load it again if it was copied or downloaded, or write it again with the tool that made it.
        """
    }
  }

  @Test func `a shard that is not there is an error`() throws {
    _ = try write(4)
    try FileManager.default.removeItem(atPath: folder.path("model-00002-of-00003.safetensors"))
    #expect(throws: (any Error).self) { try SafetensorsIndex(path: index) }
  }
}
