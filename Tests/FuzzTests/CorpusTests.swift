import Dispatch
import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Every input that a fuzzing run kept, and every one that once was a finding, is read again.
struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases)
  func `no kept input is a finding`(target: FuzzTarget) async throws {
    let folder = ProjectFiles.root.appending(path: "Tests/Fuzz/Corpus/\(target.rawValue)")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let bytes = try Data(contentsOf: file)
      await #expect(throws: Never.self, "\(file.lastPathComponent)") {
        try await run(target, bytes)
      }
    }
    print("fuzz: \(target.rawValue), \(files.count) kept inputs read again")
  }

  /// A target waits for tasks, which is nothing for a thread that tasks need.
  private func run(_ target: FuzzTarget, _ bytes: Data) async throws {
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try target.run(bytes) })
      }
    }
  }
}
