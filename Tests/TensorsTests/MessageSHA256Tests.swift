import CTensorKernels
import Crypto
import Testing

/// `nascent_sha256`, with the processor's instructions and without; the cryptographic library is the
/// reference.
struct MessageSHA256Tests {
  private func digest(_ path: nascent_path, _ message: [UInt8]) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    nascent_sha256(path, message, UInt64(message.count), &digest)
    return digest
  }

  @Test(arguments: [NASCENT_PATH_BASELINE, nascent_best_path()])
  func `every length around three blocks has the library's digest`(path: nascent_path) {
    for count in [0...200, 1_048_570...1_048_580].joined() {
      let message = (0..<count).map { UInt8($0 * 7 % 251) }
      #expect(digest(path, message) == Array(SHA256.hash(data: message)), "\(count) bytes")
    }
  }
}
