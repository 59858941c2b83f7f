internal import Foundation
internal import Nascent
internal import TensorMemory
internal import VariableGraph

/// Reads a manifest and does what can be done with a graph.
enum ManifestReading {
  /// Variables of more bytes are declared and not filled: a manifest may well ask for more memory than
  /// there is, and then gets an error of the system's.
  private static let filledByteCount = 1 << 16

  static func run(_ bytes: Data) throws {
    let manifest = GraphManifest(registry: .standard)
    let graph = try manifest.graph(from: bytes)
    let fingerprint = graph.fingerprint()
    _ = graph.lints()
    let again = try manifest.graph(from: manifest.data(from: graph))
    guard again.fingerprint() == fingerprint else {
      throw FuzzFinding(description: "a manifest changed on its way out and in")
    }
    for variable in graph.variables.prefix(16) where variable.byteCount <= filledByteCount {
      _ = try graph.explanation(of: variable.name)
      try fill(variable, of: graph)
    }
  }

  private static func fill(_ variable: Variable, of graph: VariableGraph) throws {
    let storage = try TensorStorage(byteCount: variable.byteCount)
    try storage.fill(0..<variable.byteCount) { span in
      try variable.initializer.fill(
        &span, elements: 0..<variable.shape.elementCount, of: graph.fillTarget(for: variable))
    }
  }
}
