package import TensorMemory
package import Tensors
package import VariableGraph

/// Statistics and digest of a value whose chunks come in order: as a run that makes them takes them.
package struct MeasuredValue {
  private let variable: ValueSpec
  private var moments = Moments()
  private var preview = "[]"
  /// The hash of all bytes so far.
  package var digest = DigestBuilder()

  package init(of variable: ValueSpec) { self.variable = variable }

  /// Measures the next chunk.
  package mutating func add(_ storage: TensorStorage, number: Int) {
    storage.withBytes { add($0, number: number) }
  }

  /// The same for the bytes of a chunk.
  package mutating func add(_ bytes: RawSpan, number: Int) {
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
  package func finish(_ verdict: (Moments) -> RecordedVerdict) -> FilledVariable {
    FilledVariable(
      name: variable.name, digest: digest.finish(), moments: moments, preview: preview,
      verdict: verdict(moments))
  }
}

/// As much of a variable as the rows of its value need.
package struct ValueSpec: Sendable {
  package let name: String
  package let scalarType: ScalarType
  package let byteCount: Int

  package init(name: String, scalarType: ScalarType, byteCount: Int) {
    self.name = name
    self.scalarType = scalarType
    self.byteCount = byteCount
  }

  package init(_ variable: Variable) {
    self.init(
      name: variable.name, scalarType: variable.scalarType, byteCount: variable.byteCount)
  }
}
