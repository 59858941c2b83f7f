import Foundation
import Nascent

/// The exit codes of the command, by what went wrong.
struct ExitStatus {
  let code: Int32

  /// The answer is no.
  static let no = ExitStatus(code: 1)
  /// Wrong usage.
  static let usage = ExitStatus(code: 64)
  /// Bad input: a manifest, a store or a file.
  static let badInput = ExitStatus(code: 65)
  /// Input or output failed.
  static let inputOutput = ExitStatus(code: 74)
  /// Busy: try again.
  static let busy = ExitStatus(code: 75)

  init(code: Int32) { self.code = code }

  /// The code for one of the library's errors; `nil` for others, which are the argument parser's.
  init?(_ error: any Error) {
    switch error {
    case let remedy as Remedy: self.init(remedy.error)
    case let error as CheckpointError:
      switch error.code {
      case .conflict, .otherValue, .overlap: self = .no
      case .busy: self = .busy
      case .inputOutput: self = .inputOutput
      default: self = .badInput
      }
    case let error as FileAccessError:
      self =
        switch error.code {
        case .inputOutput: .inputOutput
        case .isInput: .usage
        default: .badInput
        }
    case is NoSignatureError: self = .usage
    case let error as SigningError:
      switch error.code {
      case .invalidSignature: self = .no
      case .inputOutput: self = .inputOutput
      default: self = .badInput
      }
    case let error as RuntimeError:
      self = error.cause.flatMap { ExitStatus($0) } ?? .badInput
    case is LauncherError: self = .usage
    case let error as ModelImportError: self = error.code == .ambiguous ? .no : .badInput
    case is GraphError, is InitializerError, is ExpressionError, is ManifestError,
      is ModelFileError, is TensorError:
      self = .badInput
    // The system has no more memory, or the disk no more space.
    case is FileError, is TensorMemoryError: self = .inputOutput
    case is MissingFileError, is NoMatchError: self = .badInput
    default: return nil
    }
  }
}

/// A file that should be read is not there.
struct MissingFileError: Error, CustomStringConvertible {
  let path: String
  var description: String {
    """
    Cannot read "\(path)": there is no such file.
    Check the path.
    """
  }
}

/// A file cannot be read or written.
struct FileError: Error, CustomStringConvertible {
  let path: String
  let action: String
  let cause: any Error
  var description: String {
    """
    Cannot \(action) "\(path)": \((cause as NSError).localizedDescription)
    Check the path, your permissions and the space on the disk.
    """
  }
}
