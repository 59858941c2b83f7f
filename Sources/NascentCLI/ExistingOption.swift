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
