import TensorMemory
import Testing

struct MemoryPoolTests {
  @Test func `storages of a pool do not share memory while they live`() throws {
    let pool = MemoryPool(byteCount: 128)
    // More than one slab of 16 MiB has pieces.
    let storages = try (0..<300_000).map { number in
      let storage = try TensorStorage(byteCount: 8, from: pool)
      storage.fill(0..<8) { $0.store(UInt64(number), at: 0) }
      storage.seal()
      return storage
    }
    for (number, storage) in storages.enumerated() {
      #expect(storage.withBytes { $0.value(at: 0, as: UInt64.self) } == UInt64(number))
    }
  }

  @Test func `a storage that is larger than a pool's pieces has memory of its own`() throws {
    let pool = MemoryPool(byteCount: 64)
    let storage = try TensorStorage(byteCount: 1 << 16, from: pool)
    storage.fill(0..<1 << 16) { $0.store(UInt8(9), at: (1 << 16) - 1) }
    storage.seal()
    #expect(storage.withBytes { $0.value(at: (1 << 16) - 1, as: UInt8.self) } == 9)
  }

  @Test func `a storage outlives its pool's owner`() throws {
    var pool: MemoryPool? = MemoryPool(byteCount: 64)
    let storage = try TensorStorage(byteCount: 64, from: pool)
    pool = nil
    storage.fill(0..<64) { $0.store(UInt64(3), at: 56) }
    storage.seal()
    #expect(storage.withBytes { $0.value(at: 56, as: UInt64.self) } == 3)
  }
}
