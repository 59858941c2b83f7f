package import TensorMemory
public import Tensors

/// Makes the bytes of a recipe, of which only digests are stored, and checks them.
///
/// What is made is a subtree at the least, 64 MiB, because that is what has a digest.
package struct RecipeReader: Sendable {
  private let variable: StoredVariable
  private let checkpoint: String
  private let subtrees: [Digest]
  private let remade: RemadeValue
  /// False where a part costs as much as the whole.
  package let isElementwise: Bool

  init(
    of variable: StoredVariable, in checkpoint: String, tree: DigestTree, _ elements: RemadeElements
  ) {
    self.variable = variable
    self.checkpoint = checkpoint
    subtrees = tree.subtrees
    remade = RemadeValue(of: variable, elements)
    isElementwise = elements.isElementwise
  }

  /// All elements in their shape, or a range of them as a vector.
  ///
  /// - Throws: `CheckpointError.Code.otherValue`, `TensorMemoryError`, what keeps the value from being made.
  func tensor(elements range: Range<Int>?) throws -> Tensor {
    let width = variable.scalarType.byteCount
    let elements = range ?? 0..<variable.shape.elementCount
    let storage = try bytes(elements.lowerBound * width..<elements.upperBound * width)
    return try Tensor(
      shape: range == nil ? variable.shape : .vector(elements.count),
      scalarType: variable.scalarType, storage: storage)
  }

  /// Bytes of the tensor.
  private func bytes(_ wanted: Range<Int>) throws -> TensorStorage {
    let storage = try TensorStorage(byteCount: wanted.count)
    defer { storage.seal() }
    guard !wanted.isEmpty else { return storage }
    if wanted.count == variable.byteCount {
      // Nothing is copied.
      let parts =
        isElementwise
        ? subtrees.indices.map { Chunking.chunks(ofSubtree: $0, in: variable.byteCount) }
        : [0..<Chunking.count(ofBytes: variable.byteCount)]
      for (number, chunks) in parts.enumerated() {
        try check(remade.fill(storage, with: chunks, from: 0), from: number)
      }
      return storage
    }
    for number in Self.subtrees(covering: wanted) {
      let made = try part(number)
      let common = made.range.clamped(to: wanted)
      made.storage.withData(in: common.shifted(down: made.range.lowerBound)) {
        storage.fill(at: common.lowerBound - wanted.lowerBound, with: $0)
      }
      if !isElementwise { break }
    }
    return storage
  }

  /// The subtrees that bytes of the tensor lie in; some bytes at the least.
  private static func subtrees(covering bytes: Range<Int>) -> ClosedRange<Int> {
    let byteCount = Chunking.subtreeChunkCount * Chunking.chunkByteCount
    return bytes.lowerBound / byteCount...(bytes.upperBound - 1) / byteCount
  }

  /// The bytes of a recipe in memory.
  package struct Part: Sendable {
    /// Sealed.
    package let storage: TensorStorage
    /// The tensor's bytes in it.
    package let range: Range<Int>
    /// The digests of its chunks.
    let chunks: [Digest]
  }

  /// The subtree that a byte of the tensor lies in, or the whole tensor where its elements are not made
  /// apart.
  ///
  /// - Throws: As `tensor`.
  package func part(at byte: Int) throws -> Part {
    try part(Self.subtrees(covering: byte..<byte + 1).lowerBound)
  }

  /// The same by the number of the subtree.
  func part(_ number: Int) throws -> Part {
    let made = try remade.chunks(Chunking.chunks(ofSubtree: number, in: variable.byteCount))
    try check(made.digests, from: isElementwise ? number : 0)
    return Part(storage: made.storage, range: made.range, chunks: made.digests)
  }

  /// Compares the digests of chunks, from the first of a subtree on, with the recipe.
  private func check(_ digests: [Digest], from first: Int) throws {
    for (place, found) in DigestTree(chunks: digests).subtrees.enumerated()
    where found != subtrees[first + place] {
      let bytes = Chunking.range(ofSubtree: first + place, in: variable.byteCount)
      let width = variable.scalarType.byteCount
      throw CheckpointError.otherValue(
        variable.name, elements: bytes.lowerBound / width..<bytes.upperBound / width,
        checkpoint: checkpoint, expected: subtrees[first + place], found: found)
    }
  }
}

extension CheckpointStore {
  /// The value of a variable, whether its bytes are stored or only its recipe is.
  ///
  /// Stored bytes are read and checked, as `tensor(named:)` and `slice` do. A recipe's are made, only the
  /// parts of 64 MiB that hold what is asked for where the initializer can, and checked against its digests.
  ///
  /// - Parameter name: The name of a variable or alias.
  /// - Parameter range: Elements, row-major, that are given as a vector; all in their shape unless
  ///   said otherwise.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter maker: Makes the values that the checkpoint declares.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `notMaterialized`,
  ///   `rangeOutOfBounds`, `damaged`, `otherValue`; what keeps the value from being made.
  public func value(
    of name: String, elements range: Range<Int>? = nil, in checkpoint: String = "initial",
    making maker: Regeneration
  ) async throws -> Tensor {
    let variable = try variable(name, in: checkpoint)
    if let range { try variable.check(range) }
    guard variable.isRecipe else {
      return try tensor(of: variable, elements: range, checkpoint: checkpoint)
    }
    return try await recipe(of: variable, in: checkpoint, making: maker).tensor(elements: range)
  }

  /// What makes and checks the value of a recipe.
  ///
  /// - Throws: `CheckpointError.Code.damaged` where the recipe's digests do not give its root; what keeps
  ///   the value from being made.
  package func recipe(
    of variable: StoredVariable, in checkpoint: String, making maker: Regeneration
  ) async throws -> RecipeReader {
    let tree = try provenTree(of: variable, in: checkpoint)
    return RecipeReader(
      of: variable, in: checkpoint, tree: tree, try await maker.elements(of: variable.name))
  }

  /// The root of a variable's value.
  ///
  /// - Throws: `CheckpointError` with the codes `notMaterialized`, and `damaged` where a value has no root.
  package func root(of variable: StoredVariable, in checkpoint: String) throws -> Digest {
    guard variable.hasValue else {
      throw CheckpointError.notMaterialized(variable.name, checkpoint: checkpoint)
    }
    guard let root = variable.root else {
      throw CheckpointError.damaged(variable.damagedDigests, checkpoint: checkpoint)
    }
    return root
  }

  /// The tree of a variable that has a value.
  ///
  /// - Throws: `CheckpointError` with the codes `notMaterialized`, and `damaged` where its digests do not
  ///   give the root.
  func provenTree(of variable: StoredVariable, in checkpoint: String) throws -> DigestTree {
    _ = try root(of: variable, in: checkpoint)
    guard let tree = try read({ try $0.tree(of: variable) }) else {
      throw CheckpointError.damaged(variable.damagedDigests, checkpoint: checkpoint)
    }
    return tree
  }
}

extension StoredVariable {
  /// What is said where the digests of chunks or subtrees do not give the root.
  var damagedDigests: Damage {
    Damage(variable: name, part: .digests, expected: root ?? digest, found: nil)
  }

  /// Refuses a range that reaches outside the variable.
  func check(_ range: Range<Int>) throws {
    guard range.lowerBound >= 0, range.upperBound <= shape.elementCount else {
      throw CheckpointError.rangeOutOfBounds(name, range, count: shape.elementCount)
    }
  }
}
