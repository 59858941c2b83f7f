import Foundation
import FuzzTargets
import TestSupport
import Testing

/// Every input that a fuzzing run kept, and every one that once was a finding, is read again.
struct CorpusTests {
  @Test(arguments: FuzzTarget.allCases)
  func `no kept input is a finding`(target: FuzzTarget) throws {
    let folder = ProjectFiles.root.appending(path: "Tests/Fuzz/Corpus/\(target.rawValue)")
    let files = try FileManager.default.contentsOfDirectory(
      at: folder, includingPropertiesForKeys: nil)
    #expect(!files.isEmpty)
    for file in files {
      let bytes = try Data(contentsOf: file)
      #expect(throws: Never.self, "\(file.lastPathComponent)") { try target.run(bytes) }
    }
    print("fuzz: \(target.rawValue), \(files.count) kept inputs read again")
  }
}
