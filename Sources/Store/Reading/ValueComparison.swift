internal import TensorMemory
internal import Tensors

/// One of two values that differ.
struct ComparedValue {
  let variable: StoredVariable
  let store: CheckpointStore
  let checkpoint: String
  /// The digests of all subtrees, which give the root.
  let subtrees: [Digest]
  /// Makes the value, where only the recipe is stored and its value may be made.
  var recipe: RecipeReader?

  /// - Throws: `CheckpointError.Code.damaged` where the digests do not give the root.
  init(_ variable: StoredVariable, of store: CheckpointStore, in checkpoint: String) throws {
    self.variable = variable
    self.store = store
    self.checkpoint = checkpoint
    subtrees = try store.provenTree(of: variable, in: checkpoint).subtrees
  }

  /// What is said where the digests are not what they were.
  var damage: CheckpointError {
    CheckpointError.damaged(variable.damagedDigests, checkpoint: checkpoint)
  }

  /// A subtree: the digests of its chunks, and the bytes of one of them when asked for.
  struct Subtree {
    let chunks: [Digest]
    let tensor: (Range<Int>) throws -> Tensor
  }

  /// A subtree; `nil` for that of a recipe whose value may not be made.
  func subtree(_ number: Int) throws -> Subtree? {
    let chunks = Chunking.chunks(ofSubtree: number, in: variable.byteCount)
    guard variable.isRecipe else {
      let stored = try variable.payloadID.flatMap { payload in
        try store.read { try $0.chunkDigests(ofPayload: payload, byteCount: variable.byteCount) }
      }
      guard let stored else { throw damage }
      return Subtree(chunks: Array(stored[chunks])) {
        try store.tensor(of: variable, elements: $0, checkpoint: checkpoint)
      }
    }
    guard let part = try recipe?.part(number) else { return nil }
    // A tensor whose elements are not made apart comes whole.
    let first = part.chunks.count == chunks.count ? 0 : chunks.lowerBound
    return Subtree(chunks: Array(part.chunks[first..<first + chunks.count])) { elements in
      let width = variable.scalarType.byteCount
      let offset = part.range.lowerBound / width
      let values = try Tensor(
        shape: .vector(part.range.count / width), scalarType: variable.scalarType,
        storage: part.storage)
      return try values.slice(elements: elements.lowerBound - offset..<elements.upperBound - offset)
    }
  }
}

/// Finds the first element in which two values of one shape and dtype differ, from the roots of their trees
/// down.
struct ValueComparison {
  var left: ComparedValue
  var right: ComparedValue

  /// What differs, in words.
  ///
  /// - Throws: `CheckpointError` with the codes `damaged`, `otherValue`.
  func difference() throws -> CheckpointDifference {
    let variable = left.variable
    let width = variable.scalarType.byteCount
    func elements(_ bytes: Range<Int>) -> Range<Int> {
      bytes.lowerBound / width..<bytes.upperBound / width
    }
    guard let number = Self.firstDifference(left.subtrees, right.subtrees) else {
      throw left.damage
    }
    guard let first = try left.subtree(number), let second = try right.subtree(number) else {
      let range = elements(Chunking.range(ofSubtree: number, in: variable.byteCount))
      return CheckpointDifference(
        variable.name, "digests of elements \(range.lowerBound)..<\(range.upperBound) differ")
    }
    guard let place = Self.firstDifference(first.chunks, second.chunks) else { throw left.damage }
    let chunk = Chunking.chunks(ofSubtree: number, in: variable.byteCount).lowerBound + place
    let range = elements(Chunking.range(ofChunk: chunk, in: variable.byteCount))
    let tensors = (try first.tensor(range), try second.tensor(range))
    let bytes = (tensors.0.data(), tensors.1.data())
    guard let offset = zip(bytes.0, bytes.1).enumerated().first(where: { $1.0 != $1.1 })?.offset
    else { throw left.damage }
    let element = offset / width
    let values = [tensors.0, tensors.1].map { tensor in
      tensor.withBytes { Tensor.element(of: $0, at: element, variable.scalarType) }
    }
    return CheckpointDifference(
      variable.name,
      "element \(range.lowerBound + element) is \(values[0]) and \(values[1])",
      firstElement: range.lowerBound + element)
  }

  private static func firstDifference(_ left: [Digest], _ right: [Digest]) -> Int? {
    zip(left, right).enumerated().first { $0.element.0 != $0.element.1 }?.offset
  }
}
