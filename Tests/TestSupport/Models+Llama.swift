internal import Foundation
public import Nascent

extension Models {
  /// The variables of Llama 3.1 70B by their names and shapes: 70,553,706,496 elements, 282 GB.
  public static func llama70B(seed: Int64 = 42) throws -> VariableGraph {
    let (width, inner, keys, vocabulary) = (8192, 28672, 1024, 128_256)
    var graph = VariableGraph(seed: seed, separator: ".")
    let normal = RandomNormalInitializer(mean: 0, standardDeviation: 0.02)
    try graph.declare(
      "model.embed_tokens.weight", shape: [vocabulary, width], initializer: normal)
    for layer in 0..<80 {
      try graph.scope("model.layers.\(layer)") { graph in
        for (name, shape) in [
          ("self_attn.q_proj.weight", [width, width]), ("self_attn.k_proj.weight", [keys, width]),
          ("self_attn.v_proj.weight", [keys, width]), ("self_attn.o_proj.weight", [width, width]),
          ("mlp.gate_proj.weight", [inner, width]), ("mlp.up_proj.weight", [inner, width]),
          ("mlp.down_proj.weight", [width, inner]),
        ] {
          try graph.declare(name, shape: shape, initializer: normal)
        }
        for name in ["input_layernorm.weight", "post_attention_layernorm.weight"] {
          try graph.declare(name, shape: [width], initializer: .ones)
        }
      }
    }
    try graph.declare("model.norm.weight", shape: [width], initializer: .ones)
    try graph.declare("lm_head.weight", shape: [vocabulary, width], initializer: normal)
    return graph
  }

  /// The graphs of `Examples/models`, by the names of their files.
  public static func real() throws -> [(name: String, graph: VariableGraph)] {
    let folder = ProjectFiles.root.appending(path: "Examples/models")
    let manifest = GraphManifest(registry: .standard)
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
      (name, try manifest.graph(from: Data(contentsOf: folder.appending(path: name))))
    }
  }
}
