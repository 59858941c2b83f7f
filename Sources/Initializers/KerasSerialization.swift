public import VariableGraph

extension InitializerConfiguration {
  /// The config object as `keras.initializers.serialize` writes it, for a class of Keras; `nil` for
  /// other initializers.
  ///
  ///     {"module": "keras.initializers", "class_name": "HeUniform",
  ///      "config": {"seed": 7, "input_axes": null, "output_axes": null}, "registered_name": null}
  ///
  /// Keras itself leaves out the gain of `Identity`; here it is written where it is not 1, so that it
  /// is not lost.
  public var kerasObject: JSONValue? {
    guard KerasClass.names.contains(className) else { return nil }
    var config = config
    if KerasClass.withAxes.contains(className) {
      for name in ["input_axes", "output_axes"] where config[name] == nil { config[name] = .null }
    }
    if className == "Identity", config["gain"] == .double(1) { config["gain"] = nil }
    return [
      "module": "keras.initializers", "class_name": .string(className),
      "config": .object(config), "registered_name": .null,
    ]
  }
}

/// The classes of `keras.initializers`.
enum KerasClass {
  /// All that this library makes.
  static let names: Set = withAxes.union([
    "Zeros", "Ones", "Constant", "Identity", "Orthogonal", "RandomUniform", "RandomNormal",
    "TruncatedNormal", "STFT",
  ])

  /// Those whose config has `input_axes` and `output_axes`.
  static let withAxes: Set = [
    "VarianceScaling", "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform",
    "LecunNormal",
  ]
}
