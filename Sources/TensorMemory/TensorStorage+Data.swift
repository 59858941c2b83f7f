public import Foundation

extension TensorStorage {
  /// Lets `body` read a range of a sealed storage as `Data` that shares the memory.
  ///
  /// The `Data` is valid inside `body` only; a copy made there keeps nothing alive.
  public func withData<Result>(
    in range: Range<Int>, _ body: (Data) throws -> Result
  ) rethrows -> Result {
    try withBytes { try $0.extracting(range).withData(body) }
  }

  /// Copies `data` to the part of the storage that begins at `offset`.
  public func fill(at offset: Int, with data: Data) {
    fill(offset..<offset + data.count) { span in
      span.withUnsafeMutableBytes { target in
        data.withUnsafeBytes { source in
          unsafe target.copyBytes(from: source)
        }
      }
    }
  }
}
