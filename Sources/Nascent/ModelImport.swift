public import Filling
public import Store
internal import Foundation
internal import Initializers
public import Interchange
public import Materialization
internal import TensorMemory
internal import Tensors
public import VariableGraph

/// Model files, read once and declared as a graph whose values are those of the files.
///
///     let model = try await ModelImport(from: ModelFile.open("model.safetensors"))
///     _ = try await model.store(in: CheckpointStore(path: "model.db"))
///
/// Each variable's declaration has the digest of its bytes: importing the same file again finds that
/// everything is there.
public struct ModelImport: Sendable {
  /// The declarations; while the files are open they can be filled from them.
  public let graph: VariableGraph
  /// Where the bytes of each variable lie, if they lie in a file as they are.
  private let locations: NameTable<FileLocation>

  /// Reads tensors of a source and declares them.
  ///
  /// - Parameter source: The model file; it is read again, part after part, when the import is
  ///   stored.
  /// - Parameter nameMap: Leads from names in the file to names in the store.
  /// - Parameter patterns: Which tensors, by their names in the file.
  /// - Parameter skipped: Which of these not.
  /// - Parameter jobCount: How many tensors are hashed at once.
  /// - Throws: `ModelFileError`, also where the file has a content digest and is not what it says;
  ///   `FileAccessError`; `GraphError` for names that a store cannot have.
  public init(
    from source: some TensorSource, nameMap: FileNameMap = .identity,
    selecting patterns: [GlobPattern] = ["*"], skipping skipped: [GlobPattern] = [],
    jobCount: Int = RuntimeConfiguration().jobCount
  ) async throws {
    try await self.init(
      from: [source], nameMap: nameMap, selecting: patterns, skipping: skipped, jobCount: jobCount)
  }

  /// The same of several files at once. A tensor that stands in several of them counts once.
  ///
  /// - Throws: As for one; `ModelImportError.Code.ambiguous` where a tensor has other bytes in another file.
  public init(
    from sources: [any TensorSource], nameMap: FileNameMap = .identity,
    selecting patterns: [GlobPattern] = ["*"], skipping skipped: [GlobPattern] = [],
    jobCount: Int = RuntimeConfiguration().jobCount
  ) async throws {
    var graph = VariableGraph()
    var locations: NameTable<FileLocation> = [:]
    let selection = TensorSelection(NameSelection(patterns), NameSelection(skipped))
    for source in sources {
      try await Self.declare(
        source, nameMap, selection, isAlone: sources.count == 1, jobCount, in: &graph, &locations)
    }
    self.graph = graph
    self.locations = locations
  }

  /// Which tensors of a file are wanted.
  private struct TensorSelection {
    let selected: NameSelection
    let skipped: NameSelection

    init(_ selected: NameSelection, _ skipped: NameSelection) {
      self.selected = selected
      self.skipped = skipped
    }

    func contains(_ name: String) -> Bool {
      selected.contains(name) && !skipped.contains(name)
    }
  }

  /// - Parameter isAlone: True where the checkpoint is to be of this file alone.
  private static func declare(
    _ source: some TensorSource, _ nameMap: FileNameMap, _ selection: TensorSelection,
    isAlone: Bool, _ jobCount: Int, in graph: inout VariableGraph,
    _ locations: inout NameTable<FileLocation>
  ) async throws {
    let entries = source.entries
    let names = try nameMap.applied(to: entries.map(\.name))
    let wanted = entries.indices.filter { selection.contains(entries[$0].name) }
    let isWhole = wanted.count == entries.count
    let digests = try await Self.digests(of: source, wanted, jobCount)
    if isWhole { try checkContent(source, digests) }
    graph.reserveCapacity(graph.variables.count + wanted.count)
    for (place, index) in wanted.enumerated() {
      let entry = entries[index]
      let width = entry.scalarType.byteCount
      guard let digest = digests[place].sha256 else {
        preconditionFailure("all bytes of a tensor in a file were hashed")
      }
      if let known = graph[names[index]], graph.declares(names[index]) {
        guard known.shape == entry.shape, known.scalarType == entry.scalarType,
          known.initializer.declaredDigest == digest
        else { throw ModelImportError.ambiguous(names[index]) }
        continue
      }
      let initializer = ImportedInitializer(
        digest: digest, tensor: entry.name, format: source.formatName,
        source: ImportedInitializer.Source(isElementwise: entry.isElementwise) { span, range in
          try source.read(into: &span, at: range.lowerBound * width, of: index)
        })
      locations[names[index]] = source.location(of: index)
      // The texts of a file are those of all its tensors, and of no others.
      let isFirst = place == 0 && isWhole && isAlone
      try graph.declare(
        names[index], shape: entry.shape.dimensions, dtype: entry.scalarType,
        initializer: initializer,
        metadata: isFirst ? [ImportedFile.metadataKey: ImportedFile.json(source.metadata)] : [:])
    }
    let stored = NameTable(byName: wanted.lazy.map { (entries[$0].name, names[$0]) })
    for pair in ModelMetadata.tied(in: source) where selection.contains(pair.name) {
      guard let target = stored[pair.target], !graph.declares(pair.name) else { continue }
      try graph.tie(pair.name, to: target)
    }
  }

  /// Brings the values into a checkpoint, beside those that it has.
  ///
  /// What the files do not have stays as it is. A name that is there with the same bytes is skipped; one that
  /// is only declared gets the value of the file. One that is there with other bytes, however they were made,
  /// is refused, and nothing is changed; the policy `replace` takes the file's.
  ///
  /// - Parameter store: The store.
  /// - Parameter checkpoint: The checkpoint's name; it is made where it is not there.
  /// - Parameter isByReference: Copies no bytes: the store keeps their digests and where they lie, and reads
  ///   them there. A file that is changed or gone later is named when it is read.
  /// - Parameter policy: What to do with values that are there.
  /// - Parameter configuration: How much of the machine may be used.
  /// - Parameter toolVersion: What the store's `runs` view shows as the tool.
  /// - Parameter progress: Is told how far it is.
  /// - Throws: `CheckpointError` with the codes `conflict`, `busy`, `inputOutput`; `ModelImportError.Code.changed`
  ///   where a file is not any more what it was when it was read first, `notReferable` where bytes do not lie in
  ///   a file as they are; `RuntimeError.Code.fillFailed`.
  public func store(
    in store: CheckpointStore, checkpoint: String = "initial", policy: ExistingPolicy = .skip,
    byReference isByReference: Bool = false,
    configuration: RuntimeConfiguration = RuntimeConfiguration(), toolVersion: String = "library",
    progress: @escaping @Sendable (MaterializationProgress) -> Void = { _ in }
  ) async throws -> MaterializationReport {
    if isByReference,
      let missing = graph.variables.first(where: {
        locations[$0.name] == nil && $0.shape.elementCount > 0
      })
    {
      throw ModelImportError.notReferable(missing.name)
    }
    let runtime = Runtime(
      graph: graph, store: store, checkpoint: checkpoint, configuration: configuration,
      toolVersion: toolVersion)
    let updates = runtime.progress()
    let listener = Task { for await update in updates { progress(update) } }
    defer { listener.cancel() }
    do {
      return try await runtime.importValues(
        into: store, policy: policy, referringTo: isByReference ? locations : [:])
    } catch let error as CheckpointError where error.code == .otherValue {
      throw ModelImportError.changed(error)
    }
  }

  private static func digests(
    of source: some TensorSource, _ wanted: [Int], _ jobCount: Int
  ) async throws -> [ValueDigest] {
    let reader = PartReader(source)
    let count = wanted.count
    return try await withThrowingTaskGroup(of: (Int, ValueDigest).self) { group in
      var found: [Int: ValueDigest] = [:]
      var next = 0
      while found.count < count {
        while next < count, next - found.count < jobCount {
          let (place, index) = (next, wanted[next])
          group.addTask { (place, try reader.digest(of: index)) }
          next += 1
        }
        if let (index, digest) = try await group.next() { found[index] = digest }
      }
      return (0..<count).compactMap { found[$0] }
    }
  }

  private static func checkContent(_ source: some TensorSource, _ digests: [ValueDigest]) throws {
    let entries = source.entries
    for file in source.files {
      guard
        ModelMetadata.text(.formatVersion, in: file.metadata) == ModelMetadata.formatVersion,
        let expected = ModelMetadata.text(.contentDigest, in: file.metadata)
      else { continue }
      let found = Fingerprint.content(
        file.entries.map {
          let entry = entries[$0]
          return (entry.name, entry.scalarType.rawValue, entry.shape.json, digests[$0].root)
        })
      guard found.hex == expected else {
        throw ModelImportError.otherContent(expected: expected, found: found)
      }
    }
  }
}
