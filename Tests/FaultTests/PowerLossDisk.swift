#if os(Linux)
  import Foundation
  import TestSupport

  /// A disk that loses power: it holds for certain what was synced, and of the rest whatever it likes.
  ///
  /// - A write or truncation is certain after the next sync of its file.
  /// - A file's name, or its absence, is certain after the next sync of the folder: SQLite syncs it with
  ///   a new journal's first sync, and with a deletion where it asks for it.
  /// - What is not certain is there, is not there, or, of a write, is there in part, by sectors of 512.
  struct PowerLossDisk {
    /// What becomes of the calls that are not certain.
    enum Outcome: CaseIterable {
      case allLost, allKept, someTorn
    }

    private enum Change {
      case write(Int, Data)
      case truncation(Int)
    }

    private struct Inode {
      var certain = Data()
      var pending: [Change] = []
    }

    private var inodes: [Inode] = []
    private var names: [String: Int] = [:]
    private var certainNames: [String: Int] = [:]
    private var pendingNames: [(name: String, inode: Int?)] = []
    private var openFiles: [Int64: Int] = [:]

    /// Does what the program did.
    mutating func apply(_ call: DiskRecord.Call) {
      switch call {
      case .opened(let file, let name, _):
        // Files without a name are SQLite's scratch paper.
        guard !name.isEmpty else { return }
        if let inode = names[name] {
          openFiles[file] = inode
        } else {
          names[name] = inodes.count
          pendingNames.append((name, inodes.count))
          openFiles[file] = inodes.count
          inodes.append(Inode())
        }
      case .wrote(let file, let offset, let bytes): change(file, .write(offset, bytes))
      case .truncated(let file, let byteCount): change(file, .truncation(byteCount))
      case .synced(let file):
        guard let inode = openFiles[file] else { return }
        for change in inodes[inode].pending { Self.apply(change, to: &inodes[inode].certain) }
        inodes[inode].pending = []
        let isNewJournal = pendingNames.contains {
          $0.inode == inode && $0.name.hasSuffix("-journal")
        }
        if isNewJournal { syncFolder() }
      case .deleted(let name, let syncsFolder):
        names[name] = nil
        pendingNames.append((name, nil))
        if syncsFolder { syncFolder() }
      }
    }

    /// The files as the program sees them.
    var files: [String: Data] {
      names.mapValues { inode in
        var content = inodes[inode].certain
        for change in inodes[inode].pending { Self.apply(change, to: &content) }
        return content
      }
    }

    /// The files that are found when power is back.
    func filesAfterLoss(
      _ outcome: Outcome, using generator: inout SeededGenerator
    ) -> [String: Data] {
      var found = certainNames
      let kept =
        switch outcome {
        case .allLost: 0
        case .allKept: pendingNames.count
        case .someTorn: Int.random(in: 0...pendingNames.count, using: &generator)
        }
      for (name, inode) in pendingNames.prefix(kept) { found[name] = inode }
      return found.mapValues { inode in
        var content = inodes[inode].certain
        for change in inodes[inode].pending where outcome != .allLost {
          if outcome == .allKept {
            Self.apply(change, to: &content)
          } else {
            applyPart(of: change, to: &content, &generator)
          }
        }
        return content
      }
    }

    private func applyPart(
      of change: Change, to content: inout Data, _ generator: inout SeededGenerator
    ) {
      switch (change, Int.random(in: 0..<3, using: &generator)) {
      case (_, 0): break
      case (_, 1), (.truncation, _): Self.apply(change, to: &content)
      case (.write(let offset, let bytes), _):
        for start in stride(from: 0, to: bytes.count, by: 512)
        where Bool.random(using: &generator) {
          let sector = bytes.dropFirst(start).prefix(512)
          Self.apply(.write(offset + start, sector), to: &content)
        }
      }
    }

    private mutating func change(_ file: Int64, _ change: Change) {
      if let inode = openFiles[file] { inodes[inode].pending.append(change) }
    }

    private mutating func syncFolder() {
      for (name, inode) in pendingNames { certainNames[name] = inode }
      pendingNames = []
    }

    private static func apply(_ change: Change, to content: inout Data) {
      switch change {
      case .truncation(let byteCount):
        if byteCount < content.count {
          content.removeSubrange(byteCount...)
        } else {
          content.append(Data(count: byteCount - content.count))
        }
      case .write(let offset, let bytes):
        let end = offset + bytes.count
        if content.count < end { content.append(Data(count: end - content.count)) }
        content.replaceSubrange(offset..<end, with: bytes)
      }
    }
  }
#endif
