public import TensorMemory
public import Tensors

/// A tensor that a source has: its name, shape and dtype.
public struct TensorEntry: Sendable, Hashable {
  /// The name.
  public var name: String
  /// The sizes of the axes.
  public var shape: Shape
  /// The type of the elements.
  public var scalarType: ScalarType
  /// The number of bytes.
  public let byteCount: Int
  /// False where a part costs as much as the whole, as of an array that is stored column by column.
  public var isElementwise = true

  /// Describes a tensor.
  ///
  /// - Throws: `TensorError.Code.tooLarge`.
  public init(name: String, shape: Shape, scalarType: ScalarType) throws {
    self.name = name
    self.shape = shape
    self.scalarType = scalarType
    byteCount = try shape.byteCount(of: scalarType)
  }

  /// True where both say the same of a tensor of the same name, byte for byte.
  public static func == (left: TensorEntry, right: TensorEntry) -> Bool {
    NameKey(left.name) == NameKey(right.name) && left.shape == right.shape
      && left.scalarType == right.scalarType && left.byteCount == right.byteCount
      && left.isElementwise == right.isElementwise
  }

  /// Hashes the bytes of the name, shape and dtype.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(NameKey(name))
    hasher.combine(shape)
    hasher.combine(scalarType)
  }
}

/// A text and its key, as files keep them beside tensors.
public struct MetadataPair: Sendable, Hashable {
  /// The key.
  public let key: String
  /// The text.
  public let value: String

  /// A key and its text.
  public init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  /// True where the bytes of both texts are the same.
  public static func == (left: MetadataPair, right: MetadataPair) -> Bool {
    NameKey(left.key) == NameKey(right.key) && NameKey(left.value) == NameKey(right.value)
  }

  /// Hashes the bytes of both texts.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(NameKey(key))
    hasher.combine(NameKey(value))
  }
}

/// Tensors that can be read part by part: a model file, or a checkpoint of a store.
///
/// Every reader of a file is one, and every writer takes one, so that any format can become any other
/// in a few megabytes of memory.
public protocol TensorSource: Sendable {
  /// The name of the format: `safetensors`, `npz`, `npy`.
  var formatName: String { get }
  /// The tensors in the order of their bytes.
  var entries: [TensorEntry] { get }
  /// What stands beside them, in order; `nil` where the format or the file has no place for it.
  var metadata: [MetadataPair]? { get }

  /// The files that the tensors stand in: what each has beside its own tensors, and their places in
  /// `entries`. One file unless said otherwise.
  var files: [(metadata: [MetadataPair]?, entries: Range<Int>)] { get }

  /// Fills all of `span` with the bytes of a tensor from `offset` on, row-major and little-endian.
  ///
  /// - Parameter span: As many bytes as are to be read.
  /// - Parameter offset: A multiple of the element's size.
  /// - Parameter index: The place of the tensor in `entries`.
  /// - Throws: `FileAccessError`, `ModelFileError`, errors of a store.
  func read(into span: inout MutableRawSpan, at offset: Int, of index: Int) throws

  /// Where all bytes of a tensor lie in a file, row-major and little-endian; `nil` where they are compressed,
  /// turned or not in a file.
  ///
  /// - Parameter index: The place of the tensor in `entries`.
  func location(of index: Int) -> FileLocation?

  /// Checks what the format itself has for finding damage, such as a checksum.
  ///
  /// - Throws: `ModelFileError.Code.malformed`, `FileAccessError`.
  func validate(_ index: Int) throws
}

extension TensorSource {
  /// What stands beside the tensors; see `TensorSource`.
  public var metadata: [MetadataPair]? { nil }

  /// One file; see `TensorSource`.
  public var files: [(metadata: [MetadataPair]?, entries: Range<Int>)] {
    [(metadata, entries.indices)]
  }

  /// Not in a file, unless said otherwise; see `TensorSource`.
  public func location(of index: Int) -> FileLocation? { nil }

  /// Most formats have no checksums; see `TensorSource`.
  public func validate(_ index: Int) throws {}

  /// A whole tensor.
  ///
  /// - Throws: `ModelFileError.Code.unknownTensor`, and as `read`.
  public func tensor(named name: String) throws -> Tensor {
    let index = try index(of: name)
    let entry = entries[index]
    return try tensor(index, entry.shape, 0..<entry.shape.elementCount)
  }

  /// Elements `range` of a tensor, row-major, as a vector. Only these are read.
  ///
  /// - Throws: `TensorError.Code.rangeOutOfBounds`, and as `tensor(named:)`.
  public func slice(of name: String, elements range: Range<Int>) throws -> Tensor {
    let index = try index(of: name)
    let count = entries[index].shape.elementCount
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw TensorError.rangeOutOfBounds(range, elementCount: count)
    }
    return try tensor(index, .vector(range.count), range)
  }

  private func index(of name: String) throws -> Int {
    guard let index = entries.firstIndex(where: { NameKey($0.name) == NameKey(name) }) else {
      throw ModelFileError.unknownTensor(name, known: entries.map(\.name))
    }
    return index
  }

  private func tensor(_ index: Int, _ shape: Shape, _ elements: Range<Int>) throws -> Tensor {
    let type = entries[index].scalarType
    let storage = try TensorStorage(byteCount: shape.byteCount(of: type))
    try storage.fill(0..<storage.byteCount) { span in
      try read(into: &span, at: elements.lowerBound * type.byteCount, of: index)
    }
    storage.seal()
    return try Tensor(shape: shape, scalarType: type, storage: storage)
  }
}
