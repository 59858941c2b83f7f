internal import Foundation
internal import GRDB
internal import StoreAccess
internal import TensorMemory

/// Reads bytes that lie in other files: blocks of the stores of a catalog, and tensors of model files.
///
/// A file is opened when it is first read, and stays open while others are read, a few of them.
///
/// A class, because it owns open files; used on its connection's queue only.
final class OuterBlocks {
  private let db: Database
  private var open: [Int64: OpenPart] = [:]
  /// Where blocks that were read lie.
  private var places: [Int64: Place] = [:]

  private struct Place {
    let part: Int64
    let path: String
    let start: Start
  }

  private enum Start {
    case block(Int64)
    case byte(Int)
  }

  private enum OpenPart {
    case store(DatabaseQueue)
    case file(ReadableFile)
  }

  /// How many parts are open at once.
  private static let openCount = 8

  init(of db: Database) { self.db = db }

  /// Fills `span` with the bytes of a block from `offset` on.
  ///
  /// - Returns: False where the part does not have them.
  /// - Throws: `CheckpointError.Code.lostPart`, `DatabaseError`.
  func read(_ block: Int64, from offset: Int, into span: inout MutableRawSpan) throws -> Bool {
    guard let place = try place(of: block) else { return false }
    switch (try part(place), place.start) {
    case (.store(let queue), .block(let block)):
      return try queue.read { part in
        try BlobReader(part, table: "block", column: "bytes")
          .read(row: block, from: offset, into: &span)
      }
    case (.file(let file), .byte(let start)):
      let (end, overflows) = start.addingReportingOverflow(offset)
      guard offset >= 0, !overflows, end <= file.byteCount - span.byteCount else { return false }
      do {
        try file.read(into: &span, at: end)
        return true
      } catch let error as FileAccessError {
        // Whether it is still what it was is told by its digests, when it is opened again.
        open[place.part] = nil
        throw CheckpointError.lostFile(place.path, because: error)
      }
    case (.store, .byte), (.file, .block):
      return false
    }
  }

  /// The file of the part that a block lies in; `nil` for one of the catalog itself, and one that was not
  /// looked for.
  func path(of block: Int64) -> String? { places[block]?.path }

  private func place(of block: Int64) throws -> Place? {
    if let place = places[block] { return place }
    let found = try db.statement(.outerBlock).first(.integer(block)) { row in
      (
        part: row.integer(0), path: row.text(1),
        start: row.isNull(2) ? Start.byte(Int(row.integer(3))) : .block(row.integer(2))
      )
    }
    guard let found else { return nil }
    let path = try db.outerPath(found.path)
    if places.count > Self.keptPlaceCount { places = [:] }
    let place = Place(part: found.part, path: path, start: found.start)
    places[block] = place
    return place
  }

  private static let keptPlaceCount = 10_000

  private func part(_ place: Place) throws -> OpenPart {
    if let part = open[place.part] { return part }
    if open.count >= Self.openCount { open = [:] }
    let part: OpenPart =
      switch place.start {
      case .block: .store(try store(place))
      case .byte: .file(try file(place))
      }
    open[place.part] = part
    return part
  }

  private func file(_ place: Place) throws -> ReadableFile {
    do {
      return try ReadableFile(path: place.path)
    } catch let error as FileAccessError {
      throw CheckpointError.lostFile(place.path, because: error)
    }
  }

  private func store(_ place: Place) throws -> DatabaseQueue {
    let resolved = URL(filePath: place.path).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: resolved) else {
      throw CheckpointError.lostPart(place.path, because: "there is no such file")
    }
    guard let kind = FileKind(atPath: resolved), kind == .regular else {
      throw CheckpointError.lostPart(place.path, because: "it is no regular file")
    }
    let configuration = Configuration.store(LockWaiting(path: place.path, onWait: nil))
    do {
      return try StoreOpening.reader(place.path, configuration).queue
    } catch let error as DatabaseError {
      throw CheckpointError.lostPart(
        place.path, because: error.message ?? "SQLite cannot open it")
    }
  }
}

extension Database {
  /// The path of another file, as it is from here.
  fileprivate func outerPath(_ path: String) throws -> String {
    PartPath.resolve(path, from: try statement(.databaseFile).first { $0.text(0) } ?? "")
  }

  /// The key of a file that holds bytes of this store, added where it is not there.
  func outerPart(_ path: String) throws -> Int64 {
    try statement(.insertPart).run(.text(path))
    return try statement(.findPart).first(.text(path)) { $0.integer(0) } ?? 0
  }

  /// This store's key for a block of another, or for the bytes of a model file from one on.
  func outerBlock(of part: Int64, block: Int64? = nil, fileOffset: Int? = nil) throws -> Int64 {
    let values: [StatementValue] = [
      .integer(part), .optional(block), .optional(fileOffset.map { Int64($0) }),
    ]
    func find() throws -> Int64? {
      var found: Int64?
      try statement(.findOuterBlock).withRows(values) { found = $0.integer(0) }
      return found
    }
    if let known = try find() { return known }
    try statement(.insertOuterBlock).withRows(values) { _ in }
    return try find() ?? 0
  }
}

extension CheckpointStore {
  /// The other files that hold bytes of this store: the parts of a catalog, and model files.
  ///
  /// - Throws: `CheckpointError.Code.damaged`, `notAStore`.
  package func outerFiles() throws -> [String] {
    try read { db in
      try db.statement(.outerFiles).map { $0.text(0) }.map { try db.outerPath($0) }
    }
  }
}

extension CheckpointStore {
  /// All files that hold bytes of this store: its own, those that SQLite keeps beside it, and other files.
  ///
  /// - Throws: As `outerFiles()`.
  package func filePaths() throws -> [String] {
    try ["", "-journal", "-wal", "-shm"].map { path + $0 } + outerFiles()
  }
}

/// How a catalog names its parts: from its own folder on, so that both can be moved together.
enum PartPath {
  /// The path of a part as it is kept in the catalog.
  static func relative(_ path: String, to catalog: String) -> String {
    let part = components(path)
    let folder = components(catalog).dropLast()
    let common = zip(part, folder).prefix { $0 == $1 }.count
    let up = Array(repeating: "..", count: folder.count - common)
    return (up + part[common...]).joined(separator: "/")
  }

  /// The path of a part whose catalog is at a path.
  static func resolve(_ path: String, from catalog: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    return URL(filePath: catalog).deletingLastPathComponent().appending(path: path)
      .standardizedFileURL.path
  }

  private static func components(_ path: String) -> [String] {
    URL(filePath: path).standardizedFileURL.path.split(separator: "/").map(String.init)
  }
}
