extension ReferenceVector {
  /// The 32-bit words of `hex`, little-endian.
  public var words: [UInt32] { ReferenceVector.words(hex ?? "") }

  /// The values of `hex`, of a row in float32.
  public var floats: [Float] { ReferenceVector.floats(hex ?? "") }

  static func floats(_ hex: String) -> [Float] { words(hex).map { Float(bitPattern: $0) } }

  /// The little-endian 32-bit words that hexadecimal digits spell; a last, incomplete one is left out.
  private static func words(_ hex: String) -> [UInt32] {
    let digits = hex.compactMap { $0.hexDigitValue.map(UInt32.init) }
    return stride(from: 0, to: digits.count - 7, by: 8).map { start in
      (0..<4).reduce(0) { word, byte in
        let place = start + 2 * byte
        return word | (digits[place] << 4 | digits[place + 1]) << UInt32(8 * byte)
      }
    }
  }
}
