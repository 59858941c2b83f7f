internal import RandomSampling

extension StreamPlace {
  /// The key of a variable's metadata under which a graph keeps the place that it draws from.
  public static let metadataKey = "stream_place"

  /// `{"words": 1000}`, with the first word of the pair of a kept normal as `pair`; behind draws of
  /// unknown length those as `after`, and the offsets from the last one.
  public var json: JSONValue {
    guard !openings.isEmpty else { return Self.json(offsets.ifEmpty) }
    var members = Self.members(offsets)
    members["after"] = .array(
      openings.map { opening in
        var members = Self.members(opening.start)
        members["draw"] = Self.json(opening.draw)
        return .object(members)
      })
    return .object(members)
  }

  /// Reads what `json` writes.
  ///
  /// - Throws: `GraphError.Code.malformedPlace`.
  public init(json: JSONValue) throws {
    guard let place = Self.place(json) else {
      throw GraphError.malformedPlace(json.canonicalText)
    }
    self = place
  }

  private static func place(_ json: JSONValue) -> StreamPlace? {
    guard case .object(let members) = json else { return nil }
    guard let after = members["after"] else {
      guard let offset = offset(json), offset.cache != .inherited else { return nil }
      return StreamPlace(offsets: Offsets(ifEmpty: offset, ifKept: offset))
    }
    guard case .array(let values) = after, let offsets = offsets(members) else { return nil }
    var openings: [Opening] = []
    for value in values {
      guard case .object(let members) = value, let start = Self.offsets(members),
        let draw = draw(members["draw"])
      else { return nil }
      openings.append(Opening(start: start, draw: draw))
    }
    return StreamPlace(openings: openings, offsets: offsets)
  }

  private static func members(_ offsets: Offsets) -> [String: JSONValue] {
    ["empty": json(offsets.ifEmpty), "kept": json(offsets.ifKept)]
  }

  private static func offsets(_ members: [String: JSONValue]) -> Offsets? {
    guard let ifEmpty = offset(members["empty"]), let ifKept = offset(members["kept"]) else {
      return nil
    }
    return Offsets(ifEmpty: ifEmpty, ifKept: ifKept)
  }

  private static func json(_ offset: StreamOffset) -> JSONValue {
    var members: [String: JSONValue] = ["words": .integer(Int64(offset.wordCount))]
    switch offset.cache {
    case .empty: break
    case .inherited: members["pair"] = true
    case .pair(let start): members["pair"] = .integer(Int64(start))
    }
    return .object(members)
  }

  private static func offset(_ json: JSONValue?) -> StreamOffset? {
    guard case .object(let members)? = json, let words = count(members["words"]) else {
      return nil
    }
    switch members["pair"] {
    case nil: return StreamOffset(wordCount: words)
    case .bool(true)?: return StreamOffset(wordCount: words, cache: .inherited)
    case let value?:
      guard let start = count(value), start <= words - 4 else { return nil }
      return StreamOffset(wordCount: words, cache: .pair(at: start))
    }
  }

  private static func json(_ draw: TruncatedNormalDraw) -> JSONValue {
    [
      "count": .integer(Int64(draw.count)), "dtype": .string("\(draw.format)"),
      "mean": .double(draw.mean), "std": .double(draw.standardDeviation),
      "a": .double(draw.lower), "b": .double(draw.upper),
    ]
  }

  private static func draw(_ json: JSONValue?) -> TruncatedNormalDraw? {
    guard case .object(let members)? = json, let count = count(members["count"]),
      case .string(let name)? = members["dtype"],
      let format = FloatingFormat.allCases.first(where: { "\($0)" == name }),
      let mean = members["mean"]?.number, let deviation = members["std"]?.number,
      let lower = members["a"]?.number, let upper = members["b"]?.number
    else { return nil }
    let draw = TruncatedNormalDraw(
      count: count, format: format, mean: mean, standardDeviation: deviation, lower: lower,
      upper: upper)
    let isKnown = draw.isDrawable && draw.isDataDependent
    return isKnown && count <= TruncatedNormalDraw.maximumCount ? draw : nil
  }

  /// A number of words or elements; large ones are no places that a graph can reach.
  private static func count(_ json: JSONValue?) -> Int? {
    guard case .integer(let number)? = json, number >= 0, number < 1 << 62 else { return nil }
    return Int(exactly: number)
  }
}
