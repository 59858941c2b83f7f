import Foundation
import Nascent
import TestSupport
import Testing

struct ModelFilesTests {
  private let folder: TemporaryFolder
  private let model: String

  init() throws {
    folder = try TemporaryFolder()
    model = folder.path("m")
    for name in ["b/z", "b/a", "a", "b-c", ".git/config", "model.sig"] {
      try write(name)
    }
  }

  private func write(_ name: String, _ bytes: [UInt8] = [1]) throws {
    let file = URL(filePath: "\(model)/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }

  private func names(_ files: ModelFiles) throws -> [String] {
    try SignedStatement(of: files).resources.map(\.name)
  }

  @Test func `a folder has all files below it, by the parts of their paths`() throws {
    let files = try ModelFiles(
      at: [model + "/"], ignoring: [".git"], andThoseAt: ["\(model)/model.sig", "/elsewhere"])
    #expect(try names(files) == ["a", "b/a", "b/z", "b-c"])
    #expect(files.ignoredPaths == [".git", "model.sig"])
    #expect(files.name == "m")
  }

  @Test func `a path to leave out may go through the folder's other names`() throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: model)
    let files = try ModelFiles(
      at: [model], andThoseAt: [folder.path("link") + "/.git", "\(model)/b/../b/z", model])
    #expect(files.ignoredPaths == [".git", "b/z"])
  }

  @Test func `files of one folder are a model`() throws {
    let files = try ModelFiles(at: ["\(model)/b-c", "\(model)/a"])
    #expect(try names(files) == ["a", "b-c"])
    #expect(files.name == "m")
  }

  @Test func `one file is a model, or a part of one`() throws {
    #expect(try names(ModelFiles(at: ["\(model)/a"])) == ["."])
    #expect(try names(ModelFiles(at: ["\(model)/a"], isPart: true)) == ["a"])
  }

  @Test func `the parts of a large file are hashed as one`() throws {
    let bytes = (0..<9 << 20).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    try write("large", bytes)
    #expect(
      try SignedStatement(of: ModelFiles(at: ["\(model)/large"])).resources.map(\.digest)
        == [Digest(of: bytes)])
  }

  private func expect(
    _ code: SigningError.Code, _ message: String, _ paths: [String],
    ignoring ignored: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try SignedStatement(of: ModelFiles(at: paths, ignoring: ignored))
      Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    } catch let error as SigningError {
      #expect(error.message == message, sourceLocation: sourceLocation)
      #expect(error.code == code, sourceLocation: sourceLocation)
    } catch {
      Issue.record(error, sourceLocation: sourceLocation)
    }
  }

  @Test func `a link is refused, also as the model`() throws {
    let link = "\(model)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "a")
    let message = """
      Cannot sign or check "\(link)": it is a symbolic link, and only files and folders are signed.
      Put the file itself in its place, or leave it out with --ignore.
      """
    expect(.unsuitableModel, message, [model])
    expect(.unsuitableModel, message, [link])
    let outer = folder.path("outer")
    try FileManager.default.createSymbolicLink(atPath: outer, withDestinationPath: model)
    expect(.unsuitableModel, message.replacing(link, with: outer + "//"), [outer + "//"])
  }

  @Test func `a pipe is refused`() throws {
    let pipe = "\(model)/pipe"
    #expect(try ChildProcess.run("mkfifo", [pipe]).status == 0)
    expect(
      .unsuitableModel,
      """
      Cannot sign or check "\(pipe)": it is a pipe, a socket or a device, and only files and folders are \
      signed.
      Put the file itself in its place, or leave it out with --ignore.
      """, [model])
  }

  @Test func `nothing, and files that do not stand together, are refused`() throws {
    expect(
      .unsuitableModel,
      """
      There is nothing to sign or check in "\(model)": it has no file that is not ignored.
      Check the path, and what --ignore names.
      """, [model], ignoring: ["."])
    for paths in [
      ["\(model)/a", "\(model)/b/a"], ["\(model)/a", "\(model)/a"], [model, "\(model)/a"], [],
    ] {
      expect(
        .unsuitableModel,
        """
        Cannot sign or check \(paths.map(\.debugDescription).joined(separator: ", ")) together: they are \
        not different files of one folder.
        Give one folder, or files that stand beside each other, each once.
        """, paths)
    }
  }

  @Test func `a missing file is an error of files`() throws {
    let path = "\(model)/none"
    do {
      _ = try ModelFiles(at: [path])
      Issue.record("nothing was thrown")
    } catch let error as FileAccessError {
      #expect(error.code == .missing)
    }
  }

  #if os(Linux)
    @Test func `a name that is no UTF-8 is refused, not passed over`() throws {
      #expect(
        try ChildProcess.run("sh", ["-c", "printf x > \"$1/$(printf 'n\\377')\"", "sh", model])
          .status
          == 0)
      #expect(throws: (any Error).self) { try SignedStatement(of: ModelFiles(at: [model])) }
    }
  #endif
}
