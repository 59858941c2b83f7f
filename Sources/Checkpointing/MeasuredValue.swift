internal import TensorMemory
internal import Tensors

/// Statistics and digest of a value whose chunks come in order: as a run that makes them takes them.
struct MeasuredValue {
  private let variable: ValueSpec
  private var moments = Moments()
  private var preview = "[]"
  /// The hash of all bytes so far.
  var digest = DigestBuilder()

  init(of variable: ValueSpec) { self.variable = variable }

  /// Measures the next chunk.
  mutating func add(_ storage: TensorStorage, number: Int) {
    storage.withBytes { add($0, number: number) }
  }

  /// The same for the bytes of a chunk.
  mutating func add(_ bytes: RawSpan, number: Int) {
    let measured = Moments(of: bytes, as: variable.scalarType.measurable)
    if number == 0 { preview = Tensor.preview(of: bytes, as: variable.scalarType) }
    if Chunking.count(ofBytes: variable.byteCount) == 1 {
      moments = measured
    } else {
      moments.merge(measured)
    }
  }

  /// What is known when the last chunk has come.
  ///
  /// - Parameter verdict: What is to be recorded of a value with these moments.
  func finish(_ verdict: (Moments) -> RecordedVerdict) -> FilledVariable {
    FilledVariable(
      name: variable.name, digest: digest.finish(), moments: moments, preview: preview,
      verdict: verdict(moments))
  }
}
