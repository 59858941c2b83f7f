// One variable.

let repaintDetail = null;

function showDetail(i) {
  const detail = byId("detail"), spec = specOf(i), state = page.states[variables.state[i]];
  const heat = heatMap(i);
  repaintDetail = heat?.repaint ?? null;
  const title = make("h3", { id: "detail-title", class: "name" }, make("bdi", null, visible(variables.name[i])));
  const back = make("button", { type: "button", class: "link back", on: { click: () => {
    byId("variables").scrollIntoView({ block: "start" });
    activeButton()?.focus({ preventScroll: true });
  } } }, "Back to the table");
  detail.replaceChildren(...[
    back, title,
    make("p", null, verdictLabel(i), reasonText(i) ? make("span", { class: "muted" }, ` – ${reasonText(i)}`) : null),
    damageList(i),
    histogram(i) ?? noPicture(i),
    statistics(i),
    fitText(i),
    heat?.element,
    facts([
      ["Initializer", spec.initializer],
      ["State", state === "alias" ? `alias of ${visible(aliasTarget(i) ?? "?")}` : state],
      ["Shape", `${shapeText(variables.shape[i])}, ${plural(elementCount(variables.shape[i]), "element", "elements")}`],
      ["Type", `${variables.dtype[i]}, ${bytes(variables.bytes[i])}`],
      ["Layout", spec.layout],
      ["Axes", spec.axes.length > 0 ? spec.axes.join(", ") : null],
      ["Fans", spec.fanIn === null ? null : `in ${number(spec.fanIn)}, out ${number(spec.fanOut)}`],
      ["Gain", spec.gain === null ? null : number(spec.gain)],
      ["Formula", spec.formula],
      ["", spec.numbers],
      ["Dialect", spec.dialect],
      ["First values", variables.preview[i]],
      ["Note", spec.notes.length > 0 ? spec.notes.join(" ") : null],
      ["SHA-256", variables.sha256[i]],
    ]),
  ].filter((child) => child !== null && child !== undefined));
  detail.scrollTop = 0;
}

const facts = (pairs) => make("dl", { class: "facts" }, ...pairs.filter(([, text]) => text !== null && text !== undefined)
  .flatMap(([term, text]) => [make("dt", null, term), make("dd", { class: term === "SHA-256" ? "name" : null }, text)]));

const aliasTarget = (i) => {
  const edge = page.edges.find(([, target, kind]) => kind === 1 && target === i);
  return edge ? variables.name[edge[0]] : null;
};

function reasonText(i) {
  if (isDamaged(i)) return null;
  if (variables.reasons[i]) return variables.reasons[i];
  if (verdictOf(i).text === "not checked") return "its initializer promises no distribution";
  if (verdictOf(i).text === "assigned") return "training or a restore gave it this value";
  if (verdictOf(i).text === "no value") return "declared, and not made yet";
  if (verdictOf(i).text === "recipe") return "only digests are stored";
  return null;
}

function damageList(i) {
  const damages = variables.damages[i];
  if (!damages) return null;
  return make("ul", { class: "bad" }, ...damages.slice(0, 50).map(({ chunk, expected, found }) =>
    make("li", null, `${chunk === null ? "The whole" : `Chunk ${chunk}`} ${found === null ? "cannot be read" : `has digest ${found.slice(0, 16)}…`}${expected === null ? "" : `, expected ${expected.slice(0, 16)}…`}`)));
}

function noPicture(i) {
  if (variables.minimum[i] === null) return null;
  const count = elementCount(variables.shape[i]);
  return make("p", { class: "notice" }, count === 1 ? `The value is ${number(variables.minimum[i])}.` :
    `All ${grouped.format(count)} values are ${number(variables.minimum[i])}.`);
}

function statistics(i) {
  if (variables.mean[i] === null) return null;
  const spec = specOf(i);
  const isPromised = variables.state[i] !== 1;
  const rows = [
    ["Mean", variables.mean[i], spec.mean], ["Standard deviation", variables.deviation[i], spec.deviation],
    ["Minimum", variables.minimum[i], spec.low], ["Maximum", variables.maximum[i], spec.high],
    ["Skew", variables.skew[i], spec.skew], ["Excess kurtosis", variables.kurtosis[i], spec.kurtosis],
  ].filter(([, found]) => found !== null);
  if (variables.notFinite[i] > 0) rows.push(["NaN or infinite", variables.notFinite[i], 0]);
  return make("table", null,
    make("caption", { class: "hidden" }, "Statistics, measured and promised"),
    make("thead", null, make("tr", null, make("td", null), make("th", { scope: "col" }, "Measured"), make("th", { scope: "col" }, "Promised"))),
    make("tbody", null, ...rows.map(([name, found, promised]) => make("tr", null, make("th", { scope: "row" }, name),
      make("td", null, number(found)), make("td", null, isPromised ? number(promised) : "–")))));
}

function fitText(i) {
  if (variables.distance[i] === null) return null;
  const fits = variables.distance[i] <= variables.limit[i];
  return make("p", { class: "muted" }, `Goodness of fit: the cumulative functions are ${number(variables.distance[i])} apart at most, ` +
    `${fits ? "within" : "beyond"} the limit of ${number(variables.limit[i])}.`);
}
