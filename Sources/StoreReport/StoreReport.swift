public import Store
internal import Foundation
internal import TensorMemory
internal import Tensors
public import VariableGraph

/// A checkpoint as one self-contained page for people.
///
///     let report = try StoreReport(of: store, registry: .standard)
///     try Data(report.html.utf8).write(to: URL(filePath: "report.html"))
///
/// Every stored byte is read once and checked against its digest; damage is shown. The same store gives
/// the same page.
public struct StoreReport: Sendable {
  /// The number of variables and aliases.
  public let variableCount: Int
  /// Variables whose values are not what their initializers promise.
  public let deviating: [String]
  /// Places where stored bytes are not what was recorded.
  public let damages: [Damage]
  /// Where declarations and digests are not what the checkpoint was written with, as sentences without
  /// an end.
  public let flaws: [String]
  /// The page.
  public let html: String

  /// Heat maps take at most about this much of the page, in base 64; larger models get coarser ones.
  static let heatMapByteCount = 3 << 20
  /// The sides that a heat map can have.
  static let heatMapSides = [32, 24, 16, 12, 8]

  /// Reads a checkpoint.
  ///
  /// - Parameter store: The store; it is only read.
  /// - Parameter checkpoint: The checkpoint's name.
  /// - Parameter registry: The initializers that can be explained.
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `notAStore`, `busy`, `inputOutput`.
  /// - Complexity: O(*n*) time in the stored bytes; memory for the page, and one chunk a core.
  public init(
    of store: CheckpointStore, checkpoint: String = "initial", registry: InitializerRegistry
  ) throws {
    let checkpoints = try store.checkpoints()
    let recorded = try store.recorded(checkpoint)
    let stored = recorded.variables
    var specs = SpecTable(registry: registry)
    var specPlaces: [Int] = []
    var promises: NameTable<ValueDistribution> = [:]
    for variable in stored {
      let (place, promise) = specs.add(variable)
      specPlaces.append(place)
      promises[variable.name] = promise
    }
    let views = Self.views(of: stored)
    let side = Self.heatMapSide(count: views.count)
    let descriptions = NameTable(byName: recorded.descriptions.lazy.map { ($0.name, $0) })
    let known = promises
    let pictures = try store.scanRecorded(
      checkpoint,
      with: { variable in
        let description = descriptions[variable.name]
        let range = HistogramRange.range(
          of: variable.isAssigned ? nil : known[variable.name], minimum: description?.minimum,
          maximum: description?.maximum)
        return ReportScanner(
          scalarType: variable.scalarType,
          cells: range.map { CellCounts(range: $0, cellCount: HistogramRange.cellCount) },
          means: side.flatMap { side in
            views[variable.name].map {
              CellMeans(rows: $0.rows, columns: $0.columns, side: side)
            }
          })
      },
      then: { scanned in
        VariablePicture(
          scanned, promise: known[scanned.variable.name], view: views[scanned.variable.name])
      })
    let data = ReportData(
      storeName: URL(filePath: store.path).lastPathComponent, recorded: recorded,
      descriptions: descriptions, specs: specs, specPlaces: specPlaces,
      pictures: NameTable(byName: pictures.lazy.map { ($0.name, $0) }),
      checkpoints: checkpoints, saved: try store.recordedSavedCheckpoints(),
      runs: try store.runs())
    variableCount = stored.count
    deviating = data.deviating
    flaws = data.flaws
    damages = pictures.flatMap(\.damages)
    html = ReportPage(title: "\(data.storeName) · \(checkpoint)", data: data.json).html
  }

  /// The variables that are matrices.
  private static func views(of stored: [StoredVariable]) -> NameTable<MatrixView> {
    var views: NameTable<MatrixView> = [:]
    for variable in stored where variable.aliasOf == nil && variable.isMaterialized {
      views[variable.name] = MatrixView(of: variable.shape)
    }
    return views
  }

  /// The largest side with which that many heat maps fit; `nil` where not even the smallest do.
  static func heatMapSide(count: Int) -> Int? {
    heatMapSides.first { side in
      let (bytes, overflow) = count.multipliedReportingOverflow(by: (side * side + 2) / 3 * 4)
      return !overflow && bytes <= heatMapByteCount
    }
  }
}
