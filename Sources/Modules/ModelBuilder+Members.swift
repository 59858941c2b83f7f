internal import VariableGraph

extension ModelBuilder {
  /// Declares the members of a part, in the order in which its type lists them.
  ///
  /// - Throws: `ModuleError`, and as `VariableGraph.declare`.
  public mutating func declareMembers(of part: some Variables) throws {
    let mirror = Mirror(reflecting: part)
    let names = type(of: part).memberNames
    if !names.isEmpty { try check(names, of: type(of: part), mirror) }
    try declareMembers(mirror, names)
  }

  private mutating func declareMembers(_ mirror: Mirror, _ names: [String: String]) throws {
    if let ancestor = mirror.superclassMirror { try declareMembers(ancestor, names) }
    for child in mirror.children {
      // The case of an enumeration is a choice, not a part of the path.
      let property = mirror.displayStyle == .enum ? "" : Self.property(of: child)
      try declareMember(child.value, as: names[property] ?? property)
    }
  }

  /// The name of the property; what a property wrapper is kept in begins with an underscore.
  private static func property(of child: Mirror.Child) -> String {
    let label = child.label ?? ""
    return child.value is Parameter && label.hasPrefix("_") ? String(label.dropFirst()) : label
  }

  private mutating func declareMember(_ value: Any, as name: String) throws {
    switch value {
    case let parameter as Parameter: try declare(parameter, as: name)
    case let reference as VariableReference: try share(reference, as: name)
    case let part as any Variables: try declare(part, as: name)
    default: try declareContents(of: value, as: name)
    }
  }

  /// Parts in an optional, an array or a dictionary.
  private mutating func declareContents(of value: Any, as name: String) throws {
    let mirror = Mirror(reflecting: value)
    switch mirror.displayStyle {
    case .optional:
      for child in mirror.children { try declareMember(child.value, as: name) }
    case .collection:
      for (number, child) in mirror.children.enumerated() {
        let separator = convention.elementSeparator ?? graph.separator
        try declareMember(child.value, as: name + separator + "\(number)")
      }
    case .dictionary:
      let pairs = mirror.children.map { Array(Mirror(reflecting: $0.value).children) }
        .map { ("\($0[0].value)", $0[1].value) }
        .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
      for (key, value) in pairs { try declareMember(value, as: name + graph.separator + key) }
    default:
      guard !Self.holdsParameters(mirror) else {
        throw ModuleError.unmarkedMember(path(of: name), type: mirror.subjectType)
      }
    }
  }

  /// True where a parameter or a part lies somewhere in a value that is neither.
  private static func holdsParameters(_ mirror: Mirror) -> Bool {
    // Behind an object there can be a way back to it.
    guard let style = mirror.displayStyle, style != .class else { return false }
    return mirror.children.contains { child in
      child.value is Parameter || child.value is any Variables
        || holdsParameters(Mirror(reflecting: child.value))
    }
  }

  private func check(_ names: [String: String], of type: Any.Type, _ mirror: Mirror) throws {
    var known: [String] = []
    var level: Mirror? = mirror
    while let present = level {
      known += present.children.map(Self.property)
      level = present.superclassMirror
    }
    if let unknown = names.keys.sorted().first(where: { !known.contains($0) }) {
      throw ModuleError.unknownMember(unknown, of: type, known: known)
    }
  }
}
