internal import TensorMemory
internal import Tensors

/// The column `moments` of a chunk.
extension Moments {
  private static let wordCount = 8

  /// Both counts, mean, the sums of the second, third and fourth powers of deviations, minimum and maximum,
  /// as eight little-endian words.
  var encoded: [UInt8] {
    let doubles = [
      mean, squaredDeviations, cubedDeviations, fourthDeviations, minimum, maximum,
    ]
    let words = [UInt64(count), UInt64(notFiniteCount)] + doubles.map(\.bitPattern)
    return words.flatMap(LittleEndian.bytes)
  }

  /// Reads what `encoded` gives; `nil` where it is not of so many elements.
  init?(encoded bytes: [UInt8], elementCount: Int) {
    guard bytes.count == 8 * Self.wordCount else { return nil }
    let words = (0..<Self.wordCount).map {
      LittleEndian.value(in: bytes, at: 8 * $0, as: UInt64.self)
    }
    guard let count = Int(exactly: words[0]), let notFiniteCount = Int(exactly: words[1]),
      count <= elementCount, notFiniteCount == elementCount - count
    else { return nil }
    self.init()
    self.count = count
    self.notFiniteCount = notFiniteCount
    mean = Double(bitPattern: words[2])
    squaredDeviations = Double(bitPattern: words[3])
    cubedDeviations = Double(bitPattern: words[4])
    fourthDeviations = Double(bitPattern: words[5])
    minimum = Double(bitPattern: words[6])
    maximum = Double(bitPattern: words[7])
  }
}
