internal import Foundation
internal import Tensors

/// One variable in which two checkpoints differ.
public struct CheckpointDifference: Sendable {
  /// The name of the variable.
  public let name: String
  /// What differs, in words.
  public let reason: String
  /// The row-major number of the first element that differs, where both have such values.
  public let firstElement: Int?
}

extension CheckpointStore {
  /// The variables in which a checkpoint of this store differs from the same of another.
  ///
  /// Digests are compared first; bytes are read, a chunk at a time, only where digests differ.
  ///
  /// - Throws: `CheckpointError` with the codes `unknownCheckpoint`, `damaged`.
  public func differences(
    from other: CheckpointStore, checkpoint: String = "initial"
  ) throws -> [CheckpointDifference] {
    let left = try variables(in: checkpoint)
    let right = try other.variables(in: checkpoint)
    let byName = Dictionary(right.map { ($0.name, $0) }) { first, _ in first }
    var differences: [CheckpointDifference] = []
    func add(_ name: String, _ reason: String, _ element: Int? = nil) {
      differences.append(
        CheckpointDifference(name: name, reason: reason, firstElement: element))
    }
    for variable in left {
      guard let match = byName[variable.name] else {
        add(variable.name, "only in \(path)")
        continue
      }
      if variable.aliasOf != match.aliasOf {
        let names = [variable, match].map { $0.aliasOf.map { "alias of \($0)" } ?? "a variable" }
        add(variable.name, "\(names[0]) and \(names[1])")
      } else if variable.shape != match.shape {
        add(variable.name, "shapes are \(variable.shape) and \(match.shape)")
      } else if variable.scalarType != match.scalarType {
        add(variable.name, "dtypes are \(variable.scalarType) and \(match.scalarType)")
      } else if variable.digest != match.digest {
        try addValues(variable, match, other, checkpoint, add)
      }
    }
    let names = Set(left.map(\.name))
    for variable in right where !names.contains(variable.name) {
      add(variable.name, "only in \(other.path)")
    }
    return differences
  }

  private func addValues(
    _ variable: StoredVariable, _ match: StoredVariable, _ other: CheckpointStore,
    _ checkpoint: String, _ add: (String, String, Int?) -> Void
  ) throws {
    guard variable.isMaterialized, match.isMaterialized else {
      let states = [variable, match].map { $0.digest == nil ? "declared" : "made" }
      let reason =
        states[0] == states[1]
        ? "digests differ" : "\(states[0]) and \(states[1])"
      return add(variable.name, reason, nil)
    }
    let step = Chunking.chunkByteCount / variable.scalarType.byteCount
    for lower in stride(from: 0, to: variable.shape.elementCount, by: step) {
      let range = lower..<min(lower + step, variable.shape.elementCount)
      let left = try tensor(of: variable, elements: range, checkpoint: checkpoint)
      let right = try other.tensor(of: match, elements: range, checkpoint: checkpoint)
      let width = variable.scalarType.byteCount
      let bytes = (left.data(), right.data())
      guard bytes.0 != bytes.1 else { continue }
      let place = zip(bytes.0, bytes.1).enumerated().first { $0.element.0 != $0.element.1 }
      let element = (place?.offset ?? 0) / width
      let values = [left, right].map {
        $0.withBytes { bytes in
          Tensor.element(of: bytes, at: element, variable.scalarType)
        }
      }
      return add(
        variable.name, "element \(lower + element) is \(values[0]) and \(values[1])",
        lower + element)
    }
  }
}
