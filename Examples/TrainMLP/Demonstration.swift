import Foundation
import Nascent

/// Shows that a killed and resumed training ends with the weights of an uninterrupted one.
struct Demonstration {
  let folder: URL

  func run() throws {
    try? FileManager.default.removeItem(at: folder)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let whole = folder.appending(path: "whole.db").path
    let killed = folder.appending(path: "killed.db").path

    write("— trained without a break")
    guard try train(whole) == 0 else { throw ExampleError(description: "The training failed.") }
    write("— trained, and killed with SIGKILL at step 333")
    guard try train(killed, "--kill-at", "333") == SIGKILL else {
      throw ExampleError(description: "The training was not killed.")
    }
    write("— the same again")
    guard try train(killed) == 0 else { throw ExampleError(description: "The training failed.") }

    let digests = try [whole, killed].map { path in
      try CheckpointStore(path: path, for: .read).savedCheckpoint(at: .latest).contentDigest?.hex
        ?? "none"
    }
    write("weights of the uninterrupted run: \(digests[0])")
    write("weights of the killed run:        \(digests[1])")
    guard digests[0] == digests[1] else {
      throw ExampleError(description: "The two runs ended with different weights.")
    }
    write("the same, bit for bit")
  }

  /// Runs this program again.
  ///
  /// - Returns: Its exit status, or the signal that ended it.
  private func train(_ storePath: String, _ options: String...) throws -> Int32 {
    let process = Process()
    process.executableURL = Bundle.main.executableURL
    process.arguments = ["train", storePath] + options
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
