/// A part of a model: a plain struct whose members are parameters and further parts.
///
///     struct Block: Variables {
///       let norm: Normalization
///       let attention: MultiHeadAttention
///       @Parameter(shape: [768], initializer: .zeros) var scale
///
///       init(width: Int) {
///         norm = .layer(width)
///         attention = MultiHeadAttention(width: width, heads: 12)
///       }
///     }
///
/// Members are declared in the order in which the struct lists them, under the paths of their
/// properties: `blocks.3.attention.query.weight`. Elements of arrays have their numbers for names,
/// those of dictionaries their keys, in the order of the keys' UTF-8; a `nil` declares nothing. Other
/// members, such as sizes, are passed over.
///
/// A parameter is one variable, however many members hold it: where a part is held twice, or
/// `head.weight = embedding.weight` was said, the second path is an alias of the first. So make the
/// elements of an array one by one: `(0..<12).map { _ in Block(width: 768) }`.
public protocol Variables: Sendable {
  /// The names of members that are called otherwise than their property, by the property: such as
  /// `["attention": "self_attn"]`. An empty name leaves the member out of the path; a name may have
  /// several parts.
  static var memberNames: [String: String] { get }

  /// Declares the variables. Unless said otherwise, all members.
  func declare(in model: inout ModelBuilder) throws
}

extension Variables {
  /// The names of members that are called otherwise; none unless said otherwise.
  public static var memberNames: [String: String] { [:] }

  /// Declares all members; see `Variables`.
  ///
  /// - Throws: `ModuleError`, and as `VariableGraph.declare`.
  public func declare(in model: inout ModelBuilder) throws { try model.declareMembers(of: self) }
}
