internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

extension Database {
  /// The content digest of a checkpoint, where every variable has a value.
  func contentDigest(of checkpoint: Int64) throws -> Digest? {
    var values: [(name: String, dtype: String, shape: String, digest: Digest)] = []
    var isComplete = true
    try statement(.contentOfCheckpoint).withRows([.integer(checkpoint)]) { row in
      guard let digest = Digest(bytes: row.bytes(3)) else {
        isComplete = false
        return
      }
      values.append((row.text(0), row.text(1), row.text(2), digest))
    }
    return isComplete ? Fingerprint.content(values) : nil
  }
}
