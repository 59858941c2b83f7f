public import Store
public import Interchange
public import Materialization
public import Tensors
public import VariableGraph

/// What was exported.
public struct ExportReport: Sendable {
  /// The name of the checkpoint.
  public let checkpoint: String
  /// The paths of the files; of several the index is the last.
  public let files: [String]
  /// The tensors by their names in the file.
  public let tensors: [TensorEntry]
  /// Second names that the format has no place for.
  public let unwrittenAliases: [String]
  /// The fingerprint of all declarations of the checkpoint.
  public let specFingerprint: String
  /// The digest of the tensors under their names in the file.
  public let contentDigest: Digest
  /// The bytes of the tensors.
  public var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
}

extension CheckpointStore {
  /// Writes values of a checkpoint to a model file: `.safetensors`, `.npz` or `.npy`.
  ///
  /// Bytes go from the store to the file a few megabytes at a time, each chunk checked against its digest; the
  /// values of recipes are made and checked, 64 MiB at a time where the initializer can.
  /// The file is there when it is whole and on the disk. Equal values, declarations and names make equal
  /// files on every machine. A checkpoint that was imported from a file of the same format comes out as it
  /// came in: in the file's order and with the texts of the file.
  ///
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter path: The file to write; its extension says the format, and a file that is there
  ///   is replaced.
  /// - Parameter patterns: Which variables; an alias stands for its variable.
  /// - Parameter nameMap: Leads from names in the store to names in the file.
  /// - Parameter maximumShardByteCount: Splits a safetensors file.
  /// - Parameter inputs: Files that must not be replaced, beside those of the store.
  /// - Parameter tool: The program's name and version, for the texts of the file.
  /// - Parameter progress: Told after each part, on the thread that writes, what was written.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `notMaterialized`, `damaged`, and
  ///   `otherValue` where a recipe's value is not what it says; `ModelFileError`; `FileAccessError`.
  public func export(
    _ checkpoint: String = "initial", to path: String, matching patterns: [GlobPattern] = ["*"],
    nameMap: FileNameMap = .identity, maximumShardByteCount: Int? = nil,
    sparing inputs: [String] = [],
    tool: String = "nascent \(NascentVersion.current)",
    progress: @escaping @Sendable (MaterializationProgress) -> Void = { _ in }
  ) async throws -> ExportReport {
    try await WaitingThread.run { [self] waiter in
      try export(
        checkpoint, to: path, matching: patterns, nameMap: nameMap,
        maximumShardByteCount: maximumShardByteCount, sparing: inputs, tool: tool, progress, waiter)
    }
  }

  private func export(
    _ checkpoint: String, to path: String, matching patterns: [GlobPattern],
    nameMap: FileNameMap, maximumShardByteCount: Int?, sparing inputs: [String], tool: String,
    _ progress: @escaping @Sendable (MaterializationProgress) -> Void, _ waiter: TaskWaiter
  ) throws -> ExportReport {
    let format = try ModelFormat(ofPath: path)
    let summary = try self.checkpoint(named: checkpoint)
    let all = try variables(in: checkpoint)
    let names = try nameMap.applied(to: all.map(\.name))
    let nameInFile = NameTable(byName: zip(all, names).lazy.map { ($0.name, $1) })
    let selection = NameSelection(patterns)
    let targets = NameSet(names: all.filter { selection.contains($0.name) }.compactMap(\.aliasOf))
    let selected = all.filter {
      $0.aliasOf == nil && (selection.contains($0.name) || targets.contains($0.name))
    }
    let values = try selected.map { variable in
      (
        variable, name: nameInFile[variable.name] ?? variable.name,
        root: try root(of: variable, in: checkpoint)
      )
    }
    let chosen = NameSet(names: selected.map(\.name))
    let aliases = all.compactMap { variable -> (name: String, target: String)? in
      guard let target = variable.aliasOf, chosen.contains(target) else { return nil }
      return (nameInFile[variable.name] ?? variable.name, nameInFile[target] ?? target)
    }
    @Sendable func digest(of places: [Int]) -> Digest {
      Fingerprint.content(
        places.map {
          let (variable, name, root) = values[$0]
          return (name, variable.scalarType.rawValue, variable.shape.json, root)
        })
    }
    var configuration = ModelFile.Configuration()
    configuration.maximumShardByteCount = maximumShardByteCount
    configuration.inputs = try filePaths() + inputs
    let keepsNames = zip(names, all).allSatisfy { NameKey($0) == NameKey($1.name) }
    let isWhole = selected.count == all.count { $0.aliasOf == nil } && keepsNames
    let original = isWhole ? imported(selected, format) : .none
    configuration.keepsOrder = original != nil
    let tied = format == .safetensors ? aliases.filter { !ModelMetadata.isReserved($0.name) } : []
    configuration.metadata = { places in
      // The texts of a file may say its content, which is not that of its tensors and others.
      if let original,
        ModelMetadata.text(.contentDigest, in: original).map({ $0 == digest(of: places).hex })
          ?? true
      {
        return original
      }
      let present = NameSet(names: places.map { values[$0].name })
      return ModelMetadata.pairs(
        Self.texts(of: summary, tool, digest(of: places)),
        tied: tied.filter { present.contains($0.target) })
    }
    let source = SelectedTensors(
      try StoredTensors(selected, of: self, checkpoint: checkpoint, waiter: waiter),
      values.enumerated().map { ($0.offset, $0.element.name) })
    let files = try ModelFile.write(CountedTensors(source, progress), to: path, configuration)
    let kept = NameSet(names: tied.map(\.name))
    return ExportReport(
      checkpoint: checkpoint, files: files, tensors: source.entries,
      unwrittenAliases: aliases.map(\.name).filter { !kept.contains($0) },
      specFingerprint: summary.specFingerprint, contentDigest: digest(of: Array(values.indices)))
  }

  /// The texts of the file that all variables came from, where it was one, of the format that is written.
  private func imported(_ variables: [StoredVariable], _ format: ModelFormat) -> [MetadataPair]?? {
    guard let first = variables.first,
      variables.allSatisfy({ ImportedFile.format(of: $0.initializer) == format.rawValue }),
      !variables.dropFirst().contains(where: { $0.metadata[ImportedFile.metadataKey] != nil })
    else { return .none }
    return ImportedFile.metadata(of: first.metadata)
  }

  private static func texts(
    of summary: CheckpointSummary, _ tool: String, _ digest: Digest
  ) -> [ModelMetadata.Key: String] {
    var texts: [ModelMetadata.Key: String] = [
      .format: "pt", .formatVersion: ModelMetadata.formatVersion, .tool: tool,
      .checkpoint: summary.name, .seed: String(summary.seed), .dialect: summary.dialect,
      .specFingerprint: summary.specFingerprint, .contentDigest: digest.hex,
    ]
    texts[.step] = summary.step.map(String.init)
    return texts
  }
}
