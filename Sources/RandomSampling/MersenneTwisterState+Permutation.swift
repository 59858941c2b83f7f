extension MersenneTwisterState {
  /// What `torch.randperm(size)` returns: Fisher and Yates's shuffle, place i exchanged with place
  /// i + (word i mod (size − i)).
  ///
  /// - Source: `randperm_cpu` in PyTorch's `TensorFactories.cpp`.
  public func permutation(of size: Int) -> [Int] {
    var order = Array(0..<max(size, 0))
    let words = words(drawnWordCount..<drawnWordCount &+ Self.wordCount(ofPermutation: size))
    for place in 0..<max(size - 1, 0) {
      let number =
        Self.takesPairs(size)
        ? UInt64(words[2 * place]) << 32 | UInt64(words[2 * place + 1]) : UInt64(words[place])
      order.swapAt(place, place + Int(number % UInt64(size - place)))
    }
    return order
  }

  /// The words that one permutation takes: one for each place but the last, or two where one would
  /// favour some places. A number that does not fit stays one that no stream can hold.
  static func wordCount(ofPermutation size: Int) -> Int {
    let places = max(size - 1, 0)
    guard takesPairs(size) else { return places }
    let (words, overflow) = places.multipliedReportingOverflow(by: 2)
    return overflow ? .max : words
  }

  private static func takesPairs(_ size: Int) -> Bool { size >= Int(UInt32.max) / 20 }
}
