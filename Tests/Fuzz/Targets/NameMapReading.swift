internal import Foundation
internal import Nascent

/// Reads a map of names and applies it, both ways.
enum NameMapReading {
  private static let names = ["wte.weight", "h.0.attn.w", "h.1.attn.w", "a", "b/c", "é", "*"]

  static func run(_ bytes: Data) throws {
    var errors: [any Error] = []
    for isInverted in [false, true] {
      do {
        let map = try FileNameMap(parsing: bytes, isInverted: isInverted)
        let found = try map.applied(to: names)
        guard Set(found).count == names.count else {
          throw FuzzFinding(description: "two names became one: \(found)")
        }
      } catch {
        errors.append(error)
      }
    }
    if let error = errors.first(where: { !FuzzFinding.isExpected($0) }) ?? errors.first {
      throw error
    }
  }
}
