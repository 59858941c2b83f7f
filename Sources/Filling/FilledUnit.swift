public import TensorMemory
public import Tensors
public import VariableGraph

/// A chunk of a variable, filled and hashed, on its way to the store.
public struct FilledChunk: Sendable {
  /// The variable's name.
  public let variable: String
  /// The number of the chunk, from 0.
  public let number: Int
  /// The memory that holds it, sealed.
  public let storage: TensorStorage
  /// Its bytes in the memory.
  public let range: Range<Int>
  /// The SHA-256 of the bytes.
  public let digest: Digest
  /// Those of the elements, which are kept of values that several shares make; `nil` where nobody took them.
  public let moments: Moments?

  /// A chunk in memory.
  public init(
    variable: String, number: Int, storage: TensorStorage, range: Range<Int>, digest: Digest,
    moments: Moments? = nil
  ) {
    self.variable = variable
    self.number = number
    self.storage = storage
    self.range = range
    self.digest = digest
    self.moments = moments
  }
}

/// What is known of a variable when its last chunk is filled.
public struct FilledVariable: Sendable {
  /// The variable's name.
  public let name: String
  /// The SHA-256 of all its bytes.
  public let digest: Digest
  /// Mean, deviation, form and extremes of its elements.
  public let moments: Moments
  /// Its first elements as text.
  public let preview: String
  /// How the value compares with what the initializer promises; `nil` for one that was assigned.
  public let check: DistributionCheck?
  /// The same as the store records it.
  package let verdict: RecordedVerdict

  /// A finished variable.
  ///
  /// - Parameter variable: What is declared; it says what the value should be like.
  /// - Parameter digest: The SHA-256 of all its bytes.
  /// - Parameter moments: Those of all its elements.
  /// - Parameter preview: Its first elements as text, as the store shows them.
  /// - Parameter isAssigned: The value is not what the declaration makes.
  public init(
    of variable: Variable, digest: Digest, moments: Moments, preview: String,
    isAssigned: Bool = false
  ) {
    name = variable.name
    self.digest = digest
    self.moments = moments
    self.preview = preview
    check = isAssigned ? nil : variable.check(moments)
    verdict = RecordedVerdict(check)
  }

  /// A value that was put together of others' chunks.
  package init(
    name: String, digest: Digest, moments: Moments, preview: String, verdict: RecordedVerdict
  ) {
    self.name = name
    self.digest = digest
    self.moments = moments
    self.preview = preview
    self.verdict = verdict
    check = nil
  }
}

/// Whether a value is what its initializer promises, as the columns `verdict` and `deviation` say it.
package struct RecordedVerdict: Sendable, Hashable {
  /// The raw value of a `DistributionVerdict`.
  package let verdict: String
  /// How it deviates, in words.
  package let deviation: String?

  /// What a check found; of none that the value was not checked.
  package init(_ check: DistributionCheck?) {
    verdict = (check?.verdict ?? .notChecked).rawValue
    deviation = check?.reason
  }

  /// What another store says; `nil` where it says nothing, as one of an older version.
  package init?(verdict: String?, deviation: String?) {
    guard let verdict else { return nil }
    self.verdict = verdict
    self.deviation = deviation
  }
}

/// Chunks that are written together, at most about a block, and the variables they finish.
public struct FilledUnit: Sendable {
  /// The chunks; of one variable, or of many small ones.
  public var chunks: [FilledChunk]
  /// The variables whose last chunk is among them, or that have no bytes.
  public var finished: [FilledVariable]

  /// A unit to write.
  public init(chunks: [FilledChunk], finished: [FilledVariable]) {
    self.chunks = chunks
    self.finished = finished
  }

  /// The bytes of all chunks.
  public var byteCount: Int { chunks.reduce(0) { $0 + $1.range.count } }
}
