internal import Foundation
internal import Nascent

/// Reads a model file as `nascent import` and `nascent graph from` do, and writes it again.
enum ModelFileReading {
  static func run(_ bytes: Data, named name: String) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      // What cannot be removed is left to the system's own cleaning.
      try? FileManager.default.removeItem(at: folder)
    }
    let path = folder.appending(path: name).path
    try bytes.write(to: URL(filePath: path))
    if name.hasSuffix(".json") { try writeShards(beside: folder) }
    let present = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    do {
      try read(path, byteCount: bytes.count)
    } catch {
      try check(folder, present)
      throw error
    }
    try check(folder, present)
  }

  /// A stranger's names make no files.
  private static func check(_ folder: URL, _ present: [String]) throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
    guard found == present else {
      throw FuzzFinding(description: "files were written: \(found)")
    }
  }

  private static func read(_ path: String, byteCount: Int) throws {
    let source = try ModelFile.open(path)
    // Shards have bytes of their own; a file holds no more tensors than bytes, or than deflate can make of them.
    let tensorByteCount = source.entries.reduce(0) { $0 + $1.byteCount }
    let bound = path.hasSuffix(".npz") ? 1032 * byteCount : byteCount
    guard tensorByteCount <= bound || path.hasSuffix(".json") else {
      throw FuzzFinding(description: "\(byteCount) bytes hold \(tensorByteCount) of tensors")
    }
    _ = try GraphManifest(registry: .standard).data(declaring: source)
    let reader = PartReader(source)
    let digests = try source.entries.indices.map { try reader.digest(of: $0) }
    let imported = try TaskWaiter().wait { try await ModelImport(from: ModelFile.open(path)) }
    let declared = imported.graph.variables.compactMap(\.initializer.declaredDigest)
    guard declared == digests.map(\.sha256) else {
      throw FuzzFinding(description: "values were imported that are not those of the file")
    }
    try writeAgain(source, digests, format: path)
  }

  private static func writeAgain(
    _ source: some TensorSource, _ digests: [ValueDigest], format path: String
  ) throws {
    let end = path.hasSuffix(".json") ? ".safetensors" : "." + (path as NSString).pathExtension
    let copy = FileManager.default.temporaryDirectory.appending(
      path: "fuzz-\(UUID().uuidString)\(end)"
    ).path
    defer {
      // It is not there where the format cannot hold what was read.
      try? FileManager.default.removeItem(atPath: copy)
    }
    var configuration = ModelFile.Configuration()
    configuration.keepsOrder = true
    let metadata = source.metadata
    configuration.metadata = { _ in metadata }
    _ = try ModelFile.write(source, to: copy, configuration)
    let again = try ModelFile.open(copy)
    let reader = PartReader(again)
    let found = try again.entries.indices.map { try reader.digest(of: $0) }
    let isNamed = end == ".npy" || again.entries.map(\.name) == source.entries.map(\.name)
    guard found == digests, isNamed else {
      throw FuzzFinding(description: "a file changed on its way in and out")
    }
  }

  private static func writeShards(beside folder: URL) throws {
    for (number, name) in ["a", "b"].enumerated() {
      let header = #"{"\#(name)":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#
      var bytes = Data([UInt8(header.utf8.count), 0, 0, 0, 0, 0, 0, 0])
      bytes += Data(header.utf8) + Data(repeating: UInt8(number), count: 8)
      try bytes.write(to: folder.appending(path: "x-0000\(number + 1)-of-00002.safetensors"))
    }
  }
}
