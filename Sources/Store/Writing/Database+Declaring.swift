internal import GRDB
internal import StoreAccess
internal import Tensors
internal import VariableGraph

/// One row of the table `variable`, without its value.
struct DeclaredRow {
  /// What is declared; for an alias, what it stands for.
  let variable: Variable
  let position: Int
  let fingerprint: Digest
  /// The name of the row, where it is not the variable's.
  var alias: String?
  /// The metadata of the row, where they are not the variable's, as canonical JSON.
  var metadata: String?
}

extension Database {
  /// Stores a declaration in a checkpoint, in place of one of the same name, without a value.
  func put(_ row: DeclaredRow, of graph: VariableGraph, in checkpoint: Int64) throws {
    let variable = row.variable
    let origin = variable.initializer.seeding.origin
    try statement(.putVariable).run(
      .integer(checkpoint), .integer(row.position), .text(row.alias ?? variable.name),
      .text(variable.scalarType.rawValue), .text(variable.shape.json),
      .integer(variable.byteCount),
      .text(variable.initializer.configuration.canonicalText),
      .integer(variable.initializer.version), .text(origin),
      origin == "graph" ? .integer(graph.seed) : .null, .text(variable.dialect.name),
      .integer(Fingerprint.version), .bytes(row.fingerprint.bytes),
      .text(row.metadata ?? variable.metadataText),
      .optional(row.alias == nil ? nil : variable.name))
  }
}

extension Seeding {
  /// As the store's column `seed_origin` has it.
  var origin: String {
    switch self {
    case .none: "none"
    case .own: "own"
    case .graph: "graph"
    }
  }
}

extension Variable {
  /// The metadata as canonical JSON.
  var metadataText: String {
    metadata.isEmpty ? "{}" : JSONValue.object(metadata).canonicalText
  }
}
