public import Foundation
internal import Nascent
internal import TensorMemory

/// What strangers hand to the library: bytes that are read as a file of one kind.
///
/// A target ends for any bytes: well, or with one of the library's errors. Everything else, a trap, a
/// hang, another error, values that change on a round trip, is a finding. So is memory above the bounds
/// that `make fuzz` sets: 256 MiB at once, 1 GiB in all.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// A graph manifest: read, hashed, pointed at by lints, written, read again, and filled where small.
  case manifest
  /// A store: opened, listed, read, verified, compared, sliced, reported, merged as a part; recipes are
  /// made where they are small.
  case store
  /// A signature, what one signs, and a key.
  case signature
  /// A safetensors file: as `import`, `graph from` and `export` read and write it.
  case safetensors
  /// A NumPy array, likewise.
  case npy
  /// A NumPy archive, likewise.
  case npz
  /// The index of two safetensors files that are there.
  case index
  /// A map of names, both ways.
  case nameMap = "name-map"
  /// A config object of an initializer, in every dialect.
  case keras

  /// Reads the bytes.
  ///
  /// - Throws: `FuzzFinding`.
  public func run(_ bytes: Data) throws {
    do {
      switch self {
      case .manifest: try ManifestReading.run(bytes)
      case .store: try StoreReading.run(bytes)
      case .signature: try SignatureReading.run(bytes)
      case .safetensors: try ModelFileReading.run(bytes, named: "x.safetensors")
      case .npy: try ModelFileReading.run(bytes, named: "x.npy")
      case .npz: try ModelFileReading.run(bytes, named: "x.npz")
      case .index: try ModelFileReading.run(bytes, named: "x.safetensors.index.json")
      case .nameMap: try NameMapReading.run(bytes)
      case .keras: try KerasReading.run(bytes)
      }
    } catch {
      guard FuzzFinding.isExpected(error) else {
        throw FuzzFinding(description: "an error of another kind: \(error)")
      }
    }
  }
}

/// Something that hostile bytes must not bring about.
public struct FuzzFinding: Error, CustomStringConvertible {
  /// What happened.
  public let description: String

  /// Says what happened.
  public init(description: String) { self.description = description }

  /// True for the errors that the library promises for bad input.
  public static func isExpected(_ error: any Error) -> Bool {
    switch error {
    case is CheckpointError, is GraphError, is InitializerError, is ManifestError, is TensorError,
      is JSONError, is ListedDamage, is ModelFileError, is ModelImportError, is FileAccessError,
      is ExpressionError, is EvaluationError, is RuntimeError, is SigningError:
      true
    default: false
    }
  }
}
