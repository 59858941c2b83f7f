internal import Dispatch
internal import Foundation
internal import Synchronization
internal import TensorMemory
internal import Tensors

/// The files that are a model: one file, a folder with all below it, or some files of a folder.
public struct ModelFiles: Sendable {
  /// What people's tools keep in a folder that is no part of the model; model_signing leaves it out, too.
  public static let gitPaths = [".git", ".gitattributes", ".github", ".gitignore"]

  private struct File: Sendable {
    let name: String
    let path: String
  }

  /// The last part of the model's path.
  public let name: String
  /// Paths from the model's folder that are left out, with all below them.
  public let ignoredPaths: [String]
  private let files: [File]
  /// The paths of the files.
  public var paths: [String] { files.map(\.path) }

  /// Finds the files; nothing is hashed yet.
  ///
  /// - Parameters:
  ///   - paths: One file, one folder, or files of one folder.
  ///   - ignored: Paths from the folder that are left out, with all below them.
  ///   - others: Paths from where the process is, which are left out where they lie in the folder.
  ///   - isPart: True where one file is looked for under its name in a model of several.
  /// - Throws: `SigningError` with the codes `unsuitableModel`, `inputOutput`; `FileAccessError.Code.missing`.
  public init(
    at paths: [String], ignoring ignored: [String] = [], andThoseAt others: [String] = [],
    isPart: Bool = false
  ) throws {
    let kinds = try paths.map { try FileKind(of: $0) }
    let isFolder = kinds == [.folder]
    guard isFolder || !kinds.contains(.folder), let first = paths.first else {
      throw SigningError.notTogether(paths)
    }
    if paths.count == 1, !isFolder, !isPart {
      name = Self.lastPart(first)
      ignoredPaths = []
      files = [File(name: SignedResource.onlyFile, path: first)]
      return
    }
    let folder = isFolder ? first : Self.folder(of: first)
    guard
      isFolder || paths.allSatisfy({ Self.resolved(Self.folder(of: $0)) == Self.resolved(folder) })
    else { throw SigningError.notTogether(paths) }
    name = String(decoding: Self.resolved(folder).last ?? [], as: UTF8.self)
    let skipped = ignored + others.compactMap { Self.path(of: $0, from: folder) }
    ignoredPaths = skipped.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let rules = ignoredPaths.map(Self.parts)
    let found =
      isFolder
      ? try Self.walk(folder, ignoring: rules)
      : paths.map { File(name: Self.lastPart($0), path: $0) }
    files = found.filter { !Self.isIgnored($0.name, by: rules) }.sorted {
      Self.parts($0.name).lexicographicallyPrecedes(Self.parts($1.name)) {
        $0.lexicographicallyPrecedes($1)
      }
    }
    guard !files.isEmpty else { throw SigningError.nothingToSign(folder) }
    guard Set(files.map { Self.parts($0.name) }).count == files.count else {
      throw SigningError.notTogether(paths)
    }
  }

  /// Hashes the files, as many at once as the machine has cores, with some megabytes of memory each.
  ///
  /// - Throws: `FileAccessError`, the one of the first file in order that cannot be read.
  func resources() throws -> [SignedResource] {
    let results = Mutex<[Int: Result<SignedResource, any Error>]>([:])
    let workers = min(files.count, ProcessInfo.processInfo.activeProcessorCount)
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      for place in stride(from: worker, to: files.count, by: workers) {
        let result = Result {
          SignedResource(name: files[place].name, digest: try Self.digest(of: files[place].path))
        }
        results.withLock { $0[place] = result }
      }
    }
    return try results.withLock { results in
      try files.indices.compactMap { try results[$0]?.get() }
    }
  }

  // MARK: - Files

  private static let partByteCount = 4 << 20

  private static func digest(of path: String) throws -> Digest {
    let file = try ReadableFile(path: path)
    let pool = MemoryPool(byteCount: partByteCount)
    var digest = DigestBuilder()
    for lower in stride(from: 0, to: file.byteCount, by: partByteCount) {
      let count = min(partByteCount, file.byteCount - lower)
      let part = try TensorStorage(byteCount: count, from: pool)
      try part.fill(0..<count) { try file.read(into: &$0, at: lower) }
      part.seal()
      part.withBytes { digest.append($0) }
    }
    return digest.finish()
  }

  private static func walk(_ folder: String, ignoring rules: [Parts]) throws -> [File] {
    var found: [File] = []
    var open = [""]
    while let prefix = open.popLast() {
      let path = prefix.isEmpty ? folder : "\(folder)/\(prefix)"
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: path)
      } catch {
        throw SigningError.unreadable(path, (error as NSError).localizedDescription)
      }
      for entry in names {
        let name = prefix.isEmpty ? entry : "\(prefix)/\(entry)"
        if isIgnored(name, by: rules) { continue }
        switch try FileKind(of: "\(folder)/\(name)") {
        case .folder: open.append(name)
        case .file: found.append(File(name: name, path: "\(folder)/\(name)"))
        }
      }
    }
    return found
  }

  // MARK: - Paths

  /// The parts of a path as bytes: é in one letter and é in two may be two names.
  private typealias Parts = [[UInt8]]

  private static func parts(_ name: String) -> Parts {
    name.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
      .map { Array($0) }
  }

  private static func isIgnored(_ name: String, by rules: [Parts]) -> Bool {
    let parts = parts(name)
    return rules.contains { parts.starts(with: $0) }
  }

  private static func lastPart(_ path: String) -> String { URL(filePath: path).lastPathComponent }

  private static func folder(of path: String) -> String {
    URL(filePath: path).deletingLastPathComponent().path
  }

  private static func resolved(_ path: String) -> Parts {
    parts(URL(filePath: path).absoluteURL.resolvingSymlinksInPath().path)
  }

  /// `nil` where `path` does not lie in the folder.
  private static func path(of path: String, from folder: String) -> String? {
    let file = resolved(self.folder(of: path)) + [Array(lastPart(path).utf8)]
    let root = resolved(folder)
    guard file.starts(with: root), file.count > root.count else { return nil }
    let part = file.dropFirst(root.count).joined(separator: [UInt8(ascii: "/")])
    return String(decoding: Array(part), as: UTF8.self)
  }
}

/// What can be signed, of what a path can name.
private enum FileKind {
  case file, folder

  init(of path: String) throws {
    let type: FileAttributeType?
    do {
      // With a slash behind it, a link would be looked at where it leads.
      var bare = path
      while bare.count > 1, bare.hasSuffix("/") { bare.removeLast() }
      type = try FileManager.default.attributesOfItem(atPath: bare)[.type] as? FileAttributeType
    } catch let error as CocoaError where error.code == .fileReadNoSuchFile {
      // The words of the target that reads files.
      _ = try ReadableFile(path: path)
      throw SigningError.unreadable(path, "it cannot be looked at")
    } catch {
      throw SigningError.unreadable(path, (error as NSError).localizedDescription)
    }
    switch type {
    case .typeRegular: self = .file
    case .typeDirectory: self = .folder
    case .typeSymbolicLink: throw SigningError.notPlain(path, "a symbolic link")
    default: throw SigningError.notPlain(path, "a pipe, a socket or a device")
    }
  }
}
