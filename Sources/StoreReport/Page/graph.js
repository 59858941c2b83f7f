// What is made of what: expressions and ties, from left to right.

const GRAPH_NODES = 60, GRAPH_EDGES = 400;

// The nodes of a graph that is small enough to look at: variables, or the modules that they are in.
function graphNodes() {
  const involved = [...new Set(page.edges.flatMap(([source, target]) => [source, target]))].sort((a, b) => a - b);
  if (involved.length <= GRAPH_NODES) return { labelOf: (i) => visible(variables.name[i]), isFolded: false };
  const deepest = Math.max(...involved.map((i) => parts(variables.name[i]).length));
  for (let depth = deepest - 1; depth > 0; depth--) {
    const labelOf = (i) => visible(parts(variables.name[i]).slice(0, depth).join("/"));
    if (new Set(involved.map(labelOf)).size <= GRAPH_NODES) return { labelOf, isFolded: true };
  }
  return null;
}

function graphModel(labelOf) {
  const nodes = new Map(), edges = new Map();
  const nodeOf = (label) => {
    if (!nodes.has(label)) nodes.set(label, { label, layer: 0, isComputed: false, sources: [], targets: [] });
    return nodes.get(label);
  };
  for (const [source, target, kind] of page.edges) {
    const [from, to] = [nodeOf(labelOf(source)), nodeOf(labelOf(target))];
    if (kind === 0) to.isComputed = true;
    if (from === to) continue;
    const key = `${from.label}\n${to.label}`;
    const edge = edges.get(key) ?? { from, to, isTie: kind === 1, count: 0 };
    edge.count++;
    edges.set(key, edge);
  }
  for (const edge of edges.values()) { edge.from.targets.push(edge.to); edge.to.sources.push(edge.from); }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

// The layer of a node is one more than that of its last source; folded modules may go in circles, which
// are cut where they close.
function setLayers(nodes) {
  const state = new Map();
  const visit = (start) => {
    const stack = [[start, 0]];
    state.set(start, 1);
    while (stack.length > 0) {
      const top = stack[stack.length - 1], [node, place] = top;
      if (place < node.sources.length) {
        top[1]++;
        const source = node.sources[place];
        if (!state.has(source)) { state.set(source, 1); stack.push([source, 0]); }
      } else {
        for (const source of node.sources) {
          if (state.get(source) === 2) node.layer = Math.max(node.layer, source.layer + 1);
        }
        state.set(node, 2);
        stack.pop();
      }
    }
  };
  for (const node of nodes) if (!state.has(node)) visit(node);
}

function setPlaces(nodes) {
  const layers = [];
  for (const node of nodes) (layers[node.layer] ??= []).push(node);
  for (const layer of layers) layer.forEach((node, place) => { node.place = place; });
  const middle = (list, otherwise) => (list.length === 0 ? otherwise : list.reduce((sum, { place }) => sum + place, 0) / list.length);
  // Each layer in the order of its neighbours' middles, there and back: few lines cross then.
  for (let round = 0; round < 4; round++) {
    const order = round % 2 === 0 ? layers : layers.slice().reverse();
    for (const layer of order) {
      layer.forEach((node) => { node.wish = middle(round % 2 === 0 ? node.sources : node.targets, node.place); });
      layer.sort((a, b) => a.wish - b.wish || (a.label < b.label ? -1 : 1));
      layer.forEach((node, place) => { node.place = place; });
    }
  }
  return layers;
}

function drawGraph({ nodes, edges }) {
  setLayers(nodes);
  const layers = setPlaces(nodes), rowHeight = 38, boxHeight = 26, gap = 72;
  const tallest = Math.max(...layers.map((layer) => layer.length));
  let x = 0;
  for (const layer of layers) {
    const longest = Math.max(...layer.map(({ label }) => Math.min(label.length, 34)));
    const width = longest * 7.1 + 20;
    layer.forEach((node) => {
      Object.assign(node, { x, width, y: (node.place + (tallest - layer.length) / 2) * rowHeight + 6 });
    });
    x += width + gap;
  }
  const width = x - gap + 2, height = tallest * rowHeight + 4;
  const picture = draw("svg", { width, height, viewBox: `-1 0 ${width} ${height}`, role: "img", "aria-label": `${plural(nodes.length, "node", "nodes")} and ${plural(edges.length, "edge", "edges")}; the list below says the same` });
  for (const { from, to, isTie, count } of edges) {
    const [x1, y1, x2, y2] = [from.x + from.width, from.y + boxHeight / 2, to.x, to.y + boxHeight / 2];
    const bend = Math.max((x2 - x1) / 2, 24);
    picture.append(draw("path", { class: isTie ? "tie" : null, d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}` },
      draw("title", null, `${from.label} → ${to.label}${count > 1 ? ` (${count})` : ""}`)));
  }
  for (const node of nodes) {
    const text = node.label.length > 34 ? `${node.label.slice(0, 12)}…${node.label.slice(-21)}` : node.label;
    picture.append(draw("g", { class: node.isComputed ? "computed" : null }, draw("title", null, node.label),
      draw("rect", { x: node.x, y: node.y, width: node.width, height: boxHeight, rx: 5 }),
      draw("text", { x: node.x + 10, y: node.y + 17 }, text)));
  }
  return picture;
}

function setUpGraph() {
  const container = byId("graph");
  if (page.edges.length === 0) {
    container.append(make("p", { class: "muted" }, "No variable is made of another."));
    return;
  }
  const expressions = page.edges.filter(([, , kind]) => kind === 0).length;
  const counts = `${plural(expressions, "edge of an expression", "edges of expressions")}, ${plural(page.edges.length - expressions, "tie", "ties")} (dashed)`;
  const choice = graphNodes(), model = choice ? graphModel(choice.labelOf) : null;
  if (model && model.edges.length > 0 && model.edges.length <= GRAPH_EDGES) {
    container.append(
      make("p", { class: "muted" }, choice.isFolded ? `${counts}; folded to modules.` : `${counts}.`),
      make("div", { class: "graph", role: "region", "aria-label": "Drawing of the dependencies", tabindex: 0 }, drawGraph(model)));
  } else {
    container.append(make("p", { class: "muted" }, `${counts}; too many to draw. nascent graph writes them for Graphviz and Mermaid.`));
  }
  const shown = page.edges.slice(0, 1000);
  container.append(make("details", null, make("summary", null, "As a list"),
    make("ul", null, ...shown.map(([source, target, kind]) => make("li", null, make("span", { class: "name" }, visible(variables.name[target])),
      kind === 1 ? " is " : " reads ", make("span", { class: "name" }, visible(variables.name[source])))),
    shown.length < page.edges.length ? make("li", null, `${grouped.format(page.edges.length - shown.length)} more`) : null)));
}
