public import Foundation

/// A folder of a test's own, removed with the last reference to it.
public final class TemporaryFolder: Sendable {
  // A class, because its end removes the folder.
  /// The folder.
  public let url: URL

  /// Makes one with its usual parameters.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "nascent-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit {
    // What cannot be removed is left to the system's own cleaning.
    try? FileManager.default.removeItem(at: url)
  }

  /// The path of a file in the folder.
  public func path(_ name: String) -> String { url.appending(path: name).path }
}
