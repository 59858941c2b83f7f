internal import Tensors
internal import VariableGraph

/// As much of a variable as the rows of its value need.
struct ValueSpec: Sendable {
  let name: String
  let scalarType: ScalarType
  let byteCount: Int

  init(_ variable: Variable) {
    name = variable.name
    scalarType = variable.scalarType
    byteCount = variable.byteCount
  }

  init(_ variable: StoredVariable) {
    name = variable.name
    scalarType = variable.scalarType
    byteCount = variable.byteCount
  }
}
