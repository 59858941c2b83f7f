extension JSONValue {
  /// The numbers inside a wrapper that Keras writes around arrays and tensors,
  /// `{"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float64"}}`; any other
  /// value as it stands.
  public var unwrapped: JSONValue {
    guard case .object(let members) = self, case .string(let name)? = members["class_name"],
      ["__numpy__", "__tensor__"].contains(name), case .object(let config)? = members["config"],
      let value = config["value"]
    else { return self }
    return value
  }

  /// The seed of a nested `SeedGenerator`, null where it has none; any other value as it stands.
  var seedOfGenerator: JSONValue {
    guard case .object(let members) = self, members["class_name"] == "SeedGenerator",
      case .object(let config)? = members["config"]
    else { return self }
    return config["seed"] ?? .null
  }
}
