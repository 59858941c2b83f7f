import ArgumentParser
import Foundation
import Nascent

/// `nascent merge`: the parts of many workers as one store.
struct MergeCommand: WritingCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract:
      "Adds what other stores have of a checkpoint; exit code 1 where something is missing.",
    discussion: """
      In any order, any number of times: what is there already is compared and not copied. Where something is \
      missing, the shares that have it are printed as arguments for `materialize`. Two parts with different \
      values of one variable are refused.

      Examples:
        nascent merge --store out.db part-*.db
        nascent merge --store out.db 'parts/part-*.db' --catalog
      """)

  @Option(help: "The store to merge into; made where there is none.") var store: String
  @Argument(help: "Stores with the same declarations; * and ? in a file's name match characters.")
  var parts: [String]
  @OptionGroup var target: CheckpointOption
  @Flag(help: "Refer to the parts' bytes, which must stay where they are, instead of copying them.")
  var catalog = false
  @Flag(help: "Print one JSON document.") var json = false

  func run() async throws {
    let parts = try PathPattern.expand(parts)
    let store = try CheckpointStore(path: store)
    let report = try await store.merge(
      parts, checkpoint: target.checkpoint, asCatalog: catalog,
      toolVersion: "nascent \(NascentVersion.current)")
    let shares =
      report.missing.isEmpty ? nil : try store.missingShares(after: report, of: target.checkpoint)
    if json {
      Console.print(json: document(report, shares))
    } else {
      printText(report, shares)
    }
    guard report.missing.isEmpty else { throw ExitCode(ExitStatus.no.code) }
  }

  private func printText(_ report: MergeReport, _ shares: [Share]?) {
    Console.print(
      """
      \(report.partCount) parts: \(report.completedCount) values completed, \
      \(Console.bytes(report.byteCount)) copied in \(Console.fixed(report.seconds, 2)) s
      spec fingerprint \(report.specFingerprint)
      content digest   \(report.contentDigest?.hex ?? "none yet: not every variable has a value")
      """)
    guard !report.missing.isEmpty else { return }
    if let shares {
      Console.print("missing: \(shares.count) shares; make them with `nascent materialize` and")
      for share in shares { Console.print("--shard \(share.argument)") }
    } else {
      Console.print(
        "missing: \(report.missing.count) variables; make them with `nascent materialize` and")
      for missing in report.missing { Console.print("--only '\(missing.name)'") }
    }
  }

  private func document(_ report: MergeReport, _ shares: [Share]?) -> JSONValue {
    [
      "checkpoint": .string(target.checkpoint), "parts": .integer(Int64(report.partCount)),
      "completed": .integer(Int64(report.completedCount)),
      "chunks": .integer(Int64(report.chunkCount)), "bytes": .integer(Int64(report.byteCount)),
      "specFingerprint": .string(report.specFingerprint.hex),
      "contentDigest": report.contentDigest.map { .string($0.hex) } ?? .null,
      "missing": .array(
        report.missing.map { missing in
          [
            "name": .string(missing.name), "chunkCount": .integer(Int64(missing.chunkCount)),
            "chunks": .array(
              missing.chunks.map {
                .array([.integer(Int64($0.lowerBound)), .integer(Int64($0.upperBound))])
              }),
          ]
        }),
      "missingShares": shares.map { .array($0.map { .string($0.argument) }) } ?? .null,
      "seconds": .double(report.seconds),
    ]
  }
}

/// Names of files with `*` and `?`, for those who quote them or have more files than a shell takes.
enum PathPattern {
  /// The files that paths and patterns stand for, patterns in the order of names.
  ///
  /// - Throws: `MissingFileError` for a pattern that no file matches.
  static func expand(_ paths: [String]) throws -> [String] {
    try paths.flatMap { path -> [String] in
      let url = URL(filePath: path)
      let name = url.lastPathComponent
      guard name.contains("*") || name.contains("?"), !FileManager.default.fileExists(atPath: path)
      else { return [path] }
      let folder = url.deletingLastPathComponent().path
      let pattern = GlobPattern(name)
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: folder)
      } catch {
        throw MissingFileError(path: path)
      }
      let found = names.filter(pattern.matches).sorted()
      guard !found.isEmpty else { throw MissingFileError(path: path) }
      return found.map { URL(filePath: folder).appending(path: $0).path }
    }
  }
}
