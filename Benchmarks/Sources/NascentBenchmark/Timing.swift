import Foundation

/// The times of one piece of work, printed as one line of JSON for `run.py`.
struct Timing: Encodable {
  let seconds: [Double]
  var bytes: Int?

  /// Does work once to warm up, then `runs` times against the clock.
  static func measure(
    runs: Int, bytes: Int? = nil, prepare: () throws -> Void = {}, _ work: () async throws -> Void
  ) async throws -> Timing {
    var seconds: [Double] = []
    for run in 0...runs {
      try prepare()
      let clock = ContinuousClock()
      let start = clock.now
      try await work()
      let time = (clock.now - start).components
      if run > 0 { seconds.append(Double(time.seconds) + Double(time.attoseconds) * 1e-18) }
    }
    return Timing(seconds: seconds, bytes: bytes)
  }

  func print() throws {
    Swift.print(String(decoding: try JSONEncoder().encode(self), as: UTF8.self))
  }
}
