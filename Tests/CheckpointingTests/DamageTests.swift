import Dispatch
import Foundation
import FuzzTargets
import Nascent
import Synchronization
import TestSupport
import Testing

/// Damage to a store's file: everything is read as it was stored, or refused.
@Suite(.serialized)
struct DamageTests: Sendable {
  /// What damage came to.
  private struct Counts {
    var tried = 0
    /// Refused with the variable and the chunk named.
    var locatedCount = 0
    /// Refused with the file's, a table's or a declaration's damage named.
    var refusedCount = 0
    /// Read as it was stored; but `verify` finds that the file is not.
    var verifiedCount = 0
    /// All is as it was.
    var harmlessCount = 0
    /// Something that nothing binds is another.
    var unboundCount = 0
    var failures: [String] = []

    var line: String {
      """
      tried \(tried), refused \(locatedCount + refusedCount) (\(locatedCount) with variable and chunk), \
      found by verify alone \(verifiedCount), harmless \(harmlessCount), \
      in what nothing binds \(unboundCount), lost \(failures.count)
      """
    }
  }

  private let store: DamagedStore
  private let facts: StoreFacts

  init() async throws {
    store = try await DamagedStore()
    let copy = try store.copy("whole.db")
    facts = Self.read(copy.path)
    try #require(facts.refusals.isEmpty && facts.findings.isEmpty)
    // Everything was read: eight values, one alone, none, and seven with the large one's left out.
    try #require(facts.bound.keys.count { $0.hasPrefix("value of") } == 16)
  }

  private static func read(_ path: String) -> StoreFacts {
    StoreFacts(
      ofStore: path, checkpoints: DamagedStore.checkpoints, isExpected: FuzzFinding.isExpected)
  }

  private func judge(_ path: String, _ what: String, _ counts: borrowing Mutex<Counts>) {
    let found = Self.read(path)
    let changed = found.changed(from: facts, \.bound)
    let isUnboundChanged = !found.changed(from: facts, \.unbound).isEmpty
    let refusals = found.refusals
    var isFoundByVerify = false
    if refusals.isEmpty, !isUnboundChanged {
      // The large value was just read whole.
      let report = try? CheckpointStore(path: path, for: .read).verify("initial") {
        $0.byteCount < 1 << 20
      }
      isFoundByVerify = report?.isIntact != true
    }
    counts.withLock { counts in
      counts.tried += 1
      if !changed.isEmpty || !found.findings.isEmpty {
        counts.failures.append("\(what): \(changed + found.findings)")
      } else if refusals.contains(where: { $0.contains("chunk") && $0.contains("of variable") }) {
        counts.locatedCount += 1
      } else if !refusals.isEmpty {
        counts.refusedCount += 1
      } else if isUnboundChanged {
        counts.unboundCount += 1
      } else if isFoundByVerify {
        counts.verifiedCount += 1
      } else {
        counts.harmlessCount += 1
      }
    }
  }

  /// Tries bits on all cores, each core on a file of its own.
  private func flip(_ places: [(offset: Int, bit: Int)]) throws -> Counts {
    let counts = Mutex(Counts())
    let workerCount = ProcessInfo.processInfo.activeProcessorCount
    DispatchQueue.concurrentPerform(iterations: workerCount) { worker in
      do {
        let copy = try store.copy("copy-\(worker).db")
        for place in stride(from: worker, to: places.count, by: workerCount) {
          let (offset, bit) = places[place]
          let byte = store.bytes[offset]
          try copy.put(byte ^ 1 << UInt8(bit), at: offset)
          judge(copy.path, "bit \(bit) of byte \(offset)", counts)
          try copy.put(byte, at: offset)
        }
      } catch {
        counts.withLock { $0.failures.append("\(error)") }
      }
    }
    return counts.withLock { $0 }
  }

  @Test func `ten thousand flipped bits anywhere change nothing unseen`() throws {
    var generator = SeededGenerator(state: 10_000)
    let counts = try flip(
      (0..<10_000).map { _ in
        (
          Int.random(in: 0..<store.bytes.count, using: &generator),
          Int.random(in: 0..<8, using: &generator)
        )
      })
    print("damage: a flipped bit anywhere in \(store.bytes.count) bytes; \(counts.line)")
    #expect(counts.failures.prefix(5) == [])
    #expect(counts.tried == 10_000 && counts.locatedCount > 1000 && counts.refusedCount > 0)
  }

  @Test func `flipped bits of declarations, digests and indexes change nothing unseen`() throws {
    // Where bytes are not zero, outside of the tensors: most of the file is one or the other.
    let table = try #require(longestNoise())
    let used = store.bytes.indices.filter { store.bytes[$0] != 0 && !table.contains($0) }
    var generator = SeededGenerator(state: 2000)
    let counts = try flip(
      (0..<2000).map { _ in
        (
          used[Int.random(in: 0..<used.count, using: &generator)],
          Int.random(in: 0..<8, using: &generator)
        )
      })
    print("damage: a flipped bit in one of \(used.count) bytes of rows; \(counts.line)")
    #expect(counts.failures.prefix(5) == [])
    #expect(counts.tried == 2000 && counts.refusedCount + counts.locatedCount > 1000)
  }

  /// Where the largest tensor lies: pages in which much is used, one after another.
  private func longestNoise() -> Range<Int>? {
    let page = 65536
    let full = stride(from: 0, to: store.bytes.count, by: page).filter { start in
      store.bytes[start..<start + page].count { $0 == 0 } < page * 2 / 3
    }
    guard let first = full.first, let last = full.last else { return nil }
    return first..<last + page
  }

  @Test func `a file that is cut at a page's boundary is refused`() throws {
    let counts = Mutex(Counts())
    let copy = try store.copy("cut.db")
    let pages = store.bytes.count / 65536
    for count in (0..<pages).reversed() {
      try copy.cut(to: count * 65536)
      judge(copy.path, "cut to \(count) pages", counts)
    }
    let found = counts.withLock { $0 }
    print("damage: a file cut at each of its \(pages) pages; \(found.line)")
    #expect(found.failures == [])
    #expect(found.tried == pages && found.locatedCount + found.refusedCount == pages)
  }
}
