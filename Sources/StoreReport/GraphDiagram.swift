internal import Tensors
public import VariableGraph

/// A graph as a text that other programs draw: modules as clusters, expressions and ties as edges.
public struct GraphDiagram: Sendable {
  /// The language of the text.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// Graphviz.
    case dot
    /// Mermaid.
    case mermaid
  }

  private let nodes: [DependencyNode]
  private let root: Module

  /// A module, with the nodes that are in it and no deeper.
  private struct Module {
    var children: [(name: String, module: Module)] = []
    var nodes: [Int] = []

    mutating func insert(_ node: Int, path: ArraySlice<String>) {
      guard let first = path.first else { return nodes.append(node) }
      let isLast = children.last.map { NameKey($0.name) == NameKey(first) } ?? false
      if !isLast,
        let place = children.firstIndex(where: { NameKey($0.name) == NameKey(first) })
      {
        children[place].module.insert(node, path: path.dropFirst())
        return
      }
      if !isLast { children.append((first, Module())) }
      children[children.count - 1].module.insert(node, path: path.dropFirst())
    }
  }

  /// The diagram of a graph.
  public init(of graph: VariableGraph) {
    nodes = graph.variables.map(DependencyNode.init) + graph.aliases.map(DependencyNode.init)
    var root = Module()
    for (place, node) in nodes.enumerated() {
      root.insert(place, path: ModulePath.parts(of: node.name).dropLast())
    }
    self.root = root
  }

  /// The text.
  public func text(as format: Format) -> String {
    switch format {
    case .dot: dot()
    case .mermaid: mermaid()
    }
  }

  private var edges: [(source: Int, target: Int, kind: Dependency.Kind)] {
    let places = NameTable(byName: nodes.enumerated().map { ($1.name, $0) })
    return nodes.flatMap(\.dependencies).compactMap { edge in
      guard let source = places[edge.source], let target = places[edge.target] else { return nil }
      return (source, target, edge.kind)
    }
  }

  // MARK: - Graphviz

  private func dot() -> String {
    var lines = [
      "digraph variables {", "  rankdir=LR;",
      "  graph [fontname=\"Helvetica\", color=\"#b8c0cc\", style=rounded];",
      "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#f4f6f9\", color=\"#8a94a6\", fontname=\"Helvetica\", fontsize=10];",
      "  edge [color=\"#5b6578\"];",
    ]
    var count = 0
    writeDot(root, indent: "  ", &count, &lines)
    for edge in edges {
      let style = edge.kind == .tie ? " [style=dashed, arrowhead=none, label=\"tied\"]" : ""
      lines.append("  n\(edge.source) -> n\(edge.target)\(style);")
    }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private func writeDot(
    _ module: Module, indent: String, _ count: inout Int, _ lines: inout [String]
  ) {
    for place in module.nodes {
      let node = nodes[place]
      let name = ModulePath.parts(of: node.name).last ?? node.name
      let fill = node.kind == nil ? "" : ", fillcolor=\"#e3edfb\""
      lines.append(
        "\(indent)n\(place) [label=\"\(Self.dotText(name))\\n\(Self.dotText(node.label))\"\(fill)];"
      )
    }
    for child in module.children {
      lines.append("\(indent)subgraph cluster_\(count) {")
      count += 1
      lines.append("\(indent)  label=\"\(Self.dotText(child.name))\";")
      writeDot(child.module, indent: indent + "  ", &count, &lines)
      lines.append("\(indent)}")
    }
  }

  /// Text inside a quoted string of Graphviz, where a backslash begins an escape and `&` an entity.
  static func dotText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": escaped += "\\\""
      case "\\": escaped += "\\\\"
      case "&": escaped += "&amp;"
      case "\0"..<" ", "\u{7F}": escaped += " "
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  // MARK: - Mermaid

  private func mermaid() -> String {
    var lines = ["flowchart LR"]
    var count = 0
    writeMermaid(root, indent: "  ", &count, &lines)
    for edge in edges {
      lines.append(
        edge.kind == .tie
          ? "  n\(edge.source) -. tied .- n\(edge.target)" : "  n\(edge.source) --> n\(edge.target)"
      )
    }
    return (lines + [""]).joined(separator: "\n")
  }

  private func writeMermaid(
    _ module: Module, indent: String, _ count: inout Int, _ lines: inout [String]
  ) {
    for place in module.nodes {
      let node = nodes[place]
      let name = ModulePath.parts(of: node.name).last ?? node.name
      lines.append(
        "\(indent)n\(place)[\"\(Self.mermaidText(name))<br/>\(Self.mermaidText(node.label))\"]")
    }
    for child in module.children {
      lines.append("\(indent)subgraph m\(count)[\"\(Self.mermaidText(child.name))\"]")
      count += 1
      writeMermaid(child.module, indent: indent + "  ", &count, &lines)
      lines.append("\(indent)end")
    }
  }

  /// Text inside a quoted label of Mermaid: everything but letters, digits and a few signs as a numbered
  /// entity, so that no character has a meaning.
  static func mermaidText(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      let isPlain =
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        || " _-./:,".unicodeScalars.contains(scalar)
      if isPlain {
        escaped.unicodeScalars.append(scalar)
      } else if scalar.value < 32 || scalar.value == 127 {
        escaped += " "
      } else {
        escaped += "#\(scalar.value);"
      }
    }
    return escaped
  }
}

/// The parts of a name between its separators.
enum ModulePath {
  /// `h.0.attn/weight` has the parts `h`, `0`, `attn` and `weight`; empty parts do not count.
  static func parts(of name: String) -> [String] {
    let parts = name.split { $0 == "/" || $0 == "." }.map(String.init)
    return parts.isEmpty ? [name] : parts
  }
}
