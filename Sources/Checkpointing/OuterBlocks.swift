internal import Foundation
internal import GRDB
internal import StoreAccess

/// Reads the blocks of a catalog, which lie in other stores, its parts.
///
/// A part is opened when it is first read, and stays open while others are read, a few of them.
///
/// A class, because it owns open files; used on its connection's queue only.
final class OuterBlocks {
  private let db: Database
  private var open: [Int64: DatabaseQueue] = [:]
  /// Where blocks that were read lie.
  private var places: [Int64: Place] = [:]

  private struct Place {
    let part: Int64
    let block: Int64
    let path: String
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
    return try part(place).read { part in
      try BlobReader(part, table: "block", column: "bytes")
        .read(row: place.block, from: offset, into: &span)
    }
  }

  /// The file of the part that a block lies in; `nil` for one of the catalog itself, and one that was not
  /// looked for.
  func path(of block: Int64) -> String? { places[block]?.path }

  private func place(of block: Int64) throws -> Place? {
    if let place = places[block] { return place }
    let found = try db.statement(.outerBlock).first(.integer(block)) { row in
      (part: row.integer(0), block: row.integer(1), path: row.text(2))
    }
    guard let found else { return nil }
    let catalog = try db.statement(.databaseFile).first { $0.text(0) } ?? ""
    let path = PartPath.resolve(found.path, from: catalog)
    if places.count > Self.keptPlaceCount { places = [:] }
    let place = Place(part: found.part, block: found.block, path: path)
    places[block] = place
    return place
  }

  private static let keptPlaceCount = 10_000

  private func part(_ place: Place) throws -> DatabaseQueue {
    if let queue = open[place.part] { return queue }
    let resolved = URL(filePath: place.path).resolvingSymlinksInPath().path
    guard FileManager.default.fileExists(atPath: resolved) else {
      throw CheckpointError.lostPart(place.path, because: "there is no such file")
    }
    guard let kind = FileKind(atPath: resolved), kind == .regular else {
      throw CheckpointError.lostPart(place.path, because: "it is no regular file")
    }
    if open.count >= Self.openCount { open = [:] }
    let configuration = Configuration.store(LockWaiting(path: place.path, onWait: nil))
    do {
      let queue = try StoreOpening.reader(place.path, configuration).queue
      open[place.part] = queue
      return queue
    } catch let error as DatabaseError {
      throw CheckpointError.lostPart(
        place.path, because: error.message ?? "SQLite cannot open it")
    }
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
