import Foundation
import Interchange
import TestSupport
import Testing

/// Archives that lie, each with the whole reason, none with a trap.
struct HostileArchiveTests {
  private let folder: TemporaryFolder
  private let path: String
  /// Two members, `a.npy` and `b.npy`, of 130 bytes each.
  private let whole: Data
  private let directory: Int
  private let end: Int

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("hostile.npz")
    _ = try ModelFile.write(
      MemoryTensors([(name: "a", bytes: [1, 2]), (name: "b", bytes: [3, 4])]), to: path)
    whole = try Data(contentsOf: URL(filePath: path))
    end = whole.count - 22
    directory = end - 2 * (46 + 5)
  }

  private func refuses(
    _ reason: String, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout Data) -> Void
  ) throws {
    var data = whole
    change(&data)
    try data.write(to: URL(filePath: path))
    #expect(sourceLocation: sourceLocation) {
      try NumPyArchive(path: path)
    } throws: { error in
      "\(error)" == """
        "\(path)" is not a valid model file: \(reason).
        Load it again if it was copied or downloaded, or write it again with the tool that made it.
        """
    }
  }

  private func put(_ value: UInt32, at offset: Int, _ data: inout Data) {
    for place in 0..<4 { data[offset + place] = UInt8(truncatingIfNeeded: value >> (place * 8)) }
  }

  @Test func `a file without the end of a directory`() throws {
    try refuses("it has no end of a ZIP archive's directory") { $0 = Data() }
    try refuses("it has no end of a ZIP archive's directory") { $0.removeLast() }
    try refuses("it has no end of a ZIP archive's directory") { $0.append(0) }
  }

  @Test func `an archive in several files`() throws {
    try refuses("it is a part of an archive in several files") { $0[end + 4] = 1 }
    try refuses("it is a part of an archive in several files") { $0[end + 8] = 1 }
  }

  @Test func `a directory that does not end where the archive ends`() throws {
    try refuses("its directory of 101 bytes from \(directory) on does not end at \(end)") {
      put(101, at: end + 12, &$0)
    }
    try refuses("its directory of 102 bytes from 4294967294 on does not end at \(end)") {
      put(0xFFFF_FFFE, at: end + 16, &$0)
    }
  }

  @Test func `a directory of more members than it has room for`() throws {
    try refuses("its directory of 102 bytes cannot have 300 members") {
      $0[end + 8] = 44
      $0[end + 9] = 1
      $0[end + 10] = 44
      $0[end + 11] = 1
    }
    try refuses("its directory does not end where it should") {
      $0[end + 8] = 1
      $0[end + 10] = 1
    }
  }

  @Test func `a large archive without its records`() throws {
    try refuses("it has no record of a large archive's directory") {
      put(0xFFFF_FFFF, at: end + 16, &$0)
    }
  }

  @Test func `a member with two sizes`() throws {
    try refuses(#"its member "a.npy" is stored and has the sizes 131 and 130"#) {
      put(131, at: directory + 20, &$0)
    }
  }

  @Test func `a member that reaches into the directory`() throws {
    try refuses(#"its member "a.npy" of 70000 bytes from 55 on reaches into the directory"#) {
      put(70000, at: directory + 20, &$0)
      put(70000, at: directory + 24, &$0)
    }
  }

  @Test func `a member that begins behind the last`() throws {
    try refuses(#"its member "a.npy" begins at byte 4000, behind the last one of members"#) {
      put(4000, at: directory + 42, &$0)
    }
  }

  @Test func `a member without the size that is said to stand elsewhere`() throws {
    try refuses(#"its member "a.npy" does not say how large it is"#) {
      put(0xFFFF_FFFF, at: directory + 24, &$0)
    }
  }

  @Test func `members that overlap`() throws {
    // Both entries of the directory lead to the first member; its name is made the second's, too.
    try refuses(
      #"its member "b.npy" is described otherwise in the directory than before its bytes"#
    ) {
      put(0, at: directory + 51 + 42, &$0)
    }
    try refuses("two of its members overlap at byte 60") {
      // A name that is equal in both places and different in the directory cannot be: so the second
      // member's header is laid over the first one's bytes.
      let second = directory / 2
      let header = $0[second..<second + 55]
      $0.replaceSubrange(60..<115, with: header)
      put(60, at: directory + 51 + 42, &$0)
      put(16, at: directory + 51 + 20, &$0)
      put(16, at: directory + 51 + 24, &$0)
    }
  }

  @Test func `two members of one name`() throws {
    try refuses(#"two of its members are called "a.npy""#) { $0[directory + 51 + 46] = 0x61 }
  }

  @Test func `an encrypted member`() throws {
    try refuses(#"its member "a.npy" is encrypted"#) { $0[directory + 8] |= 1 }
  }

  @Test func `a member whose name is not UTF-8`() throws {
    try refuses("its directory has a member without a name in UTF-8") { $0[directory + 46] = 0xFF }
  }

  @Test func `a directory that is cut off inside a member`() throws {
    try refuses("its directory ends inside a member") { $0[directory] = 0 }
    try refuses("its directory has a member without a name in UTF-8") {
      $0[directory + 51 + 28] = 200
    }
  }

  @Test func `a member that is no array, and names that lead out of a folder`() throws {
    try refuses(#"its member "a.npx" is no .npy file"#) {
      $0[directory + 50] = 0x78
      $0[34] = 0x78
    }
    try refuses(#"the name of its member "/.npy" begins with a slash"#) {
      $0[directory + 46] = 0x2F
      $0[30] = 0x2F
    }
    try refuses(#"the name of its member "\.npy" has a backslash"#) {
      $0[directory + 46] = 0x5C
      $0[30] = 0x5C
    }
  }

  @Test func `an array that ends inside its header`() throws {
    try refuses(#"array "a" ends inside its header"#) {
      put(60, at: directory + 20, &$0)
      put(60, at: directory + 24, &$0)
      for offset in [18, 22] { put(0xFFFF_FFFF, at: offset, &$0) }
    }
  }

  @Test func `every prefix and every changed byte opens or throws`() throws {
    for count in 0..<whole.count {
      try whole.prefix(count).write(to: URL(filePath: path))
      #expect(throws: ModelFileError.self) { try NumPyArchive(path: path) }
    }
    var generator = SeededGenerator(state: 11)
    for _ in 0..<500 {
      var changed = whole
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        changed[Int.random(in: 0..<whole.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      try changed.write(to: URL(filePath: path))
      do {
        let file = try NumPyArchive(path: path)
        for index in file.entries.indices { _ = try PartReader(file).digest(of: index) }
      } catch is ModelFileError {
        continue
      }
    }
  }
}
