import Foundation
import Nascent
import TestSupport
import Testing

/// The whole messages of what can be wrong with parts.
struct PartErrorTests {
  private let folder: TemporaryFolder
  private let part: String
  private let merged: String

  init() async throws {
    folder = try TemporaryFolder()
    part = folder.path("part.db")
    merged = folder.path("merged.db")
    try await make(part, share: Share(index: 0, of: 2))
  }

  /// A variable of three chunks, of which the first share has two.
  private func make(
    _ path: String, share: Share? = nil, seed: Int64 = 1, isRecipe: Bool = false,
    policy: ExistingPolicy = .skip
  ) async throws {
    var graph = VariableGraph(seed: seed)
    try graph.declare("w", shape: [3 << 18], initializer: .uniform())
    _ = try await Runtime(graph: graph, store: CheckpointStore(path: path))
      .materialize(share: share, policy: policy, isRecipe: isRecipe)
  }

  private func message(
    merging path: String, checkpoint: String = "initial", asCatalog: Bool = false
  ) async throws -> String? {
    let store = try CheckpointStore(path: merged)
    do {
      _ = try await store.merge([path], checkpoint: checkpoint, asCatalog: asCatalog)
      return nil
    } catch let error as CheckpointError {
      return error.message
    }
  }

  @Test func `another graph and another checkpoint are named`() async throws {
    #expect(try await message(merging: part) == nil)
    let other = folder.path("other.db")
    try await make(other, seed: 2)
    let prints = try [part, other].map {
      try CheckpointStore(path: $0, for: .read).checkpoint(named: "initial").specFingerprint
    }
    #expect(
      try await message(merging: other) == """
        Part "\(other)" is of another graph: checkpoint "initial" has the spec fingerprint \(prints[1]), \
        expected \(prints[0]).
        Make the part from the same manifest, seed and dialect, or leave it out.
        """)
    #expect(
      try await message(merging: part, checkpoint: "step-1") == """
        Part "\(part)" has no checkpoint "step-1"; it has initial.
        Choose one of these with --checkpoint, or leave the part out.
        """)
  }

  @Test func `parts that differ, are damaged or mixed are named`() async throws {
    #expect(try await message(merging: part) == nil)
    let copy = folder.path("copy.db")
    try FileManager.default.copyItem(atPath: part, toPath: copy)
    let file = StoreFile(path: copy)
    try file.changeSealed("UPDATE chunk SET sha256 = zeroblob(32) WHERE number = 1")
    #expect(
      try await message(merging: copy) == """
        Part "\(copy)" has another value for chunk 1 of variable "w" than "\(merged)" has from the parts \
        before; nothing of this value was merged.
        One of them was made by another program or is damaged: `nascent verify PART --level regenerate` \
        says which.
        """)
    let recipe = folder.path("recipe.db")
    try await make(recipe, share: Share(index: 1, of: 2), isRecipe: true)
    #expect(
      try await message(merging: recipe) == """
        Part "\(recipe)" has digests of chunks of variable "w", and the parts before have bytes.
        The parts of one store have all bytes, or all digests: make this part's share again without \
        --recipe-only into a new file and merge that, or merge this part into another store.
        """)
    let last = folder.path("last.db")
    try await make(last, share: Share(index: 1, of: 2))
    let expected = try CheckpointStore(path: last, for: .read)
    #expect(try expected.verify().isIntact)
    try StoreFile(path: last).change("UPDATE block SET bytes = zeroblob(length(bytes))")
    let damage = try #require(CheckpointStore(path: last, for: .read).verify().damages.first)
    #expect(
      try await message(merging: last) == """
        Part "\(last)" is damaged: \(damage).
        Make the share again, and merge again: what was merged before stays.
        """)
  }

  @Test func `a catalog says which part is gone, and is no part of another catalog`() async throws {
    let whole = folder.path("whole.db")
    try await make(whole)
    #expect(try await message(merging: whole, asCatalog: true) == nil)
    let outer = try CheckpointStore(path: folder.path("outer.db"))
    let refused = await #expect(throws: CheckpointError.self) {
      try await outer.merge([merged], asCatalog: true)
    }
    #expect(
      refused?.message == """
        Part "\(merged)" is a catalog, which has no bytes of its own to refer to.
        Give the parts that it refers to, or merge without --catalog.
        """)
    try FileManager.default.removeItem(atPath: whole)
    let lost = #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: merged, for: .read).tensor(named: "w")
    }
    #expect(lost?.message.hasPrefix("Part \"") == true)
    #expect(
      lost?.message.hasSuffix(
        """
        /whole.db" of this catalog cannot be read: there is no such file.
        Put the file back where it was, or merge the parts again.
        """) == true)
    try FileManager.default.createDirectory(atPath: whole, withIntermediateDirectories: false)
    let odd = #expect(throws: CheckpointError.self) {
      try CheckpointStore(path: merged, for: .read).tensor(named: "w")
    }
    #expect(odd?.message.contains("cannot be read: it is no regular file.") == true)
  }
}
