/// Where an initializer's random numbers come from.
public enum Seeding: Sendable, Hashable {
  /// It draws none.
  case none
  /// Its own seed, which means what it means in the framework.
  case own(Int64)
  /// The graph's seed and the variable's name, or its place in the graph's one stream.
  case graph
}
