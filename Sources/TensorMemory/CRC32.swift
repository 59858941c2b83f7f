/// The checksum of ZIP and gzip: the polynomial 0xEDB88320, bits reversed.
///
/// - Source: ISO 3309; the eight tables are Kounavis and Berry (2005), "A systematic approach to building
///   high performance software-based CRC generators".
public struct CRC32: Sendable {
  private var state: UInt32 = 0xFFFF_FFFF

  /// Starts with no bytes.
  public init() {}

  /// The checksum of all bytes so far.
  public var value: UInt32 { ~state }

  /// Adds bytes.
  public mutating func update(_ bytes: RawSpan) {
    var crc = state
    Self.tables.withUnsafeBufferPointer { tables in
      bytes.withUnsafeBytes { buffer in
        var place = 0
        while place + 8 <= buffer.count {
          // Eight bytes from `place` lie inside the buffer; a number has no invalid bits.
          let word = unsafe buffer.loadUnaligned(fromByteOffset: place, as: UInt64.self)
            .littleEndian
          let mixed = word ^ UInt64(crc)
          crc = 0
          for table in 0..<8 {
            let byte = Int(truncatingIfNeeded: mixed >> UInt64(table * 8) & 0xFF)
            // Below 8 · 256, the number of entries.
            crc ^= unsafe tables[(7 - table) << 8 | byte]
          }
          place += 8
        }
        while place < buffer.count {
          let byte = unsafe Int(UInt8(truncatingIfNeeded: crc) ^ buffer[place])
          crc = unsafe tables[byte] ^ crc >> 8
          place += 1
        }
      }
    }
    state = crc
  }

  /// Table *k* at 256 *k*: what a byte does to the checksum when *k* more zero bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0xEDB8_8320 }
      tables[byte] = crc
    }
    for place in 256..<tables.count {
      let before = tables[place - 256]
      tables[place] = tables[Int(before & 0xFF)] ^ before >> 8
    }
    return tables
  }()
}
