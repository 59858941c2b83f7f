internal import Store
internal import Tensors
internal import VariableGraph

/// The distinct declarations of a checkpoint, apart from names: what variables of one kind share.
struct SpecTable {
  private struct Key: Hashable {
    let initializer: JSONValue
    let shape: Shape
    let scalarType: ScalarType
    let dialect: String
  }

  /// Each declaration as the page gets it.
  private(set) var json: [JSONValue] = []
  private var places: [Key: Int] = [:]
  private var promises: [ValueDistribution?] = []
  private let registry: InitializerRegistry

  init(registry: InitializerRegistry) { self.registry = registry }

  /// The number of a variable's declaration, and what it promises.
  mutating func add(_ variable: StoredVariable) -> (place: Int, promise: ValueDistribution?) {
    let key = Key(
      initializer: variable.initializer, shape: variable.shape, scalarType: variable.scalarType,
      dialect: variable.dialect)
    if let place = places[key] { return (place, promises[place]) }
    let place = json.count
    places[key] = place
    let explanation = explanation(of: variable)
    promises.append(explanation?.promise)
    json.append(Self.json(variable, explanation))
    return (place, explanation?.promise)
  }

  /// How the values come about; `nil` for an initializer that is not known here, such as one of the
  /// program that wrote the store.
  private func explanation(of variable: StoredVariable) -> InitializerExplanation? {
    guard let dialect = try? Dialect(named: variable.dialect),
      let initializer = try? registry.initializer(variable.initializer)
    else { return nil }
    let used = initializer.dialect ?? dialect
    // A declaration of a store that somebody else wrote need not be one that could be declared.
    guard
      (try? initializer.validate(variable.shape, variable.scalarType, in: used)) != nil
    else { return nil }
    var explanation = initializer.explanation(
      for: variable.shape, variable.scalarType, in: used)
    if explanation.promise == nil,
      let promise = initializer.promise(for: variable.shape, variable.scalarType, in: used)
    {
      explanation.describe(promise)
    }
    return explanation
  }

  private static func json(
    _ variable: StoredVariable, _ explained: InitializerExplanation?
  ) -> JSONValue {
    let number: (Double?) -> JSONValue = ReportNumber.json
    let text: (String?) -> JSONValue = ReportNumber.json
    return [
      "initializer": .string(callText(variable.initializer)),
      "dialect": .string(variable.dialect), "layout": text(explained?.layout),
      "axes": .array(
        (explained?.axes ?? []).map { .string("\($0.size) \($0.role)") }),
      "fanIn": number(explained?.fanIn), "fanOut": number(explained?.fanOut),
      "gain": number(explained?.gain), "distribution": text(explained?.distribution),
      "formula": text(explained?.formula?.symbols), "numbers": text(explained?.formula?.numbers),
      "mean": number(explained?.mean), "deviation": number(explained?.standardDeviation),
      "low": number(explained?.bounds?.lowerBound), "high": number(explained?.bounds?.upperBound),
      "skew": number(explained?.promise?.skew),
      "kurtosis": number(explained?.promise?.excessKurtosis),
      "notes": .array((explained?.notes ?? []).map(JSONValue.string)),
    ]
  }

  /// A config object as a call: `HeUniform(seed=7)`.
  static func callText(_ initializer: JSONValue) -> String {
    guard case .object(let members) = initializer,
      case .string(let className)? = members["class_name"]
    else { return initializer.canonicalText }
    guard case .object(let config) = members["config"] ?? [:] else { return className }
    return InitializerConfiguration(className: className, config: config).description
  }
}
