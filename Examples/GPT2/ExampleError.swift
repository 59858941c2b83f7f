import Nascent

/// Something in the example is not as it must be.
struct ExampleError: Error, CustomStringConvertible {
  let description: String

  static func wrongElementCount(_ found: Int, expected: Int) -> ExampleError {
    ExampleError(
      description: """
        The model has \(found) parameters, expected \(expected).
        Compare its shapes with Examples/models/gpt2.json.
        """)
  }

  static func wrongNames(declaredOnly: [String], manifestOnly: [String]) -> ExampleError {
    func list(_ names: [String]) -> String {
      names.isEmpty ? "none" : names.joined(separator: ", ")
    }
    return ExampleError(
      description: """
        The names of the model are not those of the manifest, in its order.
        Only in the model: \(list(declaredOnly)). Only in the manifest: \(list(manifestOnly)).
        Correct GPT2Model.swift; where both lists are empty, the order differs.
        """)
  }

  static func wrongFingerprint(_ found: Digest, expected: Digest) -> ExampleError {
    ExampleError(
      description: """
        The model has fingerprint \(found), the manifest \(expected).
        A shape, a dtype or an initializer differs.
        Compare `nascent plan Examples/models/gpt2.json` with GPT2Model.swift.
        """)
  }

  static func notAllSkipped(_ found: Int, expected: Int) -> ExampleError {
    ExampleError(
      description: """
        The second run skipped \(found) variables, expected all \(expected).
        Look for other runs in the store: they may have changed it meanwhile.
        """)
  }

  static func queryFailed(_ path: String, status: Int32) -> ExampleError {
    ExampleError(
      description: """
        sqlite3 ended with status \(status) on "\(path)".
        Run it by hand with Examples/queries.sql; version 3.37 or later knows STRICT tables.
        """)
  }
}
