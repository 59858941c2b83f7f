internal import Foundation
internal import Initializers
public import Interchange
internal import Materialization
internal import Synchronization
internal import Tensors
public import VariableGraph

/// A model file, read once and declared as a graph whose values are those of the file.
///
///     let model = try await ModelImport(from: ModelFile.open("model.safetensors"))
///     let runtime = Runtime(graph: model.graph, store: try CheckpointStore(path: "model.db"))
///     try model.check(try await runtime.materialize())
///
/// Each variable's declaration has the digest of its bytes: importing the same file again finds that
/// everything is there, and another file is another declaration.
public struct ModelImport: Sendable {
  /// The declarations; while the file is open they can be filled from it.
  public let graph: VariableGraph

  /// Reads all tensors of a source and declares them.
  ///
  /// - Parameter source: The model file; it is read again, part after part, when the import is
  ///   stored.
  /// - Parameter nameMap: Leads from names in the file to names in the store.
  /// - Parameter jobCount: How many tensors are hashed at once.
  /// - Throws: `ModelFileError`, also where the file has a content digest and is not what it says;
  ///   `FileAccessError`; `GraphError` for names that a store cannot have.
  public init(
    from source: some TensorSource, nameMap: FileNameMap = .identity,
    jobCount: Int = RuntimeConfiguration().jobCount
  ) async throws {
    let entries = source.entries
    let names = try nameMap.applied(to: entries.map(\.name))
    let digests = try await Self.digests(of: source, jobCount)
    try Self.checkContent(source, digests)
    var graph = VariableGraph()
    graph.reserveCapacity(entries.count)
    for (index, entry) in entries.enumerated() {
      let width = entry.scalarType.byteCount
      guard let digest = digests[index].sha256 else {
        preconditionFailure("all bytes of a tensor in a file were hashed")
      }
      let initializer = ImportedInitializer(
        digest: digest, tensor: entry.name, format: source.formatName,
        source: ImportedInitializer.Source(isElementwise: entry.isElementwise) { span, range in
          try source.read(into: &span, at: range.lowerBound * width, of: index)
        })
      try graph.declare(
        names[index], shape: entry.shape.dimensions, dtype: entry.scalarType,
        initializer: initializer,
        metadata: index == 0 ? [ImportedFile.metadataKey: ImportedFile.json(source.metadata)] : [:])
    }
    let stored = NameTable(byName: zip(entries.lazy.map(\.name), names).lazy.map { ($0, $1) })
    for pair in ModelMetadata.tied(in: source) {
      guard let target = stored[pair.target], graph[pair.name] == nil else { continue }
      try graph.tie(pair.name, to: target)
    }
    self.graph = graph
  }

  /// Checks that what was stored is what was declared: that the file did not change between its two
  /// readings in a way that the system does not tell.
  ///
  /// - Throws: `ModelImportError.Code.changed`.
  public func check(_ report: MaterializationReport) throws {
    let changed = report.outcomes.filter { outcome in
      guard outcome.action != .aliased, let stored = outcome.digest,
        let declared = graph[outcome.name]?.initializer.declaredDigest
      else { return false }
      return stored != declared
    }
    if let first = changed.first {
      throw ModelImportError.changed(first.name, count: changed.count)
    }
  }

  private static func digests(of source: some TensorSource, _ jobCount: Int) async throws
    -> [ValueDigest]
  {
    let reader = PartReader(source)
    let count = source.entries.count
    return try await withThrowingTaskGroup(of: (Int, ValueDigest).self) { group in
      var found: [Int: ValueDigest] = [:]
      var next = 0
      while found.count < count {
        while next < count, next - found.count < jobCount {
          let index = next
          group.addTask { (index, try reader.digest(of: index)) }
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
