#if os(Linux)
  import Foundation

  /// What `faults.c` recorded: every call that changed the disk, in order.
  struct DiskRecord {
    enum Call {
      case opened(file: Int64, name: String, isNew: Bool)
      case wrote(file: Int64, offset: Int, bytes: Data)
      case truncated(file: Int64, byteCount: Int)
      case synced(file: Int64)
      case deleted(name: String, syncsFolder: Bool)
    }

    let calls: [Call]

    init(contentsOf path: String) throws {
      let data = try Data(contentsOf: URL(filePath: path))
      var place = 0
      func take(_ count: Int) throws -> Data {
        guard count >= 0, count <= data.count - place else {
          throw FaultLibraryError(message: "the record ends inside a call")
        }
        defer { place += count }
        return data[place..<place + count]
      }
      func number() throws -> Int64 {
        try take(8).reversed().reduce(0) { $0 << 8 | Int64($1) }
      }
      var calls: [Call] = []
      while place < data.count {
        let kind = try take(1).first
        let file = try number()
        let name = String(decoding: try take(Int(number())), as: UTF8.self)
        let first = Int(try number())
        let second = Int(try number())
        switch kind {
        case UInt8(ascii: "C"): calls.append(.opened(file: file, name: name, isNew: true))
        case UInt8(ascii: "O"): calls.append(.opened(file: file, name: name, isNew: false))
        case UInt8(ascii: "W"):
          calls.append(.wrote(file: file, offset: first, bytes: try take(second)))
        case UInt8(ascii: "T"): calls.append(.truncated(file: file, byteCount: first))
        case UInt8(ascii: "S"): calls.append(.synced(file: file))
        case UInt8(ascii: "D"): calls.append(.deleted(name: name, syncsFolder: first != 0))
        default: throw FaultLibraryError(message: "a call of an unknown kind")
        }
      }
      self.calls = calls
    }
  }
#endif
