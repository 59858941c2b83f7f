internal import Store
internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// The variables of the page, a list for each property.
struct VariableColumns {
  struct Row {
    let variable: StoredVariable
    let spec: Int
    let state: Int
    let verdict: DistributionVerdict?
    let reason: String?
    let description: VariableDescription?
    let picture: VariablePicture?
  }

  private var columns: [String: [JSONValue]] = [:]
  private var expected: [VariablePicture.Heights: Int] = [:]
  private var expectedList: [VariablePicture.Heights] = []
  private var reasons: [String: JSONValue] = [:]
  private var damages: [String: JSONValue] = [:]
  private var count = 0

  mutating func add(_ row: Row) {
    let picture = row.picture
    let moments = picture?.moments
    put("name", .string(row.variable.name))
    put("shape", .array(row.variable.shape.dimensions.map { ReportNumber.json($0) }))
    put("dtype", .string(row.variable.scalarType.rawValue))
    put("spec", ReportNumber.json(row.spec))
    put("state", ReportNumber.json(row.state))
    put("bytes", ReportNumber.json(row.variable.byteCount))
    put("sha256", ReportNumber.json(row.description?.sha256))
    put("preview", ReportNumber.json(row.description?.preview))
    let verdict = row.verdict.flatMap(DistributionVerdict.allCases.firstIndex)
    put("verdict", verdict.map { ReportNumber.json($0) } ?? .null)
    putStatistics(moments, row.description)
    putPictures(picture)
    if let reason = row.reason { reasons["\(count)"] = .string(reason) }
    if let picture, !picture.damages.isEmpty {
      damages["\(count)"] = .array(picture.damages.map(Self.json))
    }
    count += 1
  }

  private mutating func putStatistics(_ moments: Moments?, _ description: VariableDescription?) {
    let seen = moments.flatMap { $0.count > 0 ? $0 : nil }
    put("mean", ReportNumber.json(seen?.mean ?? description?.mean))
    put(
      "deviation", ReportNumber.json(seen?.standardDeviation ?? description?.standardDeviation))
    put("minimum", ReportNumber.json(seen?.minimum ?? description?.minimum))
    put("maximum", ReportNumber.json(seen?.maximum ?? description?.maximum))
    put("skew", ReportNumber.json(seen == nil ? description?.skew : seen?.skew))
    put(
      "kurtosis",
      ReportNumber.json(seen == nil ? description?.excessKurtosis : seen?.excessKurtosis))
    put(
      "notFinite", ReportNumber.json(moments?.notFiniteCount ?? description?.notFiniteCount ?? 0))
  }

  private mutating func putPictures(_ picture: VariablePicture?) {
    put("cells", ReportNumber.json(picture?.found?.bytes))
    put("peak", ReportNumber.json(picture?.found?.peak))
    put("low", ReportNumber.json(picture?.range?.lowerBound))
    put("high", ReportNumber.json(picture?.range?.upperBound))
    put("expected", picture?.expected.map { ReportNumber.json(place(of: $0)) } ?? .null)
    put("distance", ReportNumber.json(picture?.fit?.distance))
    put("limit", ReportNumber.json(picture?.fit?.limit))
    put(
      "grid",
      picture?.grid.map { grid in
        .array([
          ReportNumber.json(grid.view.rows), ReportNumber.json(grid.view.columns),
          ReportNumber.json(grid.rows), ReportNumber.json(grid.columns),
          ReportNumber.json(grid.scale), .string(grid.bytes),
        ])
      } ?? .null)
  }

  private mutating func place(of heights: VariablePicture.Heights) -> Int {
    if let place = expected[heights] { return place }
    expected[heights] = expectedList.count
    expectedList.append(heights)
    return expectedList.count - 1
  }

  private mutating func put(_ column: String, _ value: JSONValue) {
    columns[column, default: []].append(value)
  }

  private static func json(_ damage: Damage) -> JSONValue {
    [
      "chunk": damage.chunk.map { ReportNumber.json($0) } ?? .null,
      "expected": ReportNumber.json(damage.expected?.hex),
      "found": ReportNumber.json(damage.found?.hex),
    ]
  }

  /// The lists; what few variables have is by their number.
  var json: JSONValue {
    var members = columns.mapValues(JSONValue.array)
    members["count"] = ReportNumber.json(count)
    members["reasons"] = .object(reasons)
    members["damages"] = .object(damages)
    members["expectations"] = .array(
      expectedList.map { .array([ReportNumber.json($0.peak), .string($0.bytes)]) })
    return .object(members)
  }
}
