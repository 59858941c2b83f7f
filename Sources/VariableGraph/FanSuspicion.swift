internal import Tensors

/// Why a weight may have other fans than its shape says, from what its declaration tells: metadata, and
/// names that models have for such weights. It decides no value; lints ask it.
struct FanSuspicion {
  /// Continues the sentence `"name" of shape [...]`.
  let reason: String
  /// A layout that would say it.
  let layout: String

  init?(_ variable: Variable) {
    let sizes = variable.shape.dimensions
    // Most shapes are not to be suspected, whatever the name is.
    func isNamed(_ word: String) -> Bool { Self.contains(variable.name, word) }
    if case .integer(let groups)? = variable.metadata["groups"], groups > 1 {
      self.init(
        reason: "has \(groups) groups by its metadata",
        layout: #"{"name": "oihw", "groups": \#(groups)}"#)
    } else if let layout = variable.metadata["layout"], layout != .null {
      self.init(
        reason: "has the layout \(layout.canonicalText) in its metadata, which no fan follows",
        layout: layout.canonicalText)
    } else if sizes.count >= 3, isNamed("depthwise") || Self.kind(variable) == "depthwise" {
      self.init(reason: "looks like a depthwise kernel", layout: #""depthwise_hwim""#)
    } else if sizes.count == 3, isNamed("expert") {
      self.init(reason: "looks like stacked experts", layout: #""experts_in_out""#)
    } else if sizes.count == 2, sizes[0] > 0,
      sizes[0] / 3 == sizes[1] && sizes[0] % 3 == 0
        || sizes[1] / 3 == sizes[0] && sizes[1] % 3 == 0,
      let names = Self.packedNames.first(where: isNamed)
    {
      let order = sizes[0] > sizes[1] ? "out_in" : "in_out"
      self.init(
        reason: "looks like three weights in one (\(names))",
        layout: #"{"name": "\#(order)", "packed": 3}"#)
    } else {
      return nil
    }
  }

  /// How the fans can be said to an initializer; functions of frameworks have no layouts.
  func wayOut(for initializer: some Initializer) -> String {
    switch initializer.dialect?.framework {
    case .jax:
      "Give in_axis, out_axis and batch_axis, or use VarianceScaling with the layout \(layout)."
    case .pyTorch:
      "Use VarianceScaling with the layout \(layout), or declare the parts as weights of their own."
    default: "Declare the layout, such as \(layout), in the initializer's config."
    }
  }

  private init(reason: String, layout: String) {
    self.reason = reason
    self.layout = layout
  }

  /// Names of packed query, key and value weights in GPT-2, PyTorch, BLOOM, GPT-NeoX and ViT.
  private static let packedNames = [
    "c_attn", "in_proj_weight", "query_key_value", "qkv", "wqkv", "to_qkv", "attn_qkv",
  ]

  /// True where a name has a word of small letters in it, whatever the case is of the name's own.
  private static func contains(_ name: String, _ word: String) -> Bool {
    let name = Array(name.utf8)
    let word = Array(word.utf8)
    guard name.count >= word.count else { return false }
    return (0...name.count - word.count).contains { start in
      word.indices.allSatisfy { place in
        let byte = name[start + place]
        return (0x41...0x5A ~= byte ? byte | 0x20 : byte) == word[place]
      }
    }
  }

  private static func kind(_ variable: Variable) -> String? {
    guard case .string(let kind)? = variable.metadata["kind"] else { return nil }
    return kind.lowercased()
  }
}
