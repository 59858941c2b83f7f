internal import Store
internal import Interchange
internal import Materialization
internal import Synchronization
internal import TensorMemory
internal import Tensors

/// The values of a checkpoint as a source of tensors, those of recipes among them.
struct StoredTensors: TensorSource {
  private let store: CheckpointStore
  private let checkpoint: String
  private let variables: [StoredVariable]
  private let recipes: RecipeTensors?
  private let waiter: TaskWaiter
  let entries: [TensorEntry]

  /// - Parameter waiter: Lets recipes wait for what makes them.
  /// - Throws: `TensorError` where a variable is too large for this machine; as `graph(of:registry:)` where
  ///   there are recipes.
  init(
    _ variables: [StoredVariable], of store: CheckpointStore, checkpoint: String,
    waiter: TaskWaiter
  ) throws {
    self.store = store
    self.checkpoint = checkpoint
    self.variables = variables
    self.waiter = waiter
    let regeneration =
      variables.contains(where: \.isRecipe) ? try store.regeneration(of: checkpoint) : nil
    recipes = regeneration.map {
      RecipeTensors(
        store: store, checkpoint: checkpoint, variables: variables, regeneration: $0,
        waiter: waiter)
    }
    entries = try variables.map { variable in
      var entry = try TensorEntry(
        name: variable.name, shape: variable.shape, scalarType: variable.scalarType)
      if variable.isRecipe {
        entry.isElementwise = regeneration?.isElementwise(variable.name) ?? true
      }
      return entry
    }
  }

  var formatName: String { "store" }

  /// Every chunk that is read is checked against its digest, and every part of a recipe that is made.
  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    try waiter.checkCancellation()
    let variable = variables[index]
    if variable.isRecipe, let recipes {
      return try recipes.read(into: &span, at: offset, of: index)
    }
    let first = offset / variable.scalarType.byteCount
    let range = first..<first + span.byteCount / variable.scalarType.byteCount
    let tensor = try store.tensor(of: variable, elements: range, checkpoint: checkpoint)
    tensor.withBytes { span.copy($0) }
  }
}

/// The values of recipes, made part by part as they are asked for, most often in order.
///
/// A class, because it keeps the part that was made last.
private final class RecipeTensors: Sendable {
  private let store: CheckpointStore
  private let checkpoint: String
  private let variables: [StoredVariable]
  private let regeneration: Regeneration
  private let waiter: TaskWaiter
  private let last = Mutex<Last?>(nil)

  private struct Last {
    let index: Int
    let recipe: RecipeReader
    var part: RecipeReader.Part?
  }

  init(
    store: CheckpointStore, checkpoint: String, variables: [StoredVariable],
    regeneration: Regeneration, waiter: TaskWaiter
  ) {
    self.store = store
    self.checkpoint = checkpoint
    self.variables = variables
    self.regeneration = regeneration
    self.waiter = waiter
  }

  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws {
    var filled = 0
    while filled < span.byteCount {
      let part = try part(at: offset + filled, of: index)
      let wanted = offset + filled..<min(offset + span.byteCount, part.range.upperBound)
      var target = span._mutatingExtracting(filled..<filled + wanted.count)
      part.storage.withBytes { bytes in
        target.copy(
          bytes.extracting(
            wanted.lowerBound - part.range.lowerBound..<wanted.upperBound - part.range.lowerBound))
      }
      filled += wanted.count
    }
  }

  private func part(at byte: Int, of index: Int) throws -> RecipeReader.Part {
    try last.withLock { last in
      var present: Last
      if let last, last.index == index {
        if let part = last.part, part.range.contains(byte) { return part }
        present = last
      } else {
        last = nil
        present = Last(index: index, recipe: try recipe(of: index))
      }
      // What was made before is let go first: one part is in memory at a time.
      present.part = nil
      last = present
      let part = try present.recipe.part(at: byte)
      present.part = part
      last = present
      return part
    }
  }

  private func recipe(of index: Int) throws -> RecipeReader {
    let (store, variable, checkpoint) = (store, variables[index], checkpoint)
    let regeneration = regeneration
    return try waiter.wait(for: {
      try await store.recipe(of: variable, in: checkpoint, making: regeneration)
    })
  }
}
