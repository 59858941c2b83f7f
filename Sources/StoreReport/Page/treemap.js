// Bytes by module: the children of one module, and theirs inside them.

function moduleTree() {
  const root = { name: "all variables", size: 0, children: new Map(), damaged: false };
  for (let i = 0; i < variables.count; i++) {
    if (variables.state[i] === ALIAS) continue;
    let node = root;
    node.size += variables.bytes[i];
    node.damaged ||= isDamaged(i);
    for (const part of parts(variables.name[i])) {
      let child = node.children.get(part);
      if (!child) {
        child = { name: part, size: 0, children: new Map(), damaged: false, parent: node };
        node.children.set(part, child);
      }
      child.size += variables.bytes[i];
      child.damaged ||= isDamaged(i);
      node = child;
    }
    node.variable = i;
  }
  return root;
}

// A module with nothing but one module in it says no more than that one.
function descend(node) {
  while (node.children.size === 1 && node.variable === undefined) node = node.children.values().next().value;
  return node;
}

// Bruls, Huizing and van Wijk (2000), "Squarified treemaps".
function squarify(items, x, y, width, height) {
  const total = items.reduce((sum, item) => sum + item.size, 0), placed = [];
  if (total === 0 || width <= 0 || height <= 0) return placed;
  const scale = (width * height) / total;
  let rest = items.slice();
  while (rest.length > 0) {
    const side = Math.min(width, height);
    let count = 1, sum = rest[0].size * scale, worst = ratio(rest, 1, sum, side);
    while (count < rest.length) {
      const nextSum = sum + rest[count].size * scale, next = ratio(rest, count + 1, nextSum, side);
      if (next > worst) break;
      [count, sum, worst] = [count + 1, nextSum, next];
    }
    const breadth = sum / side;
    let offset = 0;
    for (const item of rest.slice(0, count)) {
      const length = (item.size * scale) / breadth;
      placed.push(width >= height ? { item, x, y: y + offset, width: breadth, height: length } : { item, x: x + offset, y, width: length, height: breadth });
      offset += length;
    }
    if (width >= height) { x += breadth; width -= breadth; } else { y += breadth; height -= breadth; }
    rest = rest.slice(count);
  }
  return placed;

  function ratio(list, count, sum, side) {
    const largest = list[0].size * scale, smallest = list[count - 1].size * scale;
    if (smallest === 0) return Infinity;
    return Math.max((side * side * largest) / (sum * sum), (sum * sum) / (side * side * smallest));
  }
}

// Children by size; what would be a sliver is one item.
function itemsOf(node, limit) {
  const children = [...node.children.values()].filter(({ size }) => size > 0).sort((a, b) => b.size - a.size || (a.name < b.name ? -1 : 1));
  const enough = children.filter(({ size }, place) => place < limit && size * 400 >= node.size);
  const others = children.slice(enough.length);
  if (others.length > 0) {
    enough.push({ name: `${grouped.format(others.length)} others`, size: others.reduce((sum, { size }) => sum + size, 0), children: new Map(), isRest: true, damaged: others.some(({ damaged }) => damaged), parent: node });
  }
  return enough;
}

function fitted(text, width, size) {
  const room = Math.floor((width - 10) / (size * 0.58));
  if (room < 3) return "";
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}

let treemapNode = null;

function showTreemap(node) {
  treemapNode = node;
  const container = byId("treemap"), width = Math.max(container.clientWidth, 280);
  const height = Math.round(Math.min(Math.max(width * 0.28, 220), 340));
  const label = `Bytes by module in ${visible(node.name)}: ${bytes(node.size)}`;
  const picture = draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": label });
  const items = itemsOf(node, 40);
  squarify(items, 0, 0, width, height).forEach(({ item, x, y, width, height }, place) => {
    const inner = item.isRest ? item : descend(item);
    picture.append(cellOf(item, inner, place % 8, x, y, width, height));
  });
  if (items.length === 0) {
    container.replaceChildren(make("p", { class: "muted" }, "No variable has bytes."));
  } else {
    container.replaceChildren(picture);
  }
  showPath(node);
}

function cellOf(item, inner, colour, x, y, width, height) {
  const names = [visible(item.name)];
  for (let node = inner; node !== item && node; node = node.parent) names.splice(1, 0, visible(node.name));
  const name = names.join("/");
  const isDoor = !item.isRest && (inner.children.size > 0 || inner.variable !== undefined);
  const enter = () => {
    if (inner.children.size > 0) {
      showTreemap(inner);
      byId("treemap-path").querySelector("button")?.focus();
    } else {
      choose(inner.variable, true);
    }
  };
  const cell = draw("g", isDoor ? {
    role: "button", tabindex: 0, class: item.damaged ? "damaged" : null,
    "aria-label": `${name}, ${bytes(item.size)}${item.damaged ? ", damaged" : ""}`,
    on: {
      click: enter,
      keydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        enter();
      },
    },
  } : { class: item.damaged ? "damaged" : null },
  draw("title", null, `${name}: ${bytes(item.size)}`),
  draw("rect", { x, y, width, height, rx: 3, style: `fill:var(--cell-${colour})` }));
  const text = fitted(name, width, 12);
  if (text !== "" && height > 18) cell.append(draw("text", { x: x + 6, y: y + 15, "aria-hidden": "true" }, text));
  const hasRoom = width > 60 && height > 52 && inner.children.size > 1;
  if (hasRoom) {
    for (const part of squarify(itemsOf(inner, 24), x + 4, y + 22, width - 8, height - 26)) {
      cell.append(draw("rect", { x: part.x, y: part.y, width: part.width, height: part.height, rx: 2, style: `fill:var(--panel);fill-opacity:0.42` }));
      const label = fitted(visible(part.item.name), part.width, 11);
      if (label !== "" && part.height > 15) cell.append(draw("text", { class: "size", x: part.x + 5, y: part.y + 13, "aria-hidden": "true" }, label));
    }
  } else if (height > 36 && fitted(bytes(item.size), width, 11) === bytes(item.size)) {
    cell.append(draw("text", { class: "size", x: x + 6, y: y + 31, "aria-hidden": "true" }, bytes(item.size)));
  }
  return cell;
}

function showPath(node) {
  const chain = [];
  for (let step = node; step; step = step.parent) chain.unshift(step);
  byId("treemap-path").replaceChildren(...chain.flatMap((step, place) => {
    const text = `${visible(step.name)}`;
    const item = step === node ? make("span", { "aria-current": "true" }, `${text}, ${bytes(step.size)}`) :
      make("button", { type: "button", class: "link", on: { click: () => showTreemap(step) } }, text);
    return place === 0 ? [item] : [make("span", { "aria-hidden": "true" }, "/"), item];
  }));
}
