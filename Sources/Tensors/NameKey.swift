internal import TensorMemory

/// A name as its bytes: two names are one only if their UTF-8 is equal.
///
/// A `String` holds "é" as one character (U+00E9) and as a letter with an accent (U+0065 U+0301) for equal;
/// SQLite, model files and other programs do not. So whatever is looked up, compared or sorted by a name is so
/// by a `NameKey`, and never by the `String`.
///
///     var places: NameTable<Int> = ["dense/kernel": 0]
///     places["dense/bias"] = 1
///     names.sort { NameKey($0) < NameKey($1) }
///
/// - Complexity: To make one copies nothing and takes no memory; to compare or to hash it takes O(*n*) for *n*
///   bytes.
public struct NameKey: Sendable, Hashable, Comparable, CustomStringConvertible,
  ExpressibleByStringLiteral
{
  /// The name.
  public let text: String

  /// The key of a name.
  public init(_ text: String) { self.text = text }

  /// The key of a name that is written as a literal.
  public init(stringLiteral value: String) { text = value }

  /// The name.
  public var description: String { text }

  /// True where the UTF-8 of both is the same.
  public static func == (left: NameKey, right: NameKey) -> Bool {
    left.text.hasBytes(of: right.text)
  }

  /// The order of the bytes, which is that of the code points.
  public static func < (left: NameKey, right: NameKey) -> Bool {
    left.text.hasBytes(before: right.text)
  }

  /// The places of names in the order of their bytes; equal ones in the order in which they stand.
  ///
  /// - Complexity: O(*n* log *n*); eight bytes behind what all names begin with are compared as one number.
  package static func order(of names: [String]) -> [Int] {
    guard let first = names.first.map({ Array($0.utf8) }) else { return [] }
    var common = first.count
    for name in names {
      var count = 0
      for (a, b) in zip(first, name.utf8) where count < common {
        guard a == b else { break }
        count += 1
      }
      common = count
    }
    let keys = names.map { name -> UInt64 in
      var rest = name.utf8.dropFirst(common).makeIterator()
      return (0..<8).reduce(0) { key, _ in key << 8 | UInt64(rest.next() ?? 0) }
    }
    return names.indices.sorted { left, right in
      if keys[left] != keys[right] { return keys[left] < keys[right] }
      let (a, b) = (NameKey(names[left]), NameKey(names[right]))
      return a == b ? left < right : a < b
    }
  }

  /// Hashes the UTF-8.
  public func hash(into hasher: inout Hasher) { text.hashBytes(into: &hasher) }
}

/// Values by name; names are told apart by their bytes.
public typealias NameTable<Value> = Dictionary<NameKey, Value>

/// Names, each once; they are told apart by their bytes.
public typealias NameSet = Set<NameKey>

extension Dictionary where Key == NameKey {
  /// Values by name; of several of one name the first is kept.
  public init(byName pairs: some Sequence<(String, Value)>) {
    self.init(minimumCapacity: pairs.underestimatedCount)
    for (name, value) in pairs {
      let key = NameKey(name)
      if self[key] == nil { self[key] = value }
    }
  }

  /// The value of a name; `nil` where there is none.
  public subscript(name: String) -> Value? {
    get { self[NameKey(name)] }
    _modify { yield &self[NameKey(name)] }
  }

  /// The value of a name, or another where there is none.
  public subscript(name: String, default value: @autoclosure () -> Value) -> Value {
    get { self[NameKey(name)] ?? value() }
    _modify { yield &self[NameKey(name), default: value()] }
  }
}

extension Set where Element == NameKey {
  /// The names of a list.
  public init(names: some Sequence<String>) {
    self.init(minimumCapacity: names.underestimatedCount)
    for name in names { insert(NameKey(name)) }
  }

  /// True where the name is one of these.
  public func contains(_ name: String) -> Bool { contains(NameKey(name)) }

  /// Adds a name; `inserted` says whether it is new.
  @discardableResult
  public mutating func insert(
    _ name: String
  ) -> (inserted: Bool, memberAfterInsert: NameKey) {
    insert(NameKey(name))
  }

  /// Takes a name out.
  @discardableResult
  public mutating func remove(_ name: String) -> NameKey? { remove(NameKey(name)) }
}
