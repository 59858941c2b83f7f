internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

extension Database {
  /// The content digest of a checkpoint, where every variable has a value.
  ///
  /// - Parameter roots: The roots of values that are not there, by variable.
  func contentDigest(
    of checkpoint: Int64, completedBy roots: NameTable<Digest> = [:]
  ) throws -> Digest? {
    var values: [(name: String, dtype: String, shape: String, root: Digest)] = []
    var isComplete = true
    try statement(.contentOfCheckpoint).withRows([.integer(checkpoint)]) { row in
      guard let root = Digest(bytes: row.bytes(3)) ?? roots[row.text(0)] else {
        isComplete = false
        return
      }
      values.append((row.text(0), row.text(1), row.text(2), root))
    }
    return isComplete ? Fingerprint.content(values) : nil
  }
}
