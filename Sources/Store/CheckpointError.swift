internal import GRDB
internal import StoreAccess
internal import StoreSchema
internal import Tensors

/// Why a store cannot be opened, read or written.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The file is not a store.
    public static let notAStore = Code(name: "notAStore")
    /// The file has another version of the format.
    public static let otherVersion = Code(name: "otherVersion")
    /// The store has no such checkpoint.
    public static let unknownCheckpoint = Code(name: "unknownCheckpoint")
    /// The checkpoint has no such variable.
    public static let unknownVariable = Code(name: "unknownVariable")
    /// The variable is declared and has no bytes.
    public static let notMaterialized = Code(name: "notMaterialized")
    /// Stored bytes do not have the digest that was recorded.
    public static let damaged = Code(name: "damaged")
    /// A value that was made again is not the one whose digests are recorded.
    public static let otherValue = Code(name: "otherValue")
    /// A part has other declarations than the store that it should be merged into.
    public static let otherGraph = Code(name: "otherGraph")
    /// Two parts have different values of one variable.
    public static let overlap = Code(name: "overlap")
    /// Of one value some parts have bytes and others only a recipe.
    public static let mixedParts = Code(name: "mixedParts")
    /// A catalog's part is not where it was.
    public static let lostPart = Code(name: "lostPart")
    /// A declaration differs from the stored one, and the policy forbids to replace it.
    public static let conflict = Code(name: "conflict")
    /// A checkpoint of that name is there already.
    public static let checkpointExists = Code(name: "checkpointExists")
    /// No checkpoint was saved at such a step.
    public static let unknownStep = Code(name: "unknownStep")
    /// A step is negative.
    public static let invalidStep = Code(name: "invalidStep")
    /// A retention policy has a rule that keeps nothing.
    public static let unsuitableRetention = Code(name: "unsuitableRetention")
    /// No checkpoint has a metric that a retention policy compares.
    public static let unknownMetric = Code(name: "unknownMetric")
    /// Two parts say different things of one training checkpoint.
    public static let otherTraining = Code(name: "otherTraining")
    /// A map of names has no pattern, or other stars in the new name.
    public static let malformedNameMap = Code(name: "malformedNameMap")
    /// Two variables of a checkpoint would become one of the graph.
    public static let ambiguousName = Code(name: "ambiguousName")
    /// A stored value cannot be cast without becoming another number.
    public static let lossyCast = Code(name: "lossyCast")
    /// A range reaches outside a variable.
    public static let rangeOutOfBounds = Code(name: "rangeOutOfBounds")
    /// The file has several names, so that it cannot be written safely.
    public static let severalNames = Code(name: "severalNames")
    /// Another process holds the file.
    public static let busy = Code(name: "busy")
    /// The file system failed: no space, no permission, no such folder.
    public static let inputOutput = Code(name: "inputOutput")
  }

  /// What kind of failure this is.
  public let code: Code
  /// What happened, the values, and what to do.
  public let message: String
  /// The error behind it, where there is one.
  public let cause: (any Error)?
  /// The text for people.
  public var description: String { message }

  init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  static func notAStore(_ path: String, because reason: String) -> CheckpointError {
    CheckpointError(
      code: .notAStore,
      message: """
        "\(path)" is not a Nascent store: \(reason).
        Check the path; `nascent materialize GRAPH --store FILE` makes a new store.
        """)
  }

  static func otherVersion(_ path: String, found: Int) -> CheckpointError {
    CheckpointError(
      code: .otherVersion,
      message: """
        Store "\(path)" has format version \(found); this program reads version \(StoreSchema.version).
        Make it again from its manifest, or export it with the version of Nascent that wrote it and import \
        the file.
        """)
  }

  static func unknownCheckpoint(_ name: String, known: [String]) -> CheckpointError {
    let list =
      known.isEmpty ? "it has none" : "it has \(known.map(\.shown).joined(separator: ", "))"
    return CheckpointError(
      code: .unknownCheckpoint,
      message: """
        The store has no checkpoint "\(name.shown)"; \(list).
        Choose one of these with --checkpoint, or materialize it first.
        """)
  }

  static func unknownVariable(
    _ name: String, checkpoint: String, near: [String]
  ) -> CheckpointError {
    let names = near.map { "\"\($0.shown)\"" }.joined(separator: ", ")
    let hint = names.isEmpty ? "`nascent show` lists its variables." : "Did you mean \(names)?"
    return CheckpointError(
      code: .unknownVariable,
      message: """
        Checkpoint "\(checkpoint.shown)" has no variable "\(name.shown)".
        \(hint)
        """)
  }

  /// A variable has no stored bytes.
  package static func notMaterialized(_ name: String, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .notMaterialized,
      message: """
        Variable "\(name.shown)" of checkpoint "\(checkpoint.shown)" has no stored bytes.
        Materialize it first.
        """)
  }

  static func onlyRecipe(_ name: String, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .notMaterialized,
      message: """
        Of variable "\(name.shown)" of checkpoint "\(checkpoint.shown)" only the recipe is stored.
        Ask for it with `value(of:)`, which makes and checks it, or materialize it first.
        """)
  }

  package static func damaged(_ damage: Damage, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Checkpoint "\(checkpoint.shown)" is damaged: \(damage).
        `nascent repair` makes it again where its declaration does; `nascent verify` lists every damaged \
        chunk.
        """)
  }

  /// A value is made whose recipe says another one.
  static func otherValue(
    _ name: String, expected: ValueDigest, found: ValueDigest
  ) -> CheckpointError {
    var digests = (found.root, expected.root)
    var isSame = true
    if let other = found.sha256, let digest = expected.sha256, other != digest {
      digests = (other, digest)
      isSame = false
    }
    return CheckpointError(
      code: .otherValue,
      message: """
        Variable "\(name.shown)" was not stored: as it is made now, it has the \(isSame ? "root" : "digest") \
        \(digests.0), and its recipe says \(digests.1).
        The recipe is damaged, or was made by a program that makes other values; --on-existing replace \
        takes the new value.
        """)
  }

  /// A part of a recipe's value is made that is not what the recipe says.
  static func otherValue(
    _ name: String, elements: Range<Int>, checkpoint: String, expected: Digest, found: Digest
  ) -> CheckpointError {
    CheckpointError(
      code: .otherValue,
      message: """
        Variable "\(name.shown)" of checkpoint "\(checkpoint.shown)" is a recipe, and elements \
        \(elements.lowerBound)..<\(elements.upperBound), as they are made now, have the digest \(found), \
        expected \(expected).
        The recipe is damaged, or was made by a program that makes other values; materialize with \
        --on-existing replace to take the new values.
        """)
  }

  static func damagedRows(_ reason: String, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Checkpoint "\(checkpoint.shown)" is damaged: \(reason).
        Restore the file from a copy, or materialize the graph into a new store; `nascent verify` lists \
        all that is wrong.
        """)
  }

  /// A declaration, in the checkpoint's dialect and order, does not have its fingerprint.
  package static func damagedDeclaration(_ name: String, checkpoint: String) -> CheckpointError {
    damagedRows(
      "the declaration of variable \"\(name.shown)\" does not have its fingerprint",
      checkpoint: checkpoint)
  }

  /// A row of a variable, or of its value, is not what was written.
  static func damagedRow(_ variable: String, checkpoint: String) -> CheckpointError {
    damagedRows(Damage.sealFlaw(of: variable), checkpoint: checkpoint)
  }

  static func damagedStructure(_ problem: String, path: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Store "\(path)" is damaged: \(problem.shown).
        Restore the file from a copy, or materialize the graph into a new store.
        """)
  }

  /// Why a run is refused by what the checkpoint holds; `nil` where it is not.
  static func conflict(_ rows: RowDecisions, of request: RunRequest) -> CheckpointError? {
    let checkpoint = "Checkpoint \"\(request.checkpoint.shown)\""
    func error(
      _ differences: [MaterializationPlan.Conflict], _ what: String, _ advice: String
    ) -> CheckpointError? {
      guard !differences.isEmpty else { return nil }
      return CheckpointError(
        code: .conflict,
        message: """
          \(checkpoint) \(what); nothing was changed:
          \(list(differences))
          \(advice)
          """)
    }
    let losses =
      request.isImport
      ? error(
        rows.losses, "has other values under names of the file",
        """
        Leave these tensors out, or give them other names; the policy replace takes the file's values, \
        and another checkpoint leaves this one as it is.
        """)
      : error(
        rows.losses, "has values that nothing can make again, and this run would lose them",
        """
        Select other variables only, and these stay as they are; the policy replace lets them go, and \
        another checkpoint leaves this one as it is.
        """)
    return losses
      ?? error(
        rows.foreign,
        "has variables that are not selected and cannot stay beside those of the graph",
        "Select all variables, or use another checkpoint.")
      ?? error(
        rows.conflicts, "holds other declarations, and the policy is \(request.policy.rawValue)",
        "The policy skip remakes what changed; another checkpoint leaves this one as it is.")
  }

  /// The store has a value that nothing can make again, under another declaration than the graph's.
  static func otherDeclaration(
    _ difference: MaterializationPlan.Conflict, checkpoint: String
  ) -> CheckpointError {
    CheckpointError(
      code: .conflict,
      message: """
        Checkpoint "\(checkpoint.shown)" has another value than the graph declares, which nothing can make \
        again:
        \(list([difference]))
        Restore it into the runtime, or use another checkpoint.
        """)
  }

  /// A value comes from a file, and is not the one that was read there first.
  static func notAsDeclared(_ name: String, expected: Digest, found: Digest) -> CheckpointError {
    CheckpointError(
      code: .otherValue,
      message: """
        Variable "\(name.shown)" was not stored: its bytes have the SHA-256 \(found), and its declaration says \
        \(expected).
        Read them again when nobody writes to the file that they come from.
        """)
  }

  private static func list(_ differences: [MaterializationPlan.Conflict]) -> String {
    let shown = differences.prefix(20).map { "  \($0.name): \($0.reason)" }
    let rest = differences.count > 20 ? ["  and \(differences.count - 20) more"] : []
    return (shown + rest).joined(separator: "\n")
  }

  static func checkpointExists(_ name: String) -> CheckpointError {
    CheckpointError(
      code: .checkpointExists,
      message: """
        Cannot save checkpoint "\(name.shown)": the store has one of that name; nothing was changed.
        Choose another name, or allow to replace it.
        """)
  }

  static func unknownStep(_ selection: StepSelection, known: [Int]) -> CheckpointError {
    let list =
      known.isEmpty
      ? "none was saved" : "there are steps \(known.map(String.init).joined(separator: ", "))"
    return CheckpointError(
      code: .unknownStep,
      message: """
        The store has no checkpoint for the \(selection); \(list).
        Choose one of these, or start without one.
        """)
  }

  static func invalidStep(_ step: Int) -> CheckpointError {
    CheckpointError(
      code: .invalidStep,
      message: """
        Cannot save a checkpoint at step \(step): it is negative.
        Count steps from 0.
        """)
  }

  static func unsuitableRetention(_ rule: String) -> CheckpointError {
    CheckpointError(
      code: .unsuitableRetention,
      message: """
        A retention policy cannot keep \(rule).
        Give 1 or more.
        """)
  }

  /// - Parameter known: The metrics that there are, the nearest first.
  static func unknownMetric(_ metric: String, known: [String]) -> CheckpointError {
    let shown = known.prefix(20).map { "\"\($0.shown)\"" }.joined(separator: ", ")
    let rest = known.count > 20 ? " and \(known.count - 20) more" : ""
    return CheckpointError(
      code: .unknownMetric,
      message: """
        No checkpoint has the metric "\(metric.shown)", so nothing was removed; \
        \(known.isEmpty ? "none has any metric" : "there are \(shown)\(rest)").
        Compare a metric that was saved with the checkpoints.
        """)
  }

  static func malformedNameMap(_ map: NameMap) -> CheckpointError {
    CheckpointError(
      code: .malformedNameMap,
      message: """
        The map of names "\(map)" is refused: it needs a pattern, and as many stars on both sides.
        Write one star in the new name for each in the pattern: what it matches is carried over.
        """)
  }

  static func ambiguousName(_ name: String, sources: [String]) -> CheckpointError {
    let list = sources.map { "\"\($0)\"" }.joined(separator: " and ")
    return CheckpointError(
      code: .ambiguousName,
      message: """
        Cannot restore variable "\(name.shown)": \(list) of the checkpoint both become it, so nothing was restored.
        Change the maps of names so that one of them remains.
        """)
  }

  /// A value that a cast would make another number.
  package static func lossyCast(_ name: String, checkpoint: String, _ cause: any Error)
    -> CheckpointError
  {
    CheckpointError(
      code: .lossyCast,
      message: """
        Cannot cast variable "\(name.shown)" of checkpoint "\(checkpoint.shown)", so nothing was restored.
        \(cause)
        """, cause: cause)
  }

  static func rangeOutOfBounds(_ name: String, _ range: Range<Int>, count: Int) -> CheckpointError {
    CheckpointError(
      code: .rangeOutOfBounds,
      message: """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside variable "\(name.shown)" of \
        \(count) elements.
        Ask for a range inside 0..<\(count).
        """)
  }

  static func declaredAnew(_ names: [String]) -> CheckpointError {
    let rest = names.count > 1 ? " and \(names.count - 1) more" : ""
    return CheckpointError(
      code: .busy,
      message: """
        Another run declared variable "\(names.first ?? "")"\(rest) anew while this one made its value, \
        which was not stored.
        Run again when the other one has finished.
        """)
  }

  static func lostFile(_ path: String) -> CheckpointError {
    CheckpointError(
      code: .inputOutput,
      message: """
        Store "\(path)" was moved, deleted or replaced while it was open; what was written is not there.
        Run again, with a path that stays.
        """)
  }

  static func severalNames(_ path: String, count: Int) -> CheckpointError {
    CheckpointError(
      code: .severalNames,
      message: """
        Store "\(path)" cannot be written: the file has \(count) names (hard links), and a program that opens \
        it by another name would not see what this one is in the middle of.
        Write to a copy of its own, `cp "\(path)" NEW.db`, or remove the other names.
        """)
  }

  static func unfinished(_ path: String, _ cause: DatabaseError) -> CheckpointError {
    CheckpointError(
      code: .inputOutput,
      message: """
        Store "\(path)" cannot be read: a program ended while it wrote to it, and what it left half done \
        cannot be undone here, because the file or its folder cannot be written.
        Copy it together with "\(path)-journal" to a folder where you may write, and open the copy.
        """, cause: cause)
  }

  /// A store in WAL mode whose `-wal` file cannot be read where it lies.
  static func unreadableWAL(_ path: String, _ cause: DatabaseError) -> CheckpointError {
    CheckpointError(
      code: .inputOutput,
      message: """
        Store "\(path)" cannot be read: it is in SQLite's WAL mode, part of it lies in "\(path)-wal", and its \
        folder or the medium may not be written.
        Copy it together with "\(path)-wal" to a folder where you may write, and open the copy; \
        `sqlite3 COPY 'PRAGMA journal_mode = DELETE'` makes one that is read anywhere.
        """, cause: cause)
  }

  /// Says what a failure of SQLite means for the user of a store.
  ///
  /// - Parameter refusal: Why the system refused the call, where it did.
  /// - Parameter holder: Who held the lock that this program waited for in vain.
  static func database(
    _ error: DatabaseError, path: String, refusal: SystemRefusal? = nil, holder: String? = nil
  ) -> CheckpointError {
    let detail = (error.message ?? "SQLite error \(error.resultCode.rawValue)").shown
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return CheckpointError(
        code: .busy,
        message: """
          Store "\(path)" is in use by \(holder ?? "another process"), which did not let go in \
          \(CheckpointStore.busyTimeoutSeconds) seconds.
          Try again when it has finished.
          """, cause: error)
    case .SQLITE_NOTADB:
      return notAStore(path, because: detail)
    case _ where error.extendedResultCode == .SQLITE_READONLY_DBMOVED:
      return lostFile(path)
    case _ where error.isUnfinishedTransaction:
      return unfinished(path, error)
    case _ where error.isDamage:
      return CheckpointError(
        code: .damaged,
        message: """
          Store "\(path)" is damaged: \(detail).
          Restore the file from a copy, or materialize the graph into a new store.
          """, cause: error)
    default:
      let (reason, advice) = explanation(of: error, detail, refusal)
      return CheckpointError(
        code: .inputOutput,
        message: """
          Cannot use store "\(path)": \(reason).
          \(advice)
          """, cause: error)
    }
  }

  /// What the system refused, and what to do about it.
  private static func explanation(
    of error: DatabaseError, _ detail: String, _ refusal: SystemRefusal?
  ) -> (reason: String, advice: String) {
    let kept = "and run again: what is stored is kept."
    switch (error.resultCode, refusal?.kind) {
    case (.SQLITE_NOMEM, _):
      return ("the system has no memory left", "End other programs, \(kept)")
    case (.SQLITE_FULL, _), (.SQLITE_IOERR, .noSpace):
      return ("the disk is full", "Make room on the disk, or choose another one, \(kept)")
    case (.SQLITE_IOERR, .quota):
      return (
        "your quota of the disk is used up", "Remove files of yours, or have it raised, \(kept)"
      )
    case (.SQLITE_IOERR, .fileTooLarge):
      return (
        "the file may not become larger, by a limit of this process (`ulimit -f`) or of the disk",
        "Raise the limit, or choose another disk, \(kept)"
      )
    case (.SQLITE_READONLY, _), (.SQLITE_IOERR, .notAllowed), (.SQLITE_CANTOPEN, .notAllowed):
      return (
        "it, its folder or the medium may not be written",
        "Give yourself the permission to write, or choose another folder, \(kept)"
      )
    case (.SQLITE_IOERR, _):
      let reason = refusal.map { ": \($0.reason)" } ?? ""
      return (
        "the disk failed (\(detail)\(reason))",
        "Check the disk and its connection, then run again; `nascent verify` checks what is stored."
      )
    default:
      return (
        detail,
        "Check that the folder exists, that you may write to it, and that the disk has space."
      )
    }
  }
}

extension DatabaseError {
  /// True where the file is not what SQLite or the schema says it must be.
  var isDamage: Bool {
    switch resultCode {
    case .SQLITE_CORRUPT, .SQLITE_MISMATCH, .SQLITE_ERROR, .SQLITE_FORMAT: true
    default: false
    }
  }

  /// True where a program ended while it wrote, and a connection that only reads cannot undo it.
  var isUnfinishedTransaction: Bool { extendedResultCode == .SQLITE_READONLY_ROLLBACK }
}
