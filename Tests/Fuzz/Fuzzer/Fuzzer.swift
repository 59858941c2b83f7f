import Foundation
import FuzzTargets
import Synchronization

/// The kind of file, once it was asked for.
private let target = Mutex<FuzzTarget?>(nil)

/// libFuzzer's entry: `NASCENT_FUZZ_TARGET` says which kind of file the bytes are read as.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  let chosen = target.withLock { target in
    let name = ProcessInfo.processInfo.environment["NASCENT_FUZZ_TARGET"] ?? ""
    let chosen = target ?? FuzzTarget(rawValue: name)
    target = chosen
    return chosen
  }
  guard let chosen else {
    let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: ", ")
    fatalError("NASCENT_FUZZ_TARGET must be one of \(known)")
  }
  do {
    // libFuzzer lends the bytes until this returns.
    try chosen.run(unsafe Data(UnsafeBufferPointer(start: start, count: count)))
  } catch {
    fatalError("\(error)")
  }
  return 0
}
