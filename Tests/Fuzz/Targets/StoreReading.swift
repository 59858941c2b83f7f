internal import Foundation
internal import Nascent
internal import VariableGraph

/// Opens a file as a store and reads all of it.
public enum StoreReading {
  static func run(_ bytes: Data) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString).db")
    try bytes.write(to: url)
    defer { remove(url.path) }
    let path = url.path
    let found = try TaskWaiter().wait { await errors(ofReading: path) }
    for error in found where !FuzzFinding.isExpected(error) {
      throw FuzzFinding(description: "an error of another kind: \(error)")
    }
    guard try Data(contentsOf: url) == bytes else {
      throw FuzzFinding(description: "reading changed the file")
    }
  }

  /// Removes a store with what SQLite may have left beside it.
  private static func remove(_ path: String) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
      // Most of these are never made.
      try? FileManager.default.removeItem(atPath: path + suffix)
    }
  }

  /// Does everything that reads.
  ///
  /// - Returns: The errors, and the damages that a verification lists.
  public static func errors(ofReading path: String) async -> [any Error] {
    let log = ErrorLog()
    await log.note {
      let store = try CheckpointStore(path: path, for: .read)
      var names: [String] = []
      await log.note { names = try store.checkpoints().map(\.name) }
      await log.note { _ = try store.savedCheckpoints() }
      await log.note { _ = try store.runs() }
      for name in names.prefix(4) { await read(name, of: store, log) }
      if let name = names.first { await merge(name, of: path, log) }
    }
    return log.errors
  }

  private static func read(_ name: String, of store: CheckpointStore, _ log: ErrorLog) async {
    await log.note { _ = try store.descriptions(in: name) }
    await log.note { _ = try store.differences(from: store, checkpoint: name) }
    await log.note {
      for damage in try store.verify(name).damages { log.add(ListedDamage(damage: damage)) }
    }
    await log.note { _ = try store.report(of: name) }
    var isSmall = false
    await log.note { isSmall = try self.isSmall(store.graph(of: name)) }
    var variables: [StoredVariable] = []
    await log.note { variables = try store.variables(in: name) }
    for variable in variables.prefix(16) {
      let elements = variable.shape.elementCount / 2..<variable.shape.elementCount
      await log.note { _ = try store.tensor(named: variable.name, in: name) }
      await log.note { _ = try store.slice(of: variable.name, elements: elements, in: name) }
      // An alias is read as what it stands for, so that any may be a recipe's.
      guard isSmall else { continue }
      await log.note { _ = try await store.value(of: variable.name, in: name) }
      await log.note { _ = try await store.value(of: variable.name, elements: elements, in: name) }
      await log.note {
        guard let third = RankSlice(rank: 1, of: 3) else { return }
        _ = try await store.slice(of: variable.name, third, in: name)
      }
    }
  }

  /// Takes the file as a part that a worker made: copied, and referred to.
  private static func merge(_ name: String, of path: String, _ log: ErrorLog) async {
    for isCatalog in [false, true] {
      let other = path + ".merged"
      defer { remove(other) }
      await log.note {
        let store = try CheckpointStore(path: other)
        _ = try await store.merge([path], checkpoint: name, asCatalog: isCatalog)
        await read(name, of: store, log)
      }
    }
  }

  /// Graphs of more bytes, those that expressions hold among them, are not made: a file may well ask for
  /// more memory than there is, and then gets an error of the system's.
  private static let madeByteCount = 1 << 16

  private static func isSmall(_ graph: VariableGraph) throws -> Bool {
    var room = madeByteCount
    func take(_ byteCount: Int) -> Bool {
      guard byteCount <= room else { return false }
      room -= byteCount
      return true
    }
    func take(_ expression: TensorExpression) throws -> Bool {
      let type = try expression.type { name in
        let variable = try graph.variable(named: name)
        return ExpressionType(shape: variable.shape, scalarType: variable.scalarType)
      }
      guard try take(type.shape.byteCount(of: type.scalarType)) else { return false }
      guard case .operation(_, let operands) = expression.node else { return true }
      return try operands.allSatisfy(take)
    }
    return try graph.variables.allSatisfy { variable in
      try take(variable.byteCount) && variable.expression.map(take) ?? true
    }
  }
}

/// The errors of calls, one after another.
///
/// A class, because calls within calls add to it.
private final class ErrorLog {
  private(set) var errors: [any Error] = []

  func add(_ error: any Error) { errors.append(error) }

  func note(_ body: () async throws -> Void) async {
    do {
      try await body()
    } catch {
      errors.append(error)
    }
  }
}

/// A damage that a verification lists, which is an answer and no failure.
struct ListedDamage: Error, CustomStringConvertible {
  let damage: Damage
  var description: String { damage.description }
}
