#if os(Linux)
  import Testing

  /// Each of SQLite's allocations fails in turn. There are thousands: a process tries one after the other, as
  /// `nascent` would come upon them.
  struct AllocationTests {
    @Test func `an allocation that fails in a new store ends in a clear error`() async throws {
      let result = try await #require(
        processExitsWith: .success, observing: [\.standardOutputContent]
      ) {
        try await AllocationSeries(isPrepared: false).run()
      }
      try AllocationSeries.printOutcome(result.standardOutputContent)
    }

    @Test func `an allocation that fails in a store that is there ends in a clear error`()
      async throws
    {
      let result = try await #require(
        processExitsWith: .success, observing: [\.standardOutputContent]
      ) {
        try await AllocationSeries(isPrepared: true).run()
      }
      try AllocationSeries.printOutcome(result.standardOutputContent)
    }
  }
#endif
