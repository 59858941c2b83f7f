import Foundation
import TensorMemory
import TestSupport
import Nascent
import Testing

/// Files that are read at any place, and files that are there when they are whole.
struct FileAccessTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.path("file")
  }

  private func contents() throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
  }

  @Test func `bytes of a range are those of the file`() throws {
    try Data(0..<100).write(to: URL(filePath: path))
    let file = try ReadableFile(path: path)
    #expect(file.byteCount == 100)
    #expect(try file.bytes(in: 40..<44) == [40, 41, 42, 43])
    #expect(try file.bytes(in: 100..<100) == [])
  }

  @Test func `a missing file, a folder and a pipe are refused with what to do`() throws {
    let pipe = folder.path("pipe")
    #expect(mkfifo(pipe, 0o600) == 0)
    let cases = [
      (path, "Cannot read \"\(path)\": there is no such file.\nCheck the path."),
      (
        folder.url.path,
        """
        Cannot read "\(folder.url.path)": it is a folder, a pipe or a device.
        Give the path of a file.
        """
      ),
      (
        pipe,
        """
        Cannot read "\(pipe)": it is a folder, a pipe or a device.
        Give the path of a file.
        """
      ),
    ]
    for (path, message) in cases {
      #expect {
        try ReadableFile(path: path)
      } throws: {
        "\($0)" == message
      }
    }
  }

  @Test(arguments: [0, 50, 150])
  func `a file that changed after it was opened is not read`(byteCount: Int) throws {
    try Data(0..<100).write(to: URL(filePath: path))
    let file = try ReadableFile(path: path)
    let handle = try FileHandle(forWritingTo: URL(filePath: path))
    try handle.truncate(atOffset: UInt64(byteCount))
    try handle.close()
    #expect {
      try file.bytes(in: 10..<20)
    } throws: {
      "\($0)" == """
        "\(path)" was changed by another program while it was read.
        Read it again when that has finished.
        """
    }
  }

  @Test func `a file has its name when it is published and not before`() throws {
    try Data("old".utf8).write(to: URL(filePath: path))
    let file = try WritableFile(replacing: path)
    try file.append(Array("new text".utf8))
    try file.overwrite(at: 4, with: Array("best".utf8))
    try file.finish()
    #expect(try contents() == Array("old".utf8))
    try file.publish()
    #expect(try contents() == Array("new best".utf8))
    #expect(try names() == ["file"])
  }

  @Test func `a file that is not published leaves nothing behind`() throws {
    func write() throws {
      let file = try WritableFile(replacing: path)
      try file.append([1, 2, 3])
      // It has no name where the system has such files.
      let partial = "file.\(ProcessInfo.processInfo.processIdentifier).partial"
      #expect(try names().isEmpty || names() == [partial])
    }
    try write()
    #expect(try names().isEmpty)
  }

  @Test func `a folder that is not there is an error with what to do`() {
    let path = folder.path("none/file")
    #expect {
      try WritableFile(replacing: path)
    } throws: {
      "\($0)" == """
        Cannot write "\(path)": No such file or directory.
        Check the path, your permissions and the space on the disk.
        """
    }
  }

  @Test func `a header that nobody reads is refused, and shards have shorter ones`() throws {
    let end = String(repeating: "n", count: 994)
    let source = try MemoryTensors(
      (0..<100_000).map { (name: "\(100_000 + $0)\(end)", bytes: [1]) })
    let path = folder.path("long.safetensors")
    #expect {
      try ModelFile.write(source, to: path)
    } throws: {
      ($0 as? ModelFileError)?.code == .unwritable
        && "\($0)".contains("readers of safetensors take at most 100000000; nothing was written")
    }
    #expect(try names().isEmpty)
    var configuration = ModelFile.Configuration()
    configuration.maximumShardByteCount = 1 << 30
    let files = try ModelFile.write(source, to: path, configuration)
    #expect(files.count == 4)
    #expect(try SafetensorsIndex(path: files[3]).entries.count == 100_000)
  }
}
