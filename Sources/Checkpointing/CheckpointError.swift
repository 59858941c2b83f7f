internal import GRDB

/// Why a store cannot be opened, read or written.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure this is.
  public struct Code: Sendable, Hashable {
    private let name: String
    /// The file is not a store.
    public static let notAStore = Code(name: "notAStore")
    /// The file was written by a newer version.
    public static let newerVersion = Code(name: "newerVersion")
    /// The store has no such checkpoint.
    public static let unknownCheckpoint = Code(name: "unknownCheckpoint")
    /// The checkpoint has no such variable.
    public static let unknownVariable = Code(name: "unknownVariable")
    /// The variable is declared and has no bytes.
    public static let notMaterialized = Code(name: "notMaterialized")
    /// Stored bytes do not have the digest that was recorded.
    public static let damaged = Code(name: "damaged")
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
    /// A map of names has no pattern, or other stars in the new name.
    public static let malformedNameMap = Code(name: "malformedNameMap")
    /// Two variables of a checkpoint would become one of the graph.
    public static let ambiguousName = Code(name: "ambiguousName")
    /// A stored value cannot be cast without becoming another number.
    public static let lossyCast = Code(name: "lossyCast")
    /// A range reaches outside a variable.
    public static let rangeOutOfBounds = Code(name: "rangeOutOfBounds")
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

  static func newerVersion(_ path: String, found: Int, known: Int) -> CheckpointError {
    CheckpointError(
      code: .newerVersion,
      message: """
        Store "\(path)" has format version \(found); this program knows versions up to \(known).
        Open it with a newer version of Nascent.
        """)
  }

  static func unknownCheckpoint(_ name: String, known: [String]) -> CheckpointError {
    let list = known.isEmpty ? "it has none" : "it has \(known.joined(separator: ", "))"
    return CheckpointError(
      code: .unknownCheckpoint,
      message: """
        The store has no checkpoint "\(name)"; \(list).
        Choose one of these with --checkpoint, or materialize it first.
        """)
  }

  static func unknownVariable(_ name: String, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .unknownVariable,
      message: """
        Checkpoint "\(checkpoint)" has no variable "\(name)".
        `nascent show` lists its variables.
        """)
  }

  /// A variable has no stored bytes.
  package static func notMaterialized(_ name: String, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .notMaterialized,
      message: """
        Variable "\(name)" of checkpoint "\(checkpoint)" has no stored bytes.
        Materialize it first.
        """)
  }

  package static func damaged(_ damage: Damage, checkpoint: String) -> CheckpointError {
    CheckpointError(
      code: .damaged,
      message: """
        Checkpoint "\(checkpoint)" is damaged: \(damage).
        Materialize with --on-existing replace, or restore the file; `nascent verify` lists every \
        damaged chunk.
        """)
  }

  static func conflict(
    _ differences: [MaterializationPlan.Conflict], checkpoint: String, policy: String
  ) -> CheckpointError {
    CheckpointError(
      code: .conflict,
      message: """
        Checkpoint "\(checkpoint)" holds other declarations, and the policy is \(policy); nothing \
        was changed:
        \(list(differences))
        Use --on-existing skip to remake what changed, or another --checkpoint.
        """)
  }

  static func assignedConflict(
    _ lost: [MaterializationPlan.Conflict], checkpoint: String, policy: String
  ) -> CheckpointError {
    CheckpointError(
      code: .conflict,
      message: """
        Checkpoint "\(checkpoint)" holds assigned values, which cannot be made again, and the policy is \
        \(policy); nothing was changed:
        \(list(lost))
        Use --on-existing replace to lose them, or another --checkpoint.
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
        Cannot save checkpoint "\(name)": the store has one of that name; nothing was changed.
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
        Cannot restore variable "\(name)": \(list) of the checkpoint both become it, so nothing was restored.
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
        Cannot cast variable "\(name)" of checkpoint "\(checkpoint)", so nothing was restored.
        \(cause)
        """, cause: cause)
  }

  static func rangeOutOfBounds(_ name: String, _ range: Range<Int>, count: Int) -> CheckpointError {
    CheckpointError(
      code: .rangeOutOfBounds,
      message: """
        Elements \(range.lowerBound)..<\(range.upperBound) reach outside variable "\(name)" of \
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

  /// Says what a failure of SQLite means for the user of a store.
  static func database(_ error: DatabaseError, path: String) -> CheckpointError {
    let detail = error.message ?? "SQLite error \(error.resultCode.rawValue)"
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return CheckpointError(
        code: .busy,
        message: """
          Store "\(path)" is in use by another process, which did not let go in \
          \(CheckpointStore.busyTimeoutSeconds) seconds.
          Try again when it has finished.
          """, cause: error)
    case .SQLITE_NOTADB:
      return notAStore(path, because: detail)
    case _ where error.extendedResultCode == .SQLITE_READONLY_DBMOVED:
      return lostFile(path)
    case _ where error.isDamage:
      return CheckpointError(
        code: .damaged,
        message: """
          Store "\(path)" is damaged: \(detail).
          Restore the file from a copy, or materialize the graph into a new store.
          """, cause: error)
    default:
      return CheckpointError(
        code: .inputOutput,
        message: """
          Cannot use store "\(path)": \(detail).
          \(advice(for: error))
          """, cause: error)
    }
  }

  private static func advice(for error: DatabaseError) -> String {
    switch error.resultCode {
    case .SQLITE_NOMEM: "The system has no memory left: end other programs, and run again."
    case .SQLITE_FULL:
      "Make room on the disk, or choose another one, and run again: what is stored is kept."
    default:
      "Check that the folder exists, that you may write to it, and that the disk has space."
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
}
