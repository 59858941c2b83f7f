import Foundation
import Interchange
import TestSupport
import Testing

/// Headers that lie, each with the whole reason, none with a trap or with memory for what is not there.
struct HostileSafetensorsTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("hostile.safetensors")
  }

  private func refuses(
    _ bytes: Data, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
  )
    throws
  {
    try bytes.write(to: URL(filePath: path))
    #expect(sourceLocation: sourceLocation) {
      try SafetensorsFile(path: path)
    } throws: { error in
      "\(error)" == """
        "\(path)" is not a valid model file: \(reason).
        Load it again if it was copied or downloaded, or write it again with the tool that made it.
        """
    }
  }

  private func file(_ header: String, byteCount: Int = 0, length: UInt64? = nil) -> Data {
    let text = Data(header.utf8)
    let length = length ?? UInt64(text.count)
    return Data((0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }) + text
      + Data(count: byteCount)
  }

  private func tensor(
    _ name: String = "w", dtype: String = "F32", shape: String = "[2]", _ offsets: String = "[0,8]"
  ) -> String {
    #""\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func `a file shorter than the length of its header`() throws {
    try refuses(Data([1, 2]), "it has 2 bytes, and the length of its header alone has 8")
  }

  @Test func `a header of more bytes than the format has`() throws {
    try refuses(
      file("{}", length: 100_000_001),
      "its header has 100000001 bytes, and at most 100000000 are read")
    try refuses(
      file("{}", length: .max),
      "its header has 18446744073709551615 bytes, and at most 100000000 are read")
  }

  @Test func `a header that is longer than the file`() throws {
    try refuses(
      file("{}", length: 90_000_000), "its header has 90000000 bytes, and the whole file 10")
  }

  @Test func `a header that is no object`() throws {
    try refuses(file(" {}"), "its header does not begin with a brace")
    try refuses(file(""), "its header does not begin with a brace")
    try refuses(file("[]"), "its header does not begin with a brace")
  }

  @Test func `a header that is not JSON`() throws {
    let reason = "its header is not the JSON that it must be"
    try refuses(file("{"), "\(reason): a key must stand here, in quotes (byte 1)")
    try refuses(file("{}}"), "\(reason): there is more after the end of the value (byte 2)")
    let bytes = Data([6, 0, 0, 0, 0, 0, 0, 0]) + Data([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x7D])
    try refuses(bytes, "\(reason): a string is not UTF-8 (byte 4)")
  }

  @Test func `a header that nests without an end`() throws {
    try refuses(
      file(#"{"w":"# + String(repeating: "[", count: 100_000)),
      "its header is not the JSON that it must be: an object must stand here (byte 5)"
    )
  }

  @Test func `a tensor that is named twice`() throws {
    try refuses(
      file("{\(tensor()),\(tensor())}", byteCount: 8),
      """
      its header is not the JSON that it must be: the key "w" stands twice in one object (byte 58)
      """)
  }

  @Test func `metadata that are named twice or are no texts`() throws {
    try refuses(
      file(#"{"__metadata__":{"a":"1","a":"2"}}"#),
      """
      its header is not the JSON that it must be: the key "a" stands twice in one object (byte 29)
      """)
    try refuses(
      file(#"{"__metadata__":{"a":1}}"#),
      "its header is not the JSON that it must be: a text must stand here, in quotes (byte 21)")
  }

  @Test(arguments: [
    #"{"w":{"dtype":"F32","shape":[2]}}"#,
    #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}"#,
    #"{"w":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
    #"{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
    #"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
    #"{"w":{"dtype":"F32","shape":["# + String(repeating: "1,", count: 300) + "2]}}",
  ])
  func `a tensor without the three fields that it must have`(header: String) throws {
    try refuses(
      file(header, byteCount: 8),
      #"tensor "w" has not exactly dtype, shape and data_offsets, in whole numbers from 0 on"#)
  }

  @Test(arguments: [
    (#"{"w":3}"#, "an object must stand here (byte 5)"),
    (#"{"w":{"dtype":32}}"#, "a text must stand here, in quotes (byte 14)"),
    (#"{"w":{"shape":2}}"#, "a list must stand here (byte 14)"),
    (#"{"w":{"shape":[2.5]}}"#, "a whole number of 64 bits must stand here (byte 18)"),
    (
      #"{"w":{"shape":[18446744073709551616]}}"#,
      "a whole number of 64 bits must stand here (byte 35)"
    ),
    (#"{"w":{"shape":[[2]]}}"#, "a whole number of 64 bits must stand here (byte 15)"),
  ])
  func `a field of another kind than it must be`(header: String, reason: String) throws {
    try refuses(file(header), "its header is not the JSON that it must be: \(reason)")
  }

  @Test func `a dtype that the format does not have`() throws {
    try refuses(
      file("{\(tensor(dtype: "F31"))}", byteCount: 8),
      #"tensor "w" has the dtype "F31", which the format does not have"#)
  }

  @Test func `offsets that are no range`() throws {
    try refuses(
      file("{\(tensor("w", "[8,0]"))}", byteCount: 8),
      #"tensor "w" has the offsets [8, 0], which are not a beginning and an end"#)
    try refuses(
      file("{\(tensor("w", "[0]"))}", byteCount: 8),
      #"tensor "w" has the offsets [0], which are not a beginning and an end"#)
  }

  @Test func `a shape whose elements overflow`() throws {
    try refuses(
      file("{\(tensor(shape: "[4611686018427387904,4]"))}", byteCount: 8),
      """
      tensor "w" has no possible shape. Shape [4611686018427387904, 4] has more than 2^63 - 1 elements.
      Check the sizes; no machine can hold such a tensor.
      """)
  }

  @Test func `a shape whose bytes overflow`() throws {
    try refuses(
      file("{\(tensor(shape: "[4611686018427387904]"))}", byteCount: 8),
      """
      tensor "w" has no possible shape. A float32 tensor of shape [4611686018427387904] has more than \
      2^63 - 1 bytes: 4611686018427387904 elements of 4 bytes.
      Check the sizes; no machine can hold such a tensor.
      """)
  }

  @Test func `more or fewer bytes than shape and dtype need`() throws {
    try refuses(
      file("{\(tensor("w", "[0,12]"))}", byteCount: 12),
      #"tensor "w" of shape [2] and dtype F32 needs 8 bytes and has 12"#)
  }

  @Test func `tensors that overlap`() throws {
    try refuses(
      file("{\(tensor("a", "[0,8]")),\(tensor("b", "[4,12]"))}", byteCount: 12),
      #"the bytes of tensor "b" begin at 4 and those before it end at 8"#)
  }

  @Test func `a hole between tensors`() throws {
    try refuses(
      file("{\(tensor("a", "[0,8]")),\(tensor("b", "[12,20]"))}", byteCount: 20),
      #"the bytes of tensor "b" begin at 12 and those before it end at 8"#)
  }

  @Test func `bytes behind the last tensor`() throws {
    try refuses(
      file("{\(tensor())}", byteCount: 9), "it has 9 bytes behind its header, which tells of 8")
  }

  @Test func `a file that is cut off`() throws {
    try refuses(
      file("{\(tensor())}", byteCount: 7), "it has 7 bytes behind its header, which tells of 8")
  }

  @Test func `a dtype that Nascent does not have is another error`() {
    let path = InterchangeVector.path("float8.safetensors")
    #expect {
      try SafetensorsFile(path: path)
    } throws: {
      "\($0)" == """
        Cannot read "\(path)": tensor "w" has the dtype F8_E4M3.
        Nascent has float16, bfloat16, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, \
        uint64, bool: convert the tensor to one of these, or leave it out.
        """
    }
  }

  @Test func `a bool that is neither 0 nor 1 is found when it is read`() throws {
    var bytes = file("{\(tensor(dtype: "BOOL", "[0,2]"))}", byteCount: 2)
    bytes[bytes.count - 1] = 7
    try bytes.write(to: URL(filePath: path))
    #expect {
      try PartReader(SafetensorsFile(path: path)).digest(of: 0)
    } throws: {
      "\($0)" == """
        Tensor "w" of dtype bool has an element of the byte 7; a bool is 0 or 1.
        Write the tensor again as bool, or as uint8.
        """
    }
  }

  @Test func `every prefix of a file and every changed byte of its header opens or throws`() throws
  {
    let whole = try Data(contentsOf: URL(filePath: InterchangeVector.path("all.safetensors")))
    for count in stride(from: 0, to: whole.count, by: 7) {
      try whole.prefix(count).write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self) { try SafetensorsFile(path: path) }
    }
    var generator = SeededGenerator(state: 7)
    for _ in 0..<300 {
      var changed = whole
      changed[Int.random(in: 0..<1400, using: &generator)] = .random(in: 0...255, using: &generator)
      try changed.write(to: URL(filePath: path))
      do {
        let file = try SafetensorsFile(path: path)
        for entry in file.entries { _ = try file.tensor(named: entry.name) }
      } catch is ModelFileError {
        continue
      }
    }
  }
}
