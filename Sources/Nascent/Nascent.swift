@_exported public import Store
@_exported public import Filling
@_exported public import Initializers
@_exported public import Interchange
@_exported public import Materialization
@_exported public import Modules
@_exported public import RandomSampling
@_exported public import Signing
@_exported public import StoreReport
@_exported public import TensorMemory
@_exported public import Tensors
@_exported public import VariableGraph

/// The version of the library and of the command.
public enum NascentVersion {
  /// As `nascent --version` prints it and the `runs` view shows it.
  public static let current = "0.1.0"
}
