internal import VariableGraph

extension InitializerError {
  /// Throws unless a parameter is as it must be.
  ///
  /// - Throws: `InitializerError.Code.invalidParameter`.
  static func require(
    _ holds: Bool, _ className: String, _ parameter: String, _ found: some CustomStringConvertible,
    _ needed: String
  ) throws {
    guard holds else {
      throw invalidParameter(className, parameter, found: found.description, needed: needed)
    }
  }
}
