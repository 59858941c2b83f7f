import Foundation
import Nascent

/// Reads `--steps 600` and its like.
func training(_ options: ArraySlice<String>) throws -> Training {
  var training = Training()
  var options = options
  while let option = options.popFirst() {
    guard let number = options.popFirst().flatMap({ Int($0) }), number > 0 else {
      throw ExampleError.usage
    }
    switch option {
    case "--steps": training.stepCount = number
    case "--every": training.saveInterval = number
    case "--hidden": training.hiddenCount = number
    case "--kill-at": training.killedAt = number
    default: throw ExampleError.usage
    }
  }
  return training
}

let arguments = Array(CommandLine.arguments.dropFirst())
do {
  if arguments.first == "train" {
    guard arguments.count > 1 else { throw ExampleError.usage }
    let last = try await training(arguments[2...]).run(storePath: arguments[1])
    write(
      "step \(last.step): accuracy \(last.metrics["accuracy"] ?? 0), digest \(last.contentDigest?.hex ?? "none")"
    )
  } else {
    let folder =
      arguments.first.map { URL(filePath: $0) }
      ?? FileManager.default.temporaryDirectory.appending(path: "nascent-train-mlp")
    try Demonstration(folder: folder).run()
  }
} catch {
  FileHandle.standardError.write(Data("\(error)\n".utf8))
  exit(1)
}
