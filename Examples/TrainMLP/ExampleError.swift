/// The example cannot go on.
struct ExampleError: Error, CustomStringConvertible {
  let description: String

  static let usage = ExampleError(
    description: """
      Usage: TrainMLP [FOLDER]
             TrainMLP train STORE [--steps N] [--every N] [--hidden N] [--kill-at STEP]
      Without "train" it trains twice, kills the second training and resumes it, and compares the two.
      """)
}
