internal import RandomSampling
internal import Tensors

/// Everything that decides a variable's values, with the numbers put in.
public struct VariableExplanation: Sendable {
  /// The variable.
  public let variable: Variable
  /// The name that was asked for, where it is a second name of the variable.
  public let alias: String?
  /// How the initializer comes to its numbers.
  public let initializer: InitializerExplanation
  /// What one element depends on.
  public let locality: Locality
  /// The variables that an expression names.
  public let inputs: [Variable]
  /// Where the random numbers come from: `own seed 7`, `graph seed 42 and the name`.
  public let seedOrigin: String
  /// The generator and what it starts from; `nil` where nothing is drawn.
  public let generator: String?
  /// What is to be looked at.
  public let lints: [GraphLint]
}

extension VariableGraph {
  /// Explains the variable of that full name, or the one that an alias stands for.
  ///
  /// - Throws: `GraphError.Code.unknownVariable`.
  /// - Complexity: O(*n*) in the number of variables, for the lints.
  public func explanation(of name: String) throws -> VariableExplanation {
    let variable = try self.variable(named: name)
    let origin =
      switch variable.initializer.seeding {
      case .none: "none: nothing is drawn"
      case .own(let own): "own seed \(own)"
      case .graph:
        variable.dialect.framework == .pyTorch
          ? "graph seed \(seed) and the place in its one stream" : "graph seed \(seed) and the name"
      }
    var explanation = variable.initializer.explanation(
      for: variable.shape, variable.scalarType, in: variable.dialect)
    if explanation.promise == nil, let promise = variable.promise { explanation.describe(promise) }
    return VariableExplanation(
      variable: variable, alias: NameKey(variable.name) == NameKey(name) ? nil : name,
      initializer: explanation,
      locality: variable.initializer.locality(in: variable.dialect),
      inputs: variable.expression?.variableNames.compactMap { self[$0] } ?? [],
      seedOrigin: origin,
      generator: variable.initializer.seeding == .none
        ? nil : randomSource(for: variable).explanation,
      lints: lints().filter { $0.variables.contains(variable.name) })
  }
}

extension RandomSource {
  /// The generator and what it starts from.
  fileprivate var explanation: String {
    switch self {
    case .philox(let pair):
      "Philox 4×32-10, seed pair (\(pair.first), \(pair.second))"
    case .threefry(let key):
      "Threefry 2×32-20, key (\(key.first), \(key.second))"
    case .mersenneTwister(let state):
      "MT19937, seed \(state.seed) after \(state.drawnWordCount) words"
    }
  }
}

extension VariableExplanation {
  /// Pairs of a heading and a line, for people; a heading may be empty where the line above goes on.
  public var lines: [(heading: String, text: String)] {
    let explained = initializer
    var lines: [(heading: String, text: String)] = [
      (
        "variable",
        "\(variable.name), \(variable.scalarType) \(variable.shape), dialect \(variable.dialect)"
      )
    ]
    if let alias { lines.append(("alias", "\(alias) is a second name of it")) }
    lines.append(
      (
        "initializer",
        "\(variable.initializer.configuration), version \(variable.initializer.version)"
      ))
    if let layout = explained.layout { lines.append(("layout", layout)) }
    if !explained.axes.isEmpty {
      lines.append(("axes", explained.axes.map { "\($0.size) \($0.role)" }.joined(separator: ", ")))
    }
    if let fanIn = explained.fanIn, let fanOut = explained.fanOut {
      lines.append(("fans", "in \(Self.text(fanIn)), out \(Self.text(fanOut))"))
    }
    if let gain = explained.gain { lines.append(("gain", Self.text(gain))) }
    if let distribution = explained.distribution { lines.append(("values", distribution)) }
    if let formula = explained.formula {
      lines.append(("formula", formula.symbols))
      lines.append(("", formula.numbers))
    }
    if let mean = explained.mean, let deviation = explained.standardDeviation {
      lines.append(
        ("target", "mean \(Self.text(mean)), standard deviation \(Self.text(deviation))"))
    }
    if let bounds = explained.bounds {
      lines.append(("bounds", "\(Self.text(bounds.lowerBound)) to \(Self.text(bounds.upperBound))"))
    }
    for (place, input) in inputs.enumerated() {
      lines.append(
        (place == 0 ? "reads" : "", "\(input.name), \(input.scalarType) \(input.shape)"))
    }
    lines.append(("seed", seedOrigin))
    if let generator { lines.append(("generator", generator)) }
    lines.append(("made", locality.sentence))
    for note in explained.notes { lines.append(("note", note)) }
    for lint in lints {
      lines.append((lint.severity.rawValue, "\(lint.code): \(lint.message)"))
      lines.append(("", lint.wayOut))
    }
    return lines
  }

  /// Seven digits at most, without what rounds away.
  private static func text(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e9 { return String(Int(value)) }
    return "\(Float(value))"
  }

  /// As one JSON object.
  public var json: JSONValue {
    let explained = initializer
    func number(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    return [
      "name": .string(variable.name), "alias": text(alias),
      "shape": .array(variable.shape.dimensions.map { .integer(Int64($0)) }),
      "dtype": .string(variable.scalarType.rawValue), "dialect": .string(variable.dialect.name),
      "bytes": .integer(Int64(variable.byteCount)),
      "initializer": variable.initializer.configuration.json,
      "version": .integer(Int64(variable.initializer.version)),
      "layout": text(explained.layout),
      "axes": .array(
        explained.axes.map { ["size": .integer(Int64($0.size)), "role": .string($0.role)] }),
      "fanSource": text(explained.fanSource?.rawValue),
      "fanIn": number(explained.fanIn), "fanOut": number(explained.fanOut),
      "gain": number(explained.gain), "distribution": text(explained.distribution),
      "mean": number(explained.mean), "standardDeviation": number(explained.standardDeviation),
      "lowerBound": number(explained.bounds?.lowerBound),
      "upperBound": number(explained.bounds?.upperBound),
      "formula": text(explained.formula?.symbols), "numbers": text(explained.formula?.numbers),
      "reads": .array(inputs.map { .string($0.name) }),
      "seedOrigin": .string(seedOrigin), "generator": text(generator),
      "locality": .string(locality.rawValue),
      "notes": .array(explained.notes.map { .string($0) }), "lints": .array(lints.map(\.json)),
    ]
  }
}
