import Foundation
import Testing

/// Files of strangers, each with one kind of malice.
struct HostileFile: Sendable, CustomTestStringConvertible {
  /// What is wrong with it.
  let malice: String
  /// The file's name.
  let name: String
  let bytes: Data
  var testDescription: String { "\(name): \(malice)" }

  private static let huge = "4611686018427387904"
  private static let nested = String(repeating: "[", count: 1_000_000)
  private static let long = String(repeating: "x", count: 1 << 20)

  static let all = safetensors + arrays + archives + manifests + indexes

  private static func tensor(
    _ name: String = "w", shape: String = "[2]", _ offsets: String = "[0,8]"
  ) -> String {
    #""\#(name)":{"dtype":"F32","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  private static let safetensors: [HostileFile] =
    [
      ("sizes that overflow", "{\(tensor(shape: "[\(huge),4]"))}"),
      ("a dimension of 2^62", "{\(tensor(shape: "[\(huge)]"))}"),
      ("a negative dimension", "{\(tensor(shape: "[-2]"))}"),
      ("a million nested arrays", "{\"w\":{\"shape\":\(nested)"),
      ("a million nested arrays as metadata", "{\"__metadata__\":\(nested)"),
      ("a key twice", "{\(tensor()),\(tensor())}"),
      ("tensors that overlap", "{\(tensor("a")),\(tensor("b", "[4,12]"))}"),
      ("offsets outside the file", "{\(tensor("a", "[\(huge),\(huge)]"))}"),
      ("offsets that go backwards", "{\(tensor("a", "[8,0]"))}"),
      ("a name with NUL", "{\(tensor(#"a\u0000b"#))}"),
      ("a name with control characters", "{\(tensor(#"\u001b[2J\u009b31m"#))}"),
      ("a name of 1 MiB", "{\(tensor(long))}"),
      (
        "a dtype with control characters",
        #"{"w":{"dtype":"\u001b[2J","shape":[2],"data_offsets":[0,8]}}"#
      ),
    ].map { malice, header in
      let count = UInt64(header.utf8.count)
      let length = Data((0..<8).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) })
      return HostileFile(
        malice: malice, name: "x.safetensors", bytes: length + Data(header.utf8) + Data(count: 8))
    } + [
      HostileFile(
        malice: "a header that lies about its length", name: "x.safetensors",
        bytes: Data(repeating: 0xFF, count: 8) + Data("{}".utf8))
    ]

  private static func array(_ dictionary: String, byteCount: Int = 8) -> Data {
    let count = dictionary.utf8.count
    return Data([0x93]) + Data("NUMPY".utf8) + Data([2, 0])
      + Data((0..<4).map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) })
      + Data(dictionary.utf8) + Data(count: byteCount)
  }

  private static func shape(_ text: String) -> String {
    "{'descr': '<f4', 'fortran_order': False, 'shape': (\(text),), }"
  }

  private static let arrays: [HostileFile] = [
    ("sizes that overflow", shape("\(huge), 4")),
    ("a dimension of 2^62", shape(huge)),
    ("a negative dimension", shape("-2")),
    ("a million nested tuples", String(repeating: "(", count: 1_000_000)),
    ("a million nested tuples as shape", shape(String(repeating: "(", count: 1_000_000))),
    ("a key twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}"),
    ("code in place of a literal", "{'descr': open('x', 'w'), 'shape': (2,)}"),
    ("a string of 1 MiB less a little", "{'descr': '\(long.dropLast(64))', 'shape': (2,)}"),
    ("a header that is too long", String(repeating: " ", count: (1 << 20) + 1)),
    ("more bytes than the shape has", shape("1")),
    ("control characters", "{'\u{1B}[2J': 1}"),
  ].map { HostileFile(malice: $0, name: "x.npy", bytes: array($1)) }

  /// A member that is stored as it is; `size` is what is said of it.
  private struct Member {
    var name: String
    var content = array(shape("2"))
    var size: UInt64?
    var method: UInt16 = 0
    var offset: UInt32?
  }

  private static func archive(_ members: [Member]) -> Data {
    func number<Number: FixedWidthInteger>(_ value: Number) -> Data {
      Data(
        (0..<MemoryLayout<Number>.size).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }
    var file = Data()
    var directory = Data()
    for member in members {
      let offset = UInt32(file.count)
      let name = Data(member.name.utf8)
      let wide = member.size.map {
        number(UInt16(1)) + number(UInt16(16)) + number($0) + number($0)
      }
      let extra = wide ?? Data()
      let size = wide == nil ? UInt32(member.content.count) : UInt32.max
      let common =
        number(UInt16(0)) + number(member.method) + number(UInt32(0x21 << 16)) + number(UInt32(0))
        + number(size) + number(size) + number(UInt16(name.count)) + number(UInt16(extra.count))
      file += Data("PK\u{3}\u{4}".utf8) + number(UInt16(45)) + common + name + extra
      file += member.content
      directory += Data("PK\u{1}\u{2}".utf8) + number(UInt16(45)) + number(UInt16(45)) + common
      directory += number(UInt16(0)) + number(UInt16(0)) + number(UInt16(0)) + number(UInt32(0))
      directory += number(member.offset ?? offset) + name + extra
    }
    let end =
      number(UInt16(members.count)) + number(UInt16(members.count))
      + number(UInt32(directory.count)) + number(UInt32(file.count)) + number(UInt16(0))
    return file + directory + Data("PK\u{5}\u{6}".utf8) + number(UInt32(0)) + end
  }

  private static let archives: [HostileFile] = [
    ("a member of 2^62 bytes in a small file", [Member(name: "a.npy", size: 1 << 62)]),
    ("a member of 2^64 - 1 bytes", [Member(name: "a.npy", size: .max)]),
    (
      "an array that claims 2^62 elements",
      [Member(name: "a.npy", content: array(shape(huge)))]
    ),
    ("a member that is to be expanded", [Member(name: "a.npy", method: 8)]),
    (
      "members that share their bytes",
      (0..<1000).map { Member(name: "\($0).npy", offset: 0) }
    ),
    ("a name that climbs", [Member(name: "../../a.npy")]),
    ("a name that climbs inside", [Member(name: "x/../../a.npy")]),
    ("an absolute name", [Member(name: "/tmp/a.npy")]),
    ("a name of another system's folders", [Member(name: "..\\a.npy")]),
    ("a name with NUL", [Member(name: "a\0b.npy")]),
    ("a name with control characters", [Member(name: "\u{1B}[2J\u{9B}1m.npy")]),
    ("a name of 64 KiB", [Member(name: long.prefix(65_000) + ".npy")]),
    ("a name twice", [Member(name: "a.npy"), Member(name: "a.npy")]),
    ("a member that is no array", [Member(name: "a.exe")]),
  ].map { HostileFile(malice: $0, name: "x.npz", bytes: archive($1)) }

  private static func manifest(_ name: String, _ shape: String) -> String {
    #"{"variables":[{"name":"\#(name)","shape":\#(shape),"initializer":"zeros"}]}"#
  }

  private static let manifests: [HostileFile] = [
    ("sizes that overflow", manifest("w", "[\(huge),4]")),
    ("a dimension of 2^62", manifest("w", "[\(huge)]")),
    ("a negative dimension", manifest("w", "[-2]")),
    ("a million nested arrays", nested),
    ("a million nested arrays as shape", manifest("w", nested)),
    ("a key twice", #"{"variables":[],"variables":[]}"#),
    ("a variable twice", #"{"variables":[{"name":"w","shape":[1]},{"name":"w","shape":[1]}]}"#),
    ("a name with NUL", manifest(#"a\u0000b"#, "[2]")),
    ("a name with control characters", manifest(#"\u001b[2J\u009b31m"#, "[2]")),
    ("a name of 1 MiB", manifest(long, "[2]")),
    ("a dialect with control characters", #"{"dialect":"\u001b[2J","variables":[]}"#),
  ].map { HostileFile(malice: $0, name: "x.json", bytes: Data($1.utf8)) }

  private static let indexes: [HostileFile] = [
    ("a file of another folder", #"{"weight_map":{"a":"../x.safetensors"}}"#),
    ("an absolute file", #"{"weight_map":{"a":"/etc/x.safetensors"}}"#),
    ("a file with control characters", #"{"weight_map":{"a":"\u001b[2J.safetensors"}}"#),
    ("a file with NUL", #"{"weight_map":{"a":"\u0000.safetensors"}}"#),
    ("a million nested arrays", "{\"weight_map\":\(nested)"),
    ("a key twice", #"{"weight_map":{},"weight_map":{}}"#),
  ].map {
    HostileFile(malice: $0, name: "x.safetensors.index.json", bytes: Data($1.utf8))
  }
}
