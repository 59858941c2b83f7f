import ArgumentParser
import Nascent

/// The argument `--on-existing`.
struct ExistingOption: ParsableArguments {
  @Option(
    help: "What to do with values that are there: skip, verify, replace or fail.",
    transform: { text in
      guard let policy = ExistingPolicy(rawValue: text) else {
        throw ValidationError("it must be skip, verify, replace or fail, found \(text).")
      }
      return policy
    })
  var onExisting = ExistingPolicy.skip
}

/// An error of the library, and what to do about it in the words of the command.
struct Remedy: Error, CustomStringConvertible {
  let error: any Error
  let text: String
  var description: String { "\(error)\n\(text)" }

  /// Does some work, and says which flags help where it is refused because of what the store has.
  static func adding<Value>(
    _ text: String, _ work: () async throws -> Value
  ) async throws -> Value {
    do {
      return try await work()
    } catch let error as CheckpointError where error.code == .conflict {
      throw Remedy(error: error, text: text)
    }
  }
}
