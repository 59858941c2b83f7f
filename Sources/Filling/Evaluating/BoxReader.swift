internal import TensorMemory
internal import Tensors
internal import VariableGraph

/// Makes boxes of elements of steps, from held values and from what initializers give.
///
/// Every element is made by the same operations in the same order, whatever the box.
struct BoxReader: Sendable {
  let graph: VariableGraph
  let nodes: [EvaluationNode]
  let held: [Int: HeldValue]
  private let targets: [Int: FillTarget]

  /// - Parameter held: The values that the plan holds, as far as they are made.
  init(_ graph: VariableGraph, _ plan: EvaluationPlan, held: [Int: HeldValue]) {
    self.graph = graph
    self.held = held
    nodes = plan.nodes
    targets = plan.targets
  }

  /// Lets the initializer of a variable write some of its elements.
  func fill(
    _ number: Int, _ index: Int, _ range: Range<Int>, into span: inout MutableRawSpan
  ) throws {
    guard let target = targets[number] else {
      preconditionFailure("a plan has the targets of all variables that it reads")
    }
    try graph.variables[index].initializer.fill(&span, elements: range, of: target)
  }

  /// Writes elements `range` of a step, row-major, to all of `span`.
  func read(_ number: Int, elements range: Range<Int>, into span: inout MutableRawSpan) throws {
    let node = nodes[number]
    let width = node.scalarType.byteCount
    if isFlat(number) { return try readFlat(number, range, into: &span) }
    var offset = 0
    for box in Box.boxes(of: range, in: node.dimensions) {
      let byteCount = box.elementCount * width
      try span.withPart(offset..<offset + byteCount) { try read(number, box, into: &$0) }
      offset += byteCount
    }
  }

  /// Writes the elements of a box of a step, row-major, to all of `span`.
  private func read(_ number: Int, _ box: Box, into span: inout MutableRawSpan) throws {
    let node = nodes[number]
    guard span.byteCount > 0 else { return }
    if isFlat(number) { return try readFlat(number, node.dimensions, box, into: &span) }
    let element = node.scalarType.measurable
    switch node.kind {
    case .combine(let combination, let inputs):
      try read(inputs[0], box, into: &span)
      for input in inputs.dropFirst() {
        try withScratch(span.byteCount) { scratch in
          try read(input, box, into: &scratch)
          ElementKernels.combine(&span, combination, scratch.bytes, as: element)
        }
      }
    case .scale(let factor, let input):
      try read(input, box, into: &span)
      ElementKernels.scale(&span, by: factor, as: element)
    case .negate(let input):
      try read(input, box, into: &span)
      ElementKernels.negate(&span, as: element)
    case .squareRoot(let input):
      try read(input, box, into: &span)
      ElementKernels.squareRoot(&span, as: element)
    case .cast(let input):
      let source = nodes[input].scalarType
      try withScratch(box.elementCount * source.byteCount) { scratch in
        try read(input, box, into: &scratch)
        try cast(scratch.bytes, source, to: &span, node.scalarType)
      }
    case .reshape(let input):
      try readBlocks(of: box, in: node.dimensions, node.scalarType.byteCount, into: &span) {
        try read(input, elements: $0, into: &$1)
      }
    case .view(let view, let input): try read(view, input, box, into: &span)
    case .concatenate(let axis, let inputs):
      try read(concatenated: inputs, axis, box, into: &span)
    case .variable, .constant, .norm, .product, .factors, .factor:
      preconditionFailure("elements that lie one after another are read as such")
    }
  }

  /// True where elements lie one after another or are made so, in any shape.
  private func isFlat(_ number: Int) -> Bool {
    if held[number] != nil { return true }
    switch nodes[number].kind {
    case .variable, .constant, .factor: return true
    case .reshape(let input): return isFlat(input)
    default: return false
    }
  }

  /// Elements `range` of a step whose elements lie one after another.
  private func readFlat(
    _ number: Int, _ range: Range<Int>, into span: inout MutableRawSpan
  ) throws {
    let node = nodes[number]
    let width = node.scalarType.byteCount
    func copy(_ bytes: RawSpan, _ span: inout MutableRawSpan) {
      BoxCopy([(range.count, 1, 1)]).copy(
        from: bytes, sourceOffset: range.lowerBound, to: &span, width: width)
    }
    if let value = held[number] {
      return value.tensors[0].withBytes { copy($0, &span) }
    }
    switch node.kind {
    case .variable(let index): try fill(number, index, range, into: &span)
    case .constant(let bytes): bytes.withRawSpan { copy($0, &span) }
    case .factor(let place, let factors):
      guard let value = held[factors] else {
        preconditionFailure("a decomposition is made before its factors are read")
      }
      value.tensors[place].withBytes { copy($0, &span) }
    case .reshape(let input): try readFlat(input, range, into: &span)
    default: preconditionFailure("only these steps have elements one after another")
    }
  }

  private func readFlat(
    _ number: Int, _ dimensions: [Int], _ box: Box, into span: inout MutableRawSpan
  ) throws {
    try readBlocks(
      of: box, in: dimensions, nodes[number].scalarType.byteCount, into: &span
    ) { try readFlat(number, $0, into: &$1) }
  }

  private func read(
    _ view: AxisView, _ input: Int, _ box: Box, into span: inout MutableRawSpan
  ) throws {
    let behind = view.box(behind: box)
    if view.keepsOrder(of: box) { return try read(input, behind, into: &span) }
    let width = nodes[input].scalarType.byteCount
    let strides = behind.strides
    let copy = BoxCopy(
      zip(zip(box.axes, view.sources), box.strides).map { axis, stride in
        (axis.0.count, axis.1.map { strides[$0.axis] } ?? 0, stride)
      })
    try withScratch(behind.elementCount * width) { scratch in
      try read(input, behind, into: &scratch)
      copy.copy(from: scratch.bytes, to: &span, width: width)
    }
  }

  private func read(
    concatenated inputs: [Int], _ axis: Int, _ box: Box, into span: inout MutableRawSpan
  ) throws {
    let places = box.axes[axis]
    let strides = box.strides
    let width = nodes[inputs[0]].scalarType.byteCount
    let isOutermost = box.axes[..<axis].allSatisfy { $0.count == 1 }
    var start = 0
    for input in inputs {
      let size = nodes[input].dimensions[axis]
      defer { start += size }
      // The first of the asked places that is not before the part, and the first behind it.
      let first = min(places.firstIndex(notBefore: start), places.count)
      let end = min(places.firstIndex(notBefore: start + size), places.count)
      guard first < end else { continue }
      var axes = box.axes
      axes[axis] = Places(
        start: places.start + first * places.step - start, count: end - first, step: places.step)
      let part = Box(axes)
      if isOutermost {
        let lower = first * strides[axis] * width
        try span.withPart(lower..<lower + part.elementCount * width) {
          try read(input, part, into: &$0)
        }
      } else {
        let copy = BoxCopy(
          zip(axes, zip(part.strides, strides)).map { ($0.count, $1.0, $1.1) })
        try withScratch(part.elementCount * width) { scratch in
          try read(input, part, into: &scratch)
          copy.copy(
            from: scratch.bytes, to: &span, targetOffset: first * strides[axis], width: width)
        }
      }
    }
  }

  private func cast(
    _ source: RawSpan, _ type: ScalarType, to target: inout MutableRawSpan, _ other: ScalarType
  ) throws {
    if other == .bool {
      ElementKernels.convertToBool(source, as: type.measurable, to: &target)
    } else if let place = ElementKernels.convert(
      source, as: type.measurable, to: &target, as: other.measurable)
    {
      throw EvaluationError.notRepresentable(
        ScalarCoding.double(in: source, at: place, as: type), other)
    }
  }
}

extension Places {
  /// The number of places before `bound`.
  fileprivate func firstIndex(notBefore bound: Int) -> Int {
    bound <= start ? 0 : (bound - start + step - 1) / step
  }
}

/// Lets `body` use memory for a while.
func withScratch<Result>(
  _ byteCount: Int, _ body: (inout MutableRawSpan) throws -> Result
) rethrows -> Result {
  var scratch = [UInt8](repeating: 0, count: byteCount)
  return try scratch.withMutableRawSpan(body)
}
