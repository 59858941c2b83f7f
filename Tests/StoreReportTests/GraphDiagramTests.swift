import Nascent
import StoreReport
import TestSupport
import Testing

/// Graphs as text for other programs.
struct GraphDiagramTests {
  private func graph() throws -> VariableGraph {
    var graph = VariableGraph()
    try graph.declare("layer.0/kernel", shape: [4, 3], initializer: .heUniform(seed: 1))
    try graph.declare("layer.0/twin", as: .transpose("layer.0/kernel"))
    try graph.declare("sca\"lar\\", shape: [], initializer: .zeros)
    try graph.tie("head", to: "layer.0/kernel")
    return graph
  }

  @Test func `Graphviz gets clusters, nodes and edges`() throws {
    let text = GraphDiagram(of: try graph()).text(as: .dot)
    let body = text.split(separator: "\n").dropFirst(5).joined(separator: "\n")
    #expect(
      body == #"""
          n2 [label="sca\"lar\\\nfloat32 []"];
          n3 [label="head\nalias", fillcolor="#e3edfb"];
          subgraph cluster_0 {
            label="layer";
            subgraph cluster_1 {
              label="0";
              n0 [label="kernel\nfloat32 [4, 3]"];
              n1 [label="twin\nfloat32 [3, 4]", fillcolor="#e3edfb"];
            }
          }
          n0 -> n1;
          n0 -> n3 [style=dashed, arrowhead=none, label="tied"];
        }
        """#)
  }

  @Test func `Mermaid gets subgraphs, nodes and edges`() throws {
    let text = GraphDiagram(of: try graph()).text(as: .mermaid)
    #expect(
      text == #"""
        flowchart LR
          n2["sca#34;lar#92;<br/>float32 #91;#93;"]
          n3["head<br/>alias"]
          subgraph m0["layer"]
            subgraph m1["0"]
              n0["kernel<br/>float32 #91;4, 3#93;"]
              n1["twin<br/>float32 #91;3, 4#93;"]
            end
          end
          n0 --> n1
          n0 -. tied .- n3

        """#)
  }

  @Test func `a hostile name stays inside its label`() throws {
    var graph = VariableGraph()
    let names = ["\"]; evil [label=\"", "a\nb\u{7}", "`code`;#35;&lt;", "end", "<script>"]
    for name in names { try graph.declare(name, shape: [], initializer: .zeros) }
    let dot = GraphDiagram(of: graph).text(as: .dot)
    #expect(dot.contains(#"n0 [label="\"]; evil [label=\"\nfloat32 []"];"#))
    #expect(dot.contains(#"n1 [label="a b \nfloat32 []"];"#))
    #expect(dot.contains(#"n2 [label="`code`;#35;&amp;lt;\n"#))
    let mermaid = GraphDiagram(of: graph).text(as: .mermaid)
    #expect(mermaid.contains("n0[\"#34;#93;#59; evil #91;label#61;#34;<br/>"))
    #expect(mermaid.contains("n4[\"#60;script#62;<br/>"))
    // A line a node, whatever its name is.
    #expect(mermaid.split(separator: "\n").count == 6)
  }
}
