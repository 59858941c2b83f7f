public import Tensors

/// A file that is signed, and the SHA-256 of its bytes.
public struct SignedResource: Sendable, Hashable {
  /// The name of a model that is one file.
  static let onlyFile = "."

  /// The path from the model's folder, with slashes; `.` for a model that is one file.
  public let name: String
  /// The digest of the bytes.
  public let digest: Digest

  /// Pairs a path with a digest.
  public init(name: String, digest: Digest) {
    self.name = name
    self.digest = digest
  }

  /// False where a path leads out of the folder, or could be written in another way.
  static func isCanonical(_ name: String) -> Bool {
    name == onlyFile
      || name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .allSatisfy { part in
          !part.isEmpty && !part.elementsEqual(".".utf8) && !part.elementsEqual("..".utf8)
            && !part.contains(0)
        }
  }
}
