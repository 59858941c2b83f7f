internal import Foundation
internal import GRDB
internal import StoreAccess
public import VariableGraph

/// What the view `variables` shows of one variable.
public struct VariableDescription: Sendable {
  /// The name.
  public let name: String
  /// The shape as JSON text.
  public let shape: String
  /// The shape as JSON.
  public let shapeJSON: JSONValue
  /// The dtype's name.
  public let dtype: String
  /// The Keras config object.
  public let initializer: InitializerConfiguration
  /// `declared`, `partial` (some chunks of it are there), `materialized`, `recipe` or `alias`.
  public let state: String
  /// The number of bytes.
  public let byteCount: Int
  /// The SHA-256 of the bytes as hexadecimal digits.
  public let sha256: String?
  /// The mean of the finite elements.
  public let mean: Double?
  /// Their population standard deviation.
  public let standardDeviation: Double?
  /// The smallest of them.
  public let minimum: Double?
  /// The largest of them.
  public let maximum: Double?
  /// The first elements as text.
  public let preview: String?
  /// The variable that an alias stands for.
  public let aliasOf: String?
  /// True where the value was assigned, so that it is not what the declaration makes.
  public let isAssigned: Bool
  /// The skew of the finite elements; `nil` where it is not known.
  public let skew: Double?
  /// Their excess kurtosis, 0 for a normal; `nil` where it is not known.
  public let excessKurtosis: Double?
  /// Whether they are what the initializer promises; `nil` where there is no value, or an older version
  /// wrote it.
  public let verdict: DistributionVerdict?
  /// How they deviate, in words.
  public let deviation: String?
  /// The number of elements that are not finite; `nil` where there is no value.
  public let notFiniteCount: Int?
}

extension CheckpointStore {
  /// The view `variables` of one checkpoint.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  public func descriptions(in checkpoint: String) throws -> [VariableDescription] {
    _ = try self.checkpoint(named: checkpoint)
    return try read { db in
      try checkSeal(of: checkpoint, .values, db)
      return try shownVariables(of: checkpoint, db)
    }
  }

  /// The view `variables` of one variable or alias, of which only its rows are read.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `unknownVariable`, `damaged`.
  public func description(of name: String, in checkpoint: String) throws -> VariableDescription {
    try read { db in
      _ = try variable(name, in: checkpoint, db)
      let rows = try shown(
        db.statement(.shownVariable), [.text(checkpoint), .text(name)])
      guard let row = rows.first else {
        throw CheckpointError.damagedStructure("a view has not what its tables have", path: path)
      }
      return row
    }
  }

  /// The rows as they are.
  func shownVariables(of checkpoint: String, _ db: Database) throws -> [VariableDescription] {
    try shown(db.statement(.shownVariables), [.text(checkpoint)])
  }

  private func shown(
    _ statement: Statement, _ values: [StatementValue]
  ) throws -> [VariableDescription] {
    let path = path
    var found: [VariableDescription] = []
    try statement.withRows(values) { row in
      let initializer = try? JSONValue(parsing: Data(row.text(3).utf8))
      guard case .object(let members)? = initializer,
        case .string(let className)? = members["class_name"],
        case .object(let config) = members["config"] ?? [:],
        let shape = try? JSONValue(parsing: Data(row.text(1).utf8))
      else {
        throw CheckpointError.notAStore(path, because: "a variable's spec is malformed")
      }
      found.append(
        VariableDescription(
          name: row.text(0), shape: row.text(1), shapeJSON: shape, dtype: row.text(2),
          initializer: InitializerConfiguration(className: className, config: config),
          state: row.text(4), byteCount: Int(row.integer(5)), sha256: row.optionalText(6),
          mean: row.optionalReal(7), standardDeviation: row.optionalReal(8),
          minimum: row.optionalReal(9), maximum: row.optionalReal(10),
          preview: row.optionalText(11), aliasOf: row.optionalText(12),
          isAssigned: row.integer(13) != 0, skew: row.optionalReal(14),
          excessKurtosis: row.optionalReal(15),
          verdict: row.optionalText(16).flatMap(DistributionVerdict.init),
          deviation: row.optionalText(17), notFiniteCount: row.optionalInteger(18).map { Int($0) }))
    }
    return found
  }
}
