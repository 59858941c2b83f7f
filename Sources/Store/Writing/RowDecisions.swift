internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

/// What becomes of the rows of a checkpoint when a graph is declared in it. Nothing is written.
///
/// 1. The row of a selected variable becomes what the graph declares, and so do those of all variables that it
///    reads. A run of the whole graph, or of a share of it, selects all.
/// 2. A row that is not selected stays as it is. Only where it reads a variable whose declaration changes, it is
///    declared anew, and its value, which is another one now, goes.
/// 3. A row that the graph does not have goes where it is selected and nothing that stays reads it; of an import
///    none goes.
/// 4. A value that nothing can make again goes only where its variable is selected and the policy is `replace`.
///    Everywhere else the run is refused.
struct RowDecisions {
  /// What becomes of the row of a graph's variable or alias.
  enum Outcome {
    /// It is as the graph declares it.
    case declared
    /// It is not selected, and stays as it is: another declaration than the graph's.
    case kept
    /// It is not selected and not stored, and reads what is kept: it is declared when it is selected.
    case absent
  }

  /// A variable of the graph beside the row that is stored under its name.
  struct Declaration: Sendable {
    /// Of the row as the run leaves it, where the outcome is `declared`.
    let fingerprint: Digest
    let stored: PresentVariable?
    let isSelected: Bool
    /// In words, what differs from the stored row; `nil` where nothing does.
    var difference: String?
    var outcome = Outcome.declared
    /// True where its row may not become what the graph declares.
    var isRefused = false
    /// True where an imported value goes.
    var losesImported = false
    var position: Int

    /// True where the stored row is of another declaration, or there is none.
    var isChanged: Bool { outcome == .declared && (stored == nil || difference != nil) }
    /// True where the stored row is that of the declaration.
    var isSame: Bool {
      stored.map { $0.aliasOf == nil && $0.fingerprint == fingerprint } ?? false
    }
  }

  /// An alias of the graph beside the row that is stored under its name.
  struct Alias: Sendable {
    let name: String
    /// The index of the variable that it stands for.
    let target: Int
    let stored: PresentVariable?
    let isSelected: Bool
    var outcome = Outcome.declared
    var isRefused = false
    var position: Int
  }

  /// A row that stays, though the graph declares it otherwise or not at all.
  struct KeptRow: Sendable {
    let stored: PresentVariable
    var change = Change.none
    var position: Int

    /// True where it is declared anew.
    var isChanged: Bool { if case .none = change { false } else { true } }

    enum Change {
      case none
      /// An expression whose inputs have other fingerprints: its own, and no value.
      case inputs(Digest)
      /// An alias of a variable of the graph, at this index, that is declared anew.
      case target(Int)
    }
  }

  /// The variables of the graph, in the order of declaration.
  var declarations: [Declaration] = []
  /// The aliases of the graph, in the order of declaration.
  var aliases: [Alias] = []
  /// The other rows that stay.
  var kept: [KeptRow] = []
  /// The rows that go, in the order of their declaration.
  var removed: [PresentVariable] = []
  /// Rows of the second rule that the graph does not have, which lose their value.
  var invalidated: [String] = []
  /// Values that nothing can make again, and that the run would lose; of an import all values that differ from
  /// the file's.
  var losses: [MaterializationPlan.Conflict] = []
  /// Rows that stay and cannot, because the graph draws from another seed or in another dialect.
  var foreign: [MaterializationPlan.Conflict] = []
  /// Declarations that the policy forbids to replace.
  var conflicts: [MaterializationPlan.Conflict] = []
  /// True where values go that nothing can make again, as `replace` allows.
  var losesIrreplaceable = false
  /// True where such a value was assigned.
  var losesAssigned = false
  /// The fingerprint of all rows as the run leaves them.
  var specFingerprint = Fingerprint.graph(variables: [], aliases: [])

  let request: RunRequest
  let reader: StoredRows
  let stored: [PresentVariable]
  /// The stored rows by name; empty where they are those of the graph in its order and all are selected.
  let byName: NameTable<PresentVariable>
  /// The places of the graph's variables; empty as well where nothing is looked up.
  let places: NameTable<Int>
  /// What each stored row reads, an expression or an alias, once it is asked for.
  var reads: NameTable<[String]>?
  var rows: NameTable<StoredVariable> = [:]

  var graph: VariableGraph { request.graph }
  var mayReplace: Bool { request.policy == .replace }
  var refusesOthers: Bool { request.policy == .verify || request.policy == .fail }

  /// Compares a graph with a checkpoint.
  ///
  /// - Parameter reader: Reads the checkpoint's rows; without a checkpoint there are none.
  /// - Parameter damaged: Rows that are as good as gone, by their keys.
  init(_ request: RunRequest, _ reader: StoredRows, ignoring damaged: Set<Int64>) throws {
    self.request = request
    self.reader = reader
    let graph = request.graph
    let selection = request.patterns.contains("*") ? nil : NameSelection(request.patterns)
    let isWhole = selection == nil && !request.isImport && graph.unbound.isEmpty
    let stored = try reader.present().filter { !damaged.contains($0.id) }
    self.stored = stored
    // Most often the store has the same variables in the same order, and nothing must be looked up.
    let isInOrder =
      stored.count == graph.variables.count
      && zip(graph.variables, stored).allSatisfy { NameKey($0.name) == NameKey($1.name) }
    byName = isInOrder && isWhole ? [:] : NameTable(byName: stored.lazy.map { ($0.name, $0) })
    places =
      isWhole && graph.aliases.isEmpty
      ? [:] : NameTable(byName: graph.variables.enumerated().lazy.map { ($1.name, $0) })
    let selected = selection.map { _ in
      NameSet(names: graph.variables(matching: request.patterns).lazy.map(\.name))
    }
    var fingerprints = graph.fingerprints()
    let equal = try equalValues(fingerprints, isInOrder: isInOrder)
    if !equal.isEmpty { fingerprints = graph.fingerprints(keeping: equal) }
    declarations.reserveCapacity(graph.variables.count)
    for (place, (name, fingerprint)) in fingerprints.enumerated() {
      declarations.append(
        Declaration(
          fingerprint: fingerprint, stored: isInOrder ? stored[place] : byName[name],
          isSelected: selected?.contains(name) ?? true, position: place))
    }
    for (index, alias) in graph.aliases.enumerated() {
      guard let target = places[alias.target] else {
        preconditionFailure("an alias stands for a variable of its graph")
      }
      aliases.append(
        Alias(
          name: alias.name, target: target, stored: byName[alias.name],
          isSelected: selection?.contains(alias.name) ?? true,
          position: graph.variables.count + index))
    }
    if isWhole {
      if !isInOrder { removed = stored.filter { !graph.declares($0.name) } }
    } else {
      try keepRows(selection)
    }
    removed.sort { $0.position < $1.position }
    try judgeDeclarations()
    try judgeAliases()
    try judgeRemoved()
    try judgeKept()
    if !isWhole { try placeRows() }
    specFingerprint = fingerprintOfRows()
  }

  /// Imported variables whose very bytes are stored under another declaration, with its fingerprint: that is
  /// how the value got there, and it is the same value.
  private func equalValues(
    _ fingerprints: [(name: String, fingerprint: Digest)], isInOrder: Bool
  ) throws -> NameTable<Digest> {
    var equal: NameTable<Digest> = [:]
    var expressions: NameTable<Digest> = [:]
    for (place, variable) in graph.variables.enumerated() {
      guard let digest = variable.initializer.declaredDigest,
        let old = isInOrder ? stored[place] : byName[variable.name],
        old.aliasOf == nil, old.digest == digest, let known = old.fingerprint,
        known != fingerprints[place].fingerprint
      else { continue }
      let row = try reader.row(variable.name)
      guard row.fits(variable), try mayStay(row) else { continue }
      if row.declaration.readNames.isEmpty {
        equal[variable.name] = known
      } else {
        expressions[variable.name] = known
      }
    }
    guard !expressions.isEmpty else { return equal }
    // An expression is what it was where nothing that it reads changes.
    let declared = NameTable(byName: fingerprints.lazy.map { ($0.name, $0.fingerprint) })
    var changed: NameSet = []
    for row in try reader.all() where row.aliasOf == nil {
      let readsChanged = row.declaration.readNames.contains { changed.contains($0) }
      if let fingerprint = declared[row.name] {
        if !readsChanged, let known = expressions[row.name] { equal[row.name] = known }
        if equal[row.name] == nil, row.fingerprint != fingerprint { changed.insert(row.name) }
      } else if readsChanged || graph.declares(row.name) {
        changed.insert(row.name)
      }
    }
    return equal
  }

  /// True where a row is one of a graph of this seed and dialect, or depends on neither.
  private func mayStay(_ row: StoredVariable) throws -> Bool {
    // What is imported draws nothing, and its dialect is its own.
    if row.isImported || request.isImport { return true }
    return try reader.head()?.dialect == graph.dialect.name && row.seedOrigin != "graph"
  }
}

extension RowDecisions {
  /// Decides which rows stay as they are, where not every row of the checkpoint becomes one of the graph.
  private mutating func keepRows(_ selection: NameSelection?) throws {
    if request.isImport { try keepEqualAliases() }
    let redeclared = try declareSelected()
    let unbound = NameSet(names: graph.unbound.lazy.map(\.name))
    let aliasPlaces = NameTable(byName: aliases.enumerated().lazy.map { ($1.name, $0) })
    var gone: NameSet = []
    for old in stored where places[old.name] == nil && aliasPlaces[old.name] == nil {
      if unbound.contains(old.name) {
        // One that is not bound yet keeps what it had, unless it reads what changed.
        if redeclared.contains(old.name) { gone.insert(old.name) }
      } else if !request.isImport, !graph.declares(old.name),
        selection?.contains(old.name) ?? true
      {
        gone.insert(old.name)
      }
    }
    try keepInputs(&gone)
    for old in stored {
      if gone.contains(old.name) {
        removed.append(old)
      } else if let place = places[old.name] {
        if declarations[place].outcome == .kept { keep(old, redeclared) }
      } else if let index = aliasPlaces[old.name] {
        if aliases[index].outcome == .kept { keep(old, redeclared) }
      } else {
        keep(old, redeclared)
      }
    }
    kept.sort { $0.stored.position < $1.stored.position }
  }

  private mutating func keep(_ old: PresentVariable, _ redeclared: NameSet) {
    var row = KeptRow(stored: old, position: old.position)
    if redeclared.contains(old.name) { row.change = .inputs(old.fingerprint ?? Digest(of: [])) }
    kept.append(row)
  }

  /// Declares what is selected, what that reads, and what reads something that changes; finds the outcome of
  /// every variable and alias of the graph.
  ///
  /// - Returns: The rows that the graph does not have, and that read something that changes.
  private mutating func declareSelected() throws -> NameSet {
    var isDeclared = [Bool](repeating: false, count: declarations.count)
    /// Names whose readers have not been looked at yet.
    var changed: [String] = []
    func declare(_ start: Int) {
      var open = [start]
      while let place = open.popLast() {
        guard !isDeclared[place], declarations[place].outcome == .declared else { continue }
        isDeclared[place] = true
        let variable = graph.variables[place]
        if declarations[place].stored != nil, !declarations[place].isSame {
          changed.append(variable.name)
        }
        open += variable.expression?.variableNames.compactMap { places[$0] } ?? []
      }
    }
    for (place, declaration) in declarations.enumerated() where declaration.isSelected {
      declare(place)
    }
    for alias in aliases where alias.isSelected && alias.outcome == .declared {
      // What was a variable of its own cannot be read any more.
      if let old = alias.stored, old.aliasOf == nil { changed.append(old.name) }
    }
    var redeclared: NameSet = []
    var readers: NameTable<[String]> = [:]
    if !changed.isEmpty {
      for (name, inputs) in try loadReads() {
        for input in inputs { readers[input, default: []].append(name.text) }
      }
    }
    while let input = changed.popLast() {
      for name in readers[input] ?? [] {
        if let place = places[name], declarations[place].outcome == .declared {
          if !declarations[place].isSame { declare(place) }
        } else if redeclared.insert(name).inserted {
          changed.append(name)
        }
      }
    }
    for (place, variable) in graph.variables.enumerated() {
      guard !isDeclared[place], !declarations[place].isSame else { continue }
      let isReadable =
        variable.expression?.variableNames.allSatisfy { name in
          places[name].map { declarations[$0].outcome == .declared } ?? false
        } ?? true
      if declarations[place].stored != nil {
        declarations[place].outcome = .kept
      } else if !isReadable {
        declarations[place].outcome = .absent
      }
    }
    for (index, alias) in aliases.enumerated() where !alias.isSelected {
      let isTargetDeclared = declarations[alias.target].outcome == .declared
      let isOther =
        alias.stored.map { !$0.isAlias(of: graph.variables[alias.target].name) } ?? false
      if isOther || (alias.stored != nil && !isTargetDeclared) {
        aliases[index].outcome = .kept
      } else if !isTargetDeclared {
        aliases[index].outcome = .absent
      }
    }
    return redeclared
  }

  /// An import leaves an alias that has the file's bytes, and a variable that has those of the file's alias.
  private mutating func keepEqualAliases() throws {
    /// Of an alias, that its variable has after the import.
    func hasValue(_ old: PresentVariable, of variable: Variable) throws -> Bool {
      var found = old.digest
      if let target = old.aliasOf {
        let place = places[target]
        found =
          place.flatMap { graph.variables[$0].initializer.declaredDigest } ?? byName[target]?.digest
      }
      guard let found, found == variable.initializer.declaredDigest else { return false }
      let row = try reader.row(old.name)
      return row.fits(variable) && row.declaration.readNames.isEmpty
    }
    for (place, variable) in graph.variables.enumerated() {
      guard let old = declarations[place].stored, old.aliasOf != nil,
        try hasValue(old, of: variable)
      else { continue }
      declarations[place].outcome = .kept
    }
    for (index, alias) in aliases.enumerated() {
      let target = graph.variables[alias.target]
      guard let old = alias.stored, !old.isAlias(of: target.name),
        try hasValue(old, of: target)
      else { continue }
      aliases[index].outcome = .kept
    }
  }

  /// Lets rows stay that others which stay read, or stand for.
  private mutating func keepInputs(_ gone: inout NameSet) throws {
    guard !gone.isEmpty else { return }
    var open = stored.map(\.name).filter { name in
      if gone.contains(name) { return false }
      return places[name].map { declarations[$0].outcome == .kept } ?? true
    }
    guard !open.isEmpty else { return }
    let unbound = NameSet(names: graph.unbound.lazy.map(\.name))
    let reads = try loadReads()
    while let name = open.popLast() {
      for input in reads[name] ?? [] where gone.contains(input) && !unbound.contains(input) {
        gone.remove(input)
        open.append(input)
      }
    }
  }

  /// What each stored row reads; the rows are read whole for it, once.
  mutating func loadReads() throws -> NameTable<[String]> {
    if let reads { return reads }
    let isStored = NameSet(names: stored.lazy.map(\.name))
    var found: NameTable<[String]> = [:]
    for row in try reader.all() where isStored.contains(row.name) {
      rows[row.name] = row
      let names = row.aliasOf.map { [$0] } ?? row.declaration.readNames
      if !names.isEmpty { found[row.name] = names }
    }
    reads = found
    return found
  }

  func row(_ name: String) throws -> StoredVariable { try rows[name] ?? reader.row(name) }
}
