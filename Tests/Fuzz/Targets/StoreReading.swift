internal import Foundation
internal import Nascent

/// Opens a file as a store and reads all of it.
public enum StoreReading {
  static func run(_ bytes: Data) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "fuzz-\(UUID().uuidString).db")
    try bytes.write(to: url)
    defer {
      for suffix in ["", "-journal", "-wal", "-shm"] {
        // Most of these are never made.
        try? FileManager.default.removeItem(atPath: url.path + suffix)
      }
    }
    for error in errors(ofReading: url.path) where !FuzzFinding.isExpected(error) {
      throw FuzzFinding(description: "an error of another kind: \(error)")
    }
    guard try Data(contentsOf: url) == bytes else {
      throw FuzzFinding(description: "reading changed the file")
    }
  }

  /// Does everything that reads.
  ///
  /// - Returns: The errors, and the damages that a verification lists.
  public static func errors(ofReading path: String) -> [any Error] {
    var errors: [any Error] = []
    func note(_ body: () throws -> Void) {
      do {
        try body()
      } catch {
        errors.append(error)
      }
    }
    note {
      let store = try CheckpointStore(path: path, for: .read)
      var names: [String] = []
      note { names = try store.checkpoints().map(\.name) }
      for name in names.prefix(4) {
        note { _ = try store.descriptions(in: name) }
        note { _ = try store.graph(of: name) }
        note { _ = try store.differences(from: store, checkpoint: name) }
        note { errors += try store.verify(name).damages.map(ListedDamage.init) }
        var variables: [StoredVariable] = []
        note { variables = try store.variables(in: name) }
        for variable in variables.prefix(16) {
          note { _ = try store.tensor(named: variable.name, in: name) }
          let count = variable.shape.elementCount
          note { _ = try store.slice(of: variable.name, elements: count / 2..<count, in: name) }
        }
      }
    }
    return errors
  }
}

/// A damage that a verification lists, which is an answer and no failure.
struct ListedDamage: Error, CustomStringConvertible {
  let damage: Damage
  var description: String { damage.description }
}
