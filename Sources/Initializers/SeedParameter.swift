internal import VariableGraph

extension Seeding {
  /// An own seed, or the graph's where there is none.
  init(seed: Int64?) { self = seed.map(Seeding.own) ?? .graph }
}

extension JSONValue {
  /// A seed as Keras writes it: a number or null.
  init(seed: Int64?) { self = seed.map(JSONValue.integer) ?? .null }
}
