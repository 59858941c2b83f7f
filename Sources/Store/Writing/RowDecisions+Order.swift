internal import Tensors
internal import VariableGraph

/// The order of rows, and their fingerprint.
extension RowDecisions {
  /// A row of the checkpoint as the run leaves it.
  private enum Slot {
    case variable(Int)
    case alias(Int)
    case kept(Int)
  }

  /// Gives every row its position: the graph's in the order of declaration, then the others. An import adds its
  /// rows to those that are there.
  mutating func placeRows() throws {
    if request.isImport {
      var next = (stored.map(\.position).max() ?? -1) + 1
      func position(_ old: PresentVariable?) -> Int {
        if let old { return old.position }
        defer { next += 1 }
        return next
      }
      for place in declarations.indices {
        declarations[place].position = position(declarations[place].stored)
      }
      for index in aliases.indices { aliases[index].position = position(aliases[index].stored) }
      return
    }
    guard !kept.isEmpty || declarations.contains(where: { $0.outcome == .absent }) else { return }
    let order = try order()
    for (position, slot) in order.enumerated() {
      switch slot {
      case .variable(let place): declarations[place].position = position
      case .alias(let index): aliases[index].position = position
      case .kept(let index): kept[index].position = position
      }
    }
    try checkStreams(order)
  }

  /// Every row once, each expression behind what it reads.
  private mutating func order() throws -> [Slot] {
    let reads = try loadReads()
    let keptPlaces = NameTable(byName: kept.enumerated().lazy.map { ($1.stored.name, $0) })
    var slots: [(name: String, slot: Slot)] = []
    var place = 0
    for declaration in graph.declarations {
      guard case .variable(let variable) = declaration else {
        // One that is not bound keeps its place.
        if case .unbound(let unbound) = declaration, let index = keptPlaces[unbound.name] {
          slots.append((unbound.name, .kept(index)))
        }
        continue
      }
      switch declarations[place].outcome {
      case .declared: slots.append((variable.name, .variable(place)))
      case .kept:
        if let index = keptPlaces[variable.name] { slots.append((variable.name, .kept(index))) }
      case .absent: break
      }
      place += 1
    }
    for (index, alias) in aliases.enumerated() {
      switch alias.outcome {
      case .declared: slots.append((alias.name, .alias(index)))
      case .kept: if let index = keptPlaces[alias.name] { slots.append((alias.name, .kept(index))) }
      case .absent: break
      }
    }
    let named = NameSet(names: slots.lazy.map(\.name))
    for (index, row) in kept.enumerated() where !named.contains(row.stored.name) {
      slots.append((row.stored.name, .kept(index)))
    }
    let numbers = NameTable(byName: slots.enumerated().lazy.map { ($1.name, $0) })
    var isPlaced = [Bool](repeating: false, count: slots.count)
    var order: [Slot] = []
    for start in slots.indices {
      var open = [(number: start, isEntered: false)]
      while let (number, isEntered) = open.popLast() {
        guard !isPlaced[number] else { continue }
        let (name, slot) = slots[number]
        if isEntered {
          isPlaced[number] = true
          order.append(slot)
          continue
        }
        open.append((number, true))
        let inputs: [String] =
          switch slot {
          case .variable(let place): graph.variables[place].expression?.variableNames ?? []
          case .kept(let index): kept[index].stored.aliasOf == nil ? reads[name] ?? [] : []
          case .alias: []
          }
        open += inputs.reversed().compactMap { numbers[$0] }.map { ($0, false) }
      }
    }
    return order
  }

  /// In Flax's dialects the rows before a variable decide what it draws: with rows of another declaration among
  /// them it must still be the same.
  private mutating func checkStreams(_ order: [Slot]) throws {
    // What is not bound takes places without having rows.
    guard graph.dialect.keyStream != .derived, foreign.isEmpty, graph.unbound.isEmpty else {
      return
    }
    var taking: [(name: String, metadata: [String: JSONValue])] = []
    var expected: [(name: String, index: UInt32?)?] = []
    for slot in order {
      switch slot {
      case .variable(let place):
        let variable = graph.variables[place]
        guard variable.expression == nil else { continue }
        taking.append((variable.name, variable.metadata))
        let isDrawing = if case .graph = variable.initializer.seeding { true } else { false }
        expected.append(isDrawing ? (variable.name, variable.streamIndex) : nil)
      case .kept(let index):
        let old = kept[index].stored
        guard old.aliasOf == nil, reads?[old.name] == nil else { continue }
        taking.append((old.name, try row(old.name).metadata))
        expected.append(nil)
      case .alias: break
      }
    }
    let found = try VariableGraph.streamIndexes(of: taking, in: graph.dialect)
    for (index, wanted) in zip(found, expected) {
      guard let wanted, wanted.index != index else { continue }
      foreign.append(
        .init(
          name: wanted.name,
          reason: """
            what it draws depends on the order of declarations in the dialect \(graph.dialect), and rows \
            that are not selected take other places in it than the graph says
            """))
    }
  }

  /// The fingerprint of all rows, those that stay among them.
  func fingerprintOfRows() -> Digest {
    var variables: [(name: String, fingerprint: Digest)] = []
    variables.reserveCapacity(declarations.count + kept.count)
    var tied: [VariableGraph.Alias] = []
    for (variable, declaration) in zip(graph.variables, declarations)
    where declaration.outcome == .declared {
      variables.append((variable.name, declaration.fingerprint))
    }
    for (alias, row) in zip(graph.aliases, aliases) where row.outcome == .declared {
      tied.append(alias)
    }
    for row in kept {
      if let target = row.stored.aliasOf {
        tied.append(VariableGraph.Alias(name: row.stored.name, target: target))
      } else if case .inputs(let fingerprint) = row.change {
        variables.append((row.stored.name, fingerprint))
      } else if let fingerprint = row.stored.fingerprint {
        variables.append((row.stored.name, fingerprint))
      }
    }
    return Fingerprint.graph(variables: variables, aliases: tied)
  }
}
