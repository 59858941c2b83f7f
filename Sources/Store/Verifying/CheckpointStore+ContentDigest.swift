internal import GRDB
package import Tensors

extension CheckpointStore {
  /// The content digest of a checkpoint, computed again from the digests of its values; `nil` where a
  /// variable has no value, or there is no such checkpoint.
  ///
  /// - Throws: `CheckpointError` with the codes `busy`, `inputOutput`, `damaged`.
  package func recomputedContentDigest(of checkpoint: String) throws -> Digest? {
    try read { db in
      try db.checkpointID(of: checkpoint).flatMap { try db.contentDigest(of: $0) }
    }
  }
}
