internal import VariableGraph

extension ConfigurationReader {
  /// The parameter `layout`; `nil` where it is absent or null.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  func layout() throws -> WeightLayout? {
    let value = value("layout", default: .null)
    switch value {
    case .null: return nil
    case .string(let text): return try WeightLayout(name(text))
    case .object(let members):
      let known: Set = ["name", "in", "out", "batch", "groups", "packed"]
      guard members.keys.allSatisfy(known.contains) else { throw wrongLayout(value) }
      let groups = try count(members["groups"], in: value)
      let packed = try count(members["packed"], in: value)
      if case .string(let text)? = members["name"] {
        guard members["in"] == nil, members["out"] == nil, members["batch"] == nil else {
          throw wrongLayout(value)
        }
        return try WeightLayout(name(text), groups: groups, packed: packed)
      }
      guard members["name"] == nil, members["in"] != nil, members["out"] != nil else {
        throw wrongLayout(value)
      }
      return try WeightLayout(
        inputAxes: axes(members["in"], in: value), outputAxes: axes(members["out"], in: value),
        batchAxes: axes(members["batch"] ?? [], in: value), groups: groups, packed: packed)
    default: throw wrongLayout(value)
    }
  }

  /// The parameter `layout`, which must be there.
  func requiredLayout() throws -> WeightLayout {
    guard let layout = try layout() else { throw wrongLayout(.null) }
    return layout
  }

  private func name(_ text: String) throws -> WeightLayout.Name {
    guard let name = WeightLayout.Name(rawValue: text.lowercased()) else {
      throw wrongLayout(.string(text))
    }
    return name
  }

  private func count(_ value: JSONValue?, in layout: JSONValue) throws -> Int {
    switch value {
    case nil: return 1
    case .integer(let number)?:
      guard let number = Int(exactly: number) else { throw wrongLayout(layout) }
      return number
    default: throw wrongLayout(layout)
    }
  }

  private func axes(_ value: JSONValue?, in layout: JSONValue) throws -> [Int] {
    let values: [JSONValue]
    switch value {
    case .array(let list)?: values = list
    case .integer?: values = value.map { [$0] } ?? []
    default: throw wrongLayout(layout)
    }
    return try values.map {
      guard case .integer(let axis) = $0, abs(axis.clamped) <= 254 else {
        throw wrongLayout(layout)
      }
      return Int(axis)
    }
  }

  private func wrongLayout(_ found: JSONValue) -> InitializerError {
    let names = WeightLayout.Name.allCases.map(\.rawValue).joined(separator: ", ")
    return InitializerError.invalidParameter(
      className, "layout", found: found == .null ? "nothing" : found.canonicalText,
      needed: """
        one of \(names), or an object such as {"name": "oihw", "groups": 2} or \
        {"in": [0], "out": [1, 2]}
        """)
  }
}

extension Int64 {
  /// Kept away from the smallest number, which has no absolute value.
  fileprivate var clamped: Int64 { Swift.max(self, -Int64.max) }
}
