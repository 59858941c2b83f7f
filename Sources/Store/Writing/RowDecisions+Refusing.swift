internal import Tensors
internal import VariableGraph

/// What is refused.
extension RowDecisions {
  mutating func judgeDeclarations() throws {
    var changed: NameSet = []
    for (place, variable) in graph.variables.enumerated() {
      let declaration = declarations[place]
      guard declaration.outcome == .declared, let old = declaration.stored, !declaration.isSame
      else { continue }
      let inputs = variable.expression?.variableNames.filter { changed.contains($0) } ?? []
      changed.insert(variable.name)
      let row = try row(variable.name)
      let difference =
        row.difference(
          from: variable, in: graph, fingerprint: declaration.fingerprint, changedInputs: inputs)
        ?? "its declaration changed"
      declarations[place].difference = difference
      if request.isImport {
        declarations[place].isRefused = refuses(
          variable.name, row, old, inFavourOf: variable)
      } else if old.isIrreplaceable(row) {
        declarations[place].isRefused = refusesLoss(
          of: row, old, because: difference, isSelected: declaration.isSelected)
      } else if refusesOthers, old.hasValue || old.aliasOf != nil {
        conflicts.append(.init(name: variable.name, reason: difference))
        declarations[place].isRefused = true
      }
      declarations[place].losesImported = old.isIrreplaceable(row) && !old.isAssigned
    }
  }

  mutating func judgeAliases() throws {
    for (index, alias) in aliases.enumerated() where alias.outcome == .declared {
      let target = graph.variables[alias.target]
      guard let old = alias.stored, !old.isAlias(of: target.name) else { continue }
      let row = try row(old.name)
      if request.isImport {
        aliases[index].isRefused = refuses(
          alias.name, row, old, inFavourOf: target)
      } else if old.isIrreplaceable(row) {
        aliases[index].isRefused = refusesLoss(
          of: row, old, because: "it is an alias of \"\(target.name)\" now",
          isSelected: alias.isSelected)
      } else if refusesOthers, old.aliasOf != nil || old.hasValue {
        let before = old.aliasOf.map { "an alias of \"\($0)\"" } ?? "a variable of its own"
        conflicts.append(
          .init(name: alias.name, reason: "it was \(before), and is an alias of \"\(target.name)\"")
        )
        aliases[index].isRefused = true
      }
    }
  }

  mutating func judgeRemoved() throws {
    for old in removed {
      let isUnbound = graph.declares(old.name)
      let reason = isUnbound ? "it reads what changes" : "the graph does not have it"
      if old.mayBeIrreplaceable, case let row = try row(old.name), old.isIrreplaceable(row) {
        _ = refusesLoss(of: row, old, because: reason, isSelected: !isUnbound)
      } else if refusesOthers {
        conflicts.append(.init(name: old.name, reason: reason))
      }
    }
  }

  /// Refuses, or allows, the loss of a value that nothing can make again.
  ///
  /// - Returns: True where it is refused.
  private mutating func refusesLoss(
    of row: StoredVariable, _ old: PresentVariable, because reason: String, isSelected: Bool
  ) -> Bool {
    guard mayReplace, isSelected else {
      losses.append(.init(name: row.name, reason: "\(old.origin); \(reason)"))
      return true
    }
    losesIrreplaceable = true
    if old.isAssigned { losesAssigned = true }
    return false
  }

  /// Refuses, or allows, that a value of a file takes the place of what is stored.
  ///
  /// - Returns: True where it is refused.
  private mutating func refuses(
    _ name: String, _ row: StoredVariable, _ old: PresentVariable, inFavourOf variable: Variable
  ) -> Bool {
    if old.digest == variable.initializer.declaredDigest, old.aliasOf == nil, row.fits(variable) {
      // The same bytes, of an expression whose inputs change.
      if old.isIrreplaceable(row) { losesIrreplaceable = true }
      return false
    }
    let reason: String
    if !row.fits(variable) {
      reason = """
        it is \(row.scalarType.rawValue) \(row.shape), and the file has \
        \(variable.scalarType.rawValue) \(variable.shape)
        """
    } else if let target = old.aliasOf {
      reason = "it is an alias of \"\(target)\", which has other bytes than the file"
    } else if old.hasValue {
      let found = old.digest.map { "has the SHA-256 \($0.hex.prefix(12))…" } ?? "has no SHA-256"
      let digest = variable.initializer.declaredDigest?.hex.prefix(12) ?? ""
      reason = "\(old.origin(row)) and \(found); the file has \(digest)…"
    } else if old.isIrreplaceable(row) {
      reason = "\(old.origin) and is another one than the file's"
    } else {
      // It is only declared: the file gives the value.
      return false
    }
    guard mayReplace else {
      losses.append(.init(name: name, reason: reason))
      return true
    }
    if old.isIrreplaceable(row) {
      losesIrreplaceable = true
      if old.isAssigned { losesAssigned = true }
    }
    return false
  }

  /// Gives rows that stay and read what changes their fingerprints, and refuses what cannot stay.
  mutating func judgeKept() throws {
    guard !kept.isEmpty else { return }
    try judgeDialect()
    var known: NameTable<Digest> = [:]
    for (place, variable) in graph.variables.enumerated()
    where declarations[place].outcome == .declared {
      known[variable.name] = declarations[place].fingerprint
    }
    var open: [Int] = []
    for (index, row) in kept.enumerated() {
      if row.isChanged {
        open.append(index)
      } else if row.stored.aliasOf == nil {
        known[row.stored.name] = row.stored.fingerprint
      }
    }
    // What an expression reads is mostly before it.
    while !open.isEmpty {
      let waiting = try open.filter { try !redeclare($0, &known) }
      guard waiting.count < open.count else {
        for index in waiting {
          let old = kept[index].stored
          losses.append(
            .init(name: old.name, reason: "it reads a variable whose shape, dtype or kind changes"))
        }
        return
      }
      open = waiting
    }
  }

  /// - Returns: False where the fingerprint of something that it reads is not known yet.
  private mutating func redeclare(_ index: Int, _ known: inout NameTable<Digest>) throws -> Bool {
    let old = kept[index].stored
    let row = try row(old.name)
    if let target = old.aliasOf {
      if let place = places[target], declarations[place].outcome == .declared {
        kept[index].change = .target(place)
      } else if let fingerprint = known[target] {
        kept[index].change = .inputs(fingerprint)
      } else {
        return false
      }
      return true
    }
    let inputs = row.declaration.readNames
    guard let fingerprint = row.declaration.fingerprint(reading: known),
      try inputs.allSatisfy({ name in
        guard let place = places[name], declarations[place].isChanged else { return true }
        return try self.row(name).fits(graph.variables[place])
      })
    else { return false }
    known[old.name] = fingerprint
    guard fingerprint != old.fingerprint else {
      // Of what changed, only the shape counts here, and it did not.
      kept[index].change = .none
      return true
    }
    kept[index].change = .inputs(fingerprint)
    let names = inputs.filter { name in
      places[name].map { declarations[$0].isChanged } ?? true
    }
    let reason = "it reads \(names.joined(separator: ", ")), which changed"
    if old.isIrreplaceable(row) {
      _ = refusesLoss(of: row, old, because: reason, isSelected: false)
    } else if old.hasValue {
      if refusesOthers { conflicts.append(.init(name: old.name, reason: reason)) }
      invalidated.append(old.name)
    }
    return true
  }

  /// The graph of a checkpoint has one seed and one dialect: rows that stay must be of these, or depend on
  /// neither.
  private mutating func judgeDialect() throws {
    guard !request.isImport, let head = try reader.head() else { return }
    _ = try loadReads()
    let unbound = NameSet(names: graph.unbound.lazy.map(\.name))
    for old in kept.map(\.stored) where old.aliasOf == nil {
      let row = try row(old.name)
      // Imported values have no dialect, and draw nothing.
      guard !row.isImported else { continue }
      let drawsFromSeed = row.seedOrigin == "graph"
      if head.dialect != graph.dialect.name {
        foreign.append(
          .init(
            name: old.name,
            reason:
              "it was declared in the dialect \(head.dialect), and the graph's is \(graph.dialect)"
          ))
      } else if drawsFromSeed, row.graphSeed != graph.seed {
        let seed = row.graphSeed.map(String.init) ?? "none"
        foreign.append(
          .init(
            name: old.name, reason: "it draws from seed \(seed), and the graph's is \(graph.seed)"))
      } else if drawsFromSeed, graph.dialect.keyStream != .derived, !unbound.contains(old.name) {
        foreign.append(
          .init(
            name: old.name,
            reason: """
              what it draws depends on the order of declarations in the dialect \(graph.dialect), and \
              the graph has another
              """))
      }
    }
  }
}
