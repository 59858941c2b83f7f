internal import TensorMemory
internal import Tensors

/// What can be wrong with parts that are merged.
extension CheckpointError {
  static func unknownCheckpoint(
    _ name: String, inPart part: String, known: [String]
  ) -> CheckpointError {
    let list = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
    return CheckpointError(
      code: .unknownCheckpoint,
      message: """
        Part "\(part)" has no checkpoint "\(name.shown)"; \(list).
        Choose one of these with --checkpoint, or leave the part out.
        """)
  }

  static func otherGraph(
    _ part: String, checkpoint: String, expected: Digest?, found: Digest?
  ) -> CheckpointError {
    CheckpointError(
      code: .otherGraph,
      message: """
        Part "\(part)" is of another graph: checkpoint "\(checkpoint)" has the spec fingerprint \
        \(found?.hex ?? "none"), expected \(expected?.hex ?? "none").
        Make the part from the same manifest, seed and dialect, or leave it out.
        """)
  }

  static func overlap(
    _ part: String, _ name: String, chunk: Int?, store: String
  ) -> CheckpointError {
    let place = chunk.map { "chunk \($0) of variable" } ?? "variable"
    return CheckpointError(
      code: .overlap,
      message: """
        Part "\(part)" has another value for \(place) "\(name.shown)" than "\(store)" has from the parts \
        before; nothing of this value was merged.
        One of them was made by another program or is damaged: `nascent verify PART --level regenerate` \
        says which.
        """)
  }

  static func mixedParts(_ part: String, _ name: String, isRecipe: Bool) -> CheckpointError {
    let (has, others) = isRecipe ? ("digests", "bytes") : ("bytes", "digests")
    let way = isRecipe ? "without" : "with"
    return CheckpointError(
      code: .mixedParts,
      message: """
        Part "\(part)" has \(has) of chunks of variable "\(name.shown)", and the parts before have \(others).
        The parts of one store have all bytes, or all digests: make this part's share again \(way) \
        --recipe-only into a new file and merge that, or merge this part into another store.
        """)
  }

  static func damaged(_ damage: Damage, inPart part: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Part "\(part)" is damaged: \(damage).
        Make the share again, and merge again: what was merged before stays.
        """)
  }

  /// What is wrong with the rows of a part.
  static func damagedRows(_ cause: CheckpointError, inPart part: String) -> CheckpointError {
    let problem = cause.message.split(separator: "\n").first.map(String.init) ?? ""
    return CheckpointError(
      code: .damaged,
      message: """
        Nothing of part "\(part)" was merged. \(problem)
        Make the share again, and merge again: what was merged before stays.
        """, cause: cause)
  }

  /// What is wrong with the store that parts are merged into.
  static func damagedTarget(_ cause: CheckpointError, path: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Nothing was merged into store "\(path)": it is damaged itself.
        \(cause.message)
        """, cause: cause)
  }

  static func otherTraining(
    _ part: String, checkpoint: String, _ what: String, expected: String, found: String
  ) -> CheckpointError {
    func cut(_ text: String) -> String {
      text.count > 200 ? "\(text.prefix(200).description.shown)…" : text.shown
    }
    return CheckpointError(
      code: .otherTraining,
      message: """
        Part "\(part)" contradicts the parts before about \(what) of checkpoint "\(checkpoint.shown)": it says \
        \(cut(found)), expected \(cut(expected)).
        Save the same in all parts, or leave the part out.
        """)
  }

  static func catalogAsPart(_ part: String) -> CheckpointError {
    CheckpointError(
      code: .mixedParts,
      message: """
        Part "\(part)" is a catalog, which has no bytes of its own to refer to.
        Give the parts that it refers to, or merge without --catalog.
        """)
  }

  static func lostPart(_ path: String, because reason: String) -> CheckpointError {
    CheckpointError(
      code: .lostPart,
      message: """
        Part "\(path)" of this catalog cannot be read: \(reason).
        Put the file back where it was, or merge the parts again.
        """)
  }

  static func lostFile(_ path: String, because cause: FileAccessError) -> CheckpointError {
    let reason = cause.message.split(separator: "\n").first ?? ""
    return CheckpointError(
      code: .lostPart,
      message: """
        File "\(path)", in which values of this store lie, cannot be read: \(reason)
        Put the file back where it was, or import it again and replace what is there.
        """)
  }

  static func damagedPart(_ damage: Damage) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        The store is damaged: \(damage), so the value was not completed.
        Run the share again with --on-existing replace, or restore the file.
        """)
  }
}
