// The table: only the rows in sight are there, the others are room above and below.

const columns = [
  { key: "name", title: "Name", value: (i) => variables.name[i] },
  { key: "shape", title: "Shape", value: (i) => elementCount(variables.shape[i]) },
  { key: "picture", title: "Distribution" },
  { key: "mean", title: "Mean", value: (i) => variables.mean[i], isNumber: true },
  { key: "deviation", title: "Deviation", value: (i) => variables.deviation[i], isNumber: true },
  { key: "bytes", title: "Bytes", value: (i) => variables.bytes[i], isNumber: true },
  { key: "verdict", title: "Verdict", value: (i) => severity(i) },
];
const severity = (i) => (isDamaged(i) ? 0 : variables.verdict[i] === DEVIATES ? 1 : variables.state[i] === 3 ? 2 : variables.verdict[i] === FITS ? 5 : 4);

const statuses = [
  ["All", () => true],
  ["Damaged", isDamaged],
  ["Deviating", (i) => variables.verdict[i] === DEVIATES],
  ["Fitting", (i) => variables.verdict[i] === FITS],
  ["Not checked", (i) => !isDamaged(i) && variables.state[i] < 2 && variables.verdict[i] !== FITS && variables.verdict[i] !== DEVIATES],
  ["Without stored bytes", (i) => variables.state[i] === 2 || variables.state[i] === 3],
  ["Aliases", (i) => variables.state[i] === ALIAS],
];

const table = {
  shown: [],
  sort: null,
  isDescending: false,
  active: 0,
  chosen: null,
  first: -1,
  last: -1,
};

// What the filter looks through, made once.
const haystack = [];
function textOf(i) {
  haystack[i] ??= `${variables.name[i]} ${specOf(i).initializer} ${variables.dtype[i]} ${variables.shape[i].join("x")} ` +
    `[${variables.shape[i].join(",")}] ${page.states[variables.state[i]]}`.toLowerCase();
  return haystack[i].toLowerCase();
}

function refilter() {
  const words = byId("filter").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const accepts = statuses[byId("status").selectedIndex][1];
  table.shown = [];
  for (let i = 0; i < variables.count; i++) {
    if (!accepts(i)) continue;
    if (words.length > 0) {
      const text = textOf(i);
      if (!words.every((word) => text.includes(word))) continue;
    }
    table.shown.push(i);
  }
  resort();
  const all = variables.count;
  byId("found").textContent =
    table.shown.length === all ? plural(all, "variable", "variables") : `${grouped.format(table.shown.length)} of ${plural(all, "variable", "variables")}`;
}

function resort() {
  const column = columns.find(({ key }) => key === table.sort);
  table.shown.sort((a, b) => a - b);
  if (column) {
    const sign = table.isDescending ? -1 : 1;
    const values = new Map(table.shown.map((i) => [i, column.value(i)]));
    table.shown.sort((a, b) => {
      const [x, y] = [values.get(a), values.get(b)];
      // What has no value comes last either way.
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      if (x === y) return a - b;
      return (x < y ? -1 : 1) * sign;
    });
  }
  for (const cell of byId("head").children) {
    if (!cell.hasAttribute("aria-sort")) continue;
    cell.setAttribute("aria-sort", cell.dataset.key === table.sort ? (table.isDescending ? "descending" : "ascending") : "none");
  }
  byId("order").value = table.sort ? `${table.sort} ${table.isDescending ? "down" : "up"}` : "";
  table.active = 0;
  byId("scroller").scrollTop = 0;
  render(true);
}

function sortBy(key) {
  if (table.sort !== key) {
    table.sort = key;
    table.isDescending = columns.find((column) => column.key === key).isNumber === true || key === "shape";
  } else {
    table.isDescending = !table.isDescending;
  }
  resort();
}

const isPhone = matchMedia("(max-width: 640px)");
const rowHeight = () => (isPhone.matches ? 61 : 41);

function rowOf(place) {
  const i = table.shown[place];
  const name = visible(variables.name[i]);
  const open = make("button", { type: "button", class: "open", tabindex: place === table.active ? 0 : -1, title: name }, make("bdi", null, name));
  const cell = (key, ...children) => make("td", { class: `c-${key}${columns.find((column) => column.key === key).isNumber ? " number" : ""}` }, ...children);
  return make("tr", {
    class: `item${i === table.chosen ? " chosen" : ""}`, "aria-rowindex": place + 2, "data-place": place,
  },
    make("td", { class: "c-name" }, open,
      make("span", { class: "sub" }, `${shapeText(variables.shape[i])} · ${variables.dtype[i]} · ${bytes(variables.bytes[i])}`)),
    cell("shape", shapeText(variables.shape[i])),
    cell("picture", sparkline(i) ?? sameValue(i)),
    cell("mean", number(variables.mean[i], 4)),
    cell("deviation", number(variables.deviation[i], 4)),
    cell("bytes", bytes(variables.bytes[i])),
    cell("verdict", verdictLabel(i)));
}

// In place of a histogram without width.
const sameValue = (i) => (variables.minimum[i] === null ? null : make("span", { class: "muted" }, `all ${number(variables.minimum[i], 4)}`));

function render(isForced) {
  const scroller = byId("scroller"), height = rowHeight(), count = table.shown.length;
  const first = Math.max(Math.floor(scroller.scrollTop / height) - 4, 0);
  // The table is as high as its rows ask for: before they are there, as high as it may become.
  const sight = Math.max(scroller.clientHeight, Math.min(innerHeight, 1100));
  const last = Math.min(first + Math.ceil(sight / height) + 8, count);
  if (!isForced && first === table.first && last === table.last) return;
  const hadFocus = byId("body").contains(document.activeElement);
  [table.first, table.last] = [first, last];
  const space = (rows) => make("tr", { class: "space", "aria-hidden": "true" }, make("td", { style: `height:${rows * height}px` }));
  const rows = [];
  if (first > 0) rows.push(space(first));
  for (let place = first; place < last; place++) rows.push(rowOf(place));
  if (last < count) rows.push(space(count - last));
  if (count === 0) {
    rows.push(make("tr", null, make("td", { colspan: isPhone.matches ? 3 : columns.length, class: "muted" }, "No variable is like that. Clear the filter to see all.")));
  }
  byId("body").replaceChildren(...rows);
  byId("table").setAttribute("aria-rowcount", count + 1);
  // A row that scrolled out of sight takes the focus with it; it comes back with the row.
  if (hadFocus) activeButton()?.focus({ preventScroll: true });
}

const activeButton = () => byId("body").querySelector(`tr[data-place="${table.active}"] .open`);

function moveTo(place) {
  table.active = Math.min(Math.max(place, 0), table.shown.length - 1);
  const scroller = byId("scroller"), height = rowHeight(), top = table.active * height;
  const head = isPhone.matches ? 0 : byId("head").offsetHeight;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  if (top + height > scroller.scrollTop + scroller.clientHeight - head) {
    scroller.scrollTop = top + height - scroller.clientHeight + head;
  }
  render(true);
  activeButton()?.focus({ preventScroll: true });
}

function choose(i, movesFocus) {
  table.chosen = i;
  render(true);
  showDetail(i);
  if (movesFocus) {
    const detail = byId("detail");
    detail.focus({ preventScroll: true });
    // Beside the table it is in sight already.
    if (matchMedia("(max-width: 1180px)").matches) detail.scrollIntoView({ block: "start" });
  }
}

function setUpTable() {
  byId("head").append(...columns.map(({ key, title, value, isNumber }) => {
    const attributes = { scope: "col", class: `c-${key}${isNumber ? " number" : ""}`, "data-key": key };
    // Where there is no room for a button, the name alone, for screen readers.
    const label = make("span", { class: "label" }, title);
    if (!value) return make("th", attributes, label, make("span", null, title));
    return make("th", { ...attributes, "aria-sort": "none" }, label,
      make("button", { type: "button", on: { click: () => sortBy(key) } }, title));
  }));
  byId("status").append(...statuses.map(([title]) => make("option", null, title)));
  byId("order").append(make("option", { value: "" }, "Declaration"), ...columns.filter(({ value }) => value).flatMap(({ key, title }) => [
    make("option", { value: `${key} up` }, `${title} ↑`), make("option", { value: `${key} down` }, `${title} ↓`),
  ]));
  byId("order").addEventListener("change", () => {
    const [key, direction] = byId("order").value.split(" ");
    table.sort = key === "" ? null : key;
    table.isDescending = direction === "down";
    resort();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("input", refilter);
  byId("status").addEventListener("change", refilter);
  let isWaiting = false;
  byId("scroller").addEventListener("scroll", () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; render(false); });
  }, { passive: true });
  addEventListener("resize", () => render(true));
  byId("body").addEventListener("click", (event) => {
    const row = event.target.closest("tr.item");
    if (!row) return;
    table.active = Number(row.dataset.place);
    choose(table.shown[table.active], true);
  });
  byId("body").addEventListener("keydown", (event) => {
    const page = Math.max(Math.floor(byId("scroller").clientHeight / rowHeight()) - 1, 1);
    const places = {
      ArrowDown: table.active + 1, ArrowUp: table.active - 1, PageDown: table.active + page, PageUp: table.active - page,
      Home: 0, End: table.shown.length - 1,
    };
    if (!(event.key in places)) return;
    event.preventDefault();
    moveTo(places[event.key]);
  });
  refilter();
}
