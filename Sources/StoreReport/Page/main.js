// The page as a whole.

function setUpHeading() {
  const { checkpoint } = page;
  byId("store").textContent = visible(page.store);
  byId("subtitle").textContent = [
    `checkpoint ${visible(checkpoint.name)}`, checkpoint.step === null ? null : `step ${grouped.format(checkpoint.step)}`,
    `seed ${checkpoint.seed}`, `dialect ${checkpoint.dialect}`, checkpoint.created.slice(0, 10),
  ].filter((part) => part !== null).join(" · ");
}

function setUpTotals() {
  let elements = 0, size = 0, stored = 0, count = 0, aliases = 0, fits = 0, deviates = 0, damaged = 0, checked = 0;
  for (let i = 0; i < variables.count; i++) {
    if (variables.state[i] === ALIAS) { aliases++; continue; }
    count++;
    elements += elementCount(variables.shape[i]);
    size += variables.bytes[i];
    if (variables.state[i] < 2) stored++;
    if (isDamaged(i)) damaged++;
    else if (variables.verdict[i] === FITS) fits++;
    else if (variables.verdict[i] === DEVIATES) deviates++;
  }
  checked = fits + deviates;
  const item = (term, value, note, kind) => make("div", null, make("dt", null, term),
    make("dd", { class: kind }, value, note ? make("small", null, ` ${note}`) : null));
  byId("totals").append(
    item("Variables", grouped.format(count), aliases > 0 ? `and ${plural(aliases, "alias", "aliases")}` : null),
    item("Elements", grouped.format(elements)),
    item("Bytes", bytes(size)),
    item("With stored values", grouped.format(stored), stored < count ? `of ${grouped.format(count)}` : null),
    item("As promised", grouped.format(fits), checked < stored ? `of ${grouped.format(checked)} checked` : `of ${grouped.format(checked)}`),
    item("Deviating", grouped.format(deviates), null, deviates > 0 ? "bad" : null),
    item("Damaged", grouped.format(damaged), null, damaged > 0 ? "bad" : null));
}

function setUpDamage() {
  const damaged = Object.keys(variables.damages).map(Number);
  if (damaged.length === 0 && page.flaws.length === 0) return;
  byId("damage").hidden = false;
  byId("damage-list").append(...page.flaws.map((flaw) => make("li", null, `This checkpoint is not as it was written: ${visible(flaw)}.`)));
  if (damaged.length === 0) return;
  byId("damage-text").textContent = `The stored bytes of ${plural(damaged.length, "variable", "variables")} are not what was recorded. ` +
    "Their statistics and pictures here are of the intact chunks only.";
  byId("damage-list").append(...damaged.slice(0, 100).map((i) => make("li", null,
    make("button", { type: "button", class: "link name", on: { click: () => choose(i, true) } }, visible(variables.name[i])),
    `: ${plural(variables.damages[i].length, "place", "places")}`)));
  if (damaged.length > 100) byId("damage-list").append(make("li", null, `${grouped.format(damaged.length - 100)} more in the table`));
}

const moment = (text) => text.replace("T", " ").replace("Z", "");

function plainTable(heading, rows) {
  const cell = (tag, text, place) => make(tag, { scope: tag === "th" ? "col" : null, class: heading[place][1] ? "number" : null }, text);
  return make("table", null, make("thead", null, make("tr", null, ...heading.map(([title], place) => cell("th", title, place)))),
    make("tbody", null, ...rows.map((row) => make("tr", null, ...row.map((text, place) => cell("td", text, place))))));
}

function setUpRuns() {
  if (page.runs.length === 0) {
    byId("runs").append(make("p", { class: "muted" }, "No run is recorded."));
    return;
  }
  const duration = ({ started, finished }) => {
    if (finished === null) return make("span", { class: "bad" }, "did not end");
    const seconds = Math.round((Date.parse(finished) - Date.parse(started)) / 1000);
    return Number.isFinite(seconds) ? (seconds < 1 ? "under 1 s" : `${grouped.format(seconds)} s`) : "–";
  };
  const recent = page.runs.slice(-200).reverse();
  const number = true;
  byId("runs").append(plainTable(
    [["Began (UTC)"], ["Took", number], ["Checkpoint"], ["Made", number], ["Skipped", number], ["Verified", number], ["Replaced", number], ["Damaged", number], ["Tool"]],
    recent.map((run) => [moment(run.started), duration(run), visible(run.checkpoint),
      ...run.counts.map((count, place) => (place === 4 && count > 0 ? make("span", { class: "bad" }, grouped.format(count)) : grouped.format(count))),
      visible(run.tool)])));
  if (recent.length < page.runs.length) {
    byId("runs").append(make("p", { class: "muted" }, `${plural(page.runs.length - recent.length, "earlier run", "earlier runs")} not shown.`));
  }
}

function setUpCheckpoints() {
  const names = [...new Set(Object.values(page.metrics).flatMap((metrics) => Object.keys(metrics)))].sort().slice(0, 6);
  byId("checkpoints").append(plainTable(
    [["Name"], ["Step", true], ["Variables", true], ["With values", true], ["Bytes", true], ["Created (UTC)"], ...names.map((name) => [visible(name), true])],
    page.checkpoints.map(({ name, step, variables, materialized, bytes: size, created }) => [
      name === page.checkpoint.name ? make("strong", null, visible(name)) : visible(name), step === null ? "–" : grouped.format(step),
      grouped.format(variables), grouped.format(materialized), bytes(size), moment(created),
      ...names.map((metric) => number(page.metrics[name]?.[metric])),
    ])));
}

function setUpDigests() {
  const { checkpoint } = page;
  byId("digests").append(
    make("dt", null, "Spec fingerprint"), make("dd", null, checkpoint.spec),
    make("dt", null, "Content digest"), make("dd", null, checkpoint.content ?? "none: not every variable has a value"));
}

function setUpTheme() {
  const button = byId("theme");
  const repaint = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
    button.setAttribute("aria-pressed", String(isDark()));
    repaintDetail?.();
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    repaint();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  repaint();
}

setUpHeading();
setUpTotals();
setUpDamage();
setUpTable();
showTreemap(descend(moduleTree()));
setUpGraph();
setUpRuns();
setUpCheckpoints();
setUpDigests();
// Something to look at: what is wrong, or the largest value that has a histogram.
function interest(i) {
  return (severity(i) < 2 ? 2 - severity(i) : 0) * 2 ** 80 + (variables.cells[i] === null ? 0 : 2 ** 70) + variables.bytes[i];
}
if (variables.count > 0) {
  let first = 0;
  for (let i = 1; i < variables.count; i++) {
    if (interest(i) > interest(first)) first = i;
  }
  choose(first, false);
} else {
  byId("detail").append(make("h3", { id: "detail-title" }, "No variables"));
}
setUpTheme();
let treemapWidth = innerWidth;
addEventListener("resize", () => {
  // On a phone the height changes when its bars hide; that is no reason to draw anew.
  if (innerWidth === treemapWidth) return;
  treemapWidth = innerWidth;
  showTreemap(treemapNode);
});
document.documentElement.dataset.ready = "true";
