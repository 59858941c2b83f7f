// What the page shows, and how numbers and names are written.

const page = JSON.parse(document.getElementById("data").textContent);
const variables = page.variables;
const ALIAS = 4, DEVIATES = page.verdicts.indexOf("deviates"), FITS = page.verdicts.indexOf("fits");

// Text goes in as text, never as markup.
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, handler] of Object.entries(value)) element.addEventListener(event, handler);
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}
const make = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const draw = (tag, attributes, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
const byId = (id) => document.getElementById(id);

const grouped = new Intl.NumberFormat("en-US");
const minus = (text) => text.replace(/-/g, "−");

// Five digits at most, without what rounds away.
function number(value) {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e7) return minus(grouped.format(value));
  if (size >= 1e-4 && size < 1e7) return minus(String(Number(value.toPrecision(5))));
  const [digits, exponent] = value.toExponential(3).split("e");
  return minus(`${Number(digits)}e${Number(exponent)}`);
}

function bytes(count) {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
  let unit = 0, value = count;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit++; }
  return unit === 0 ? `${count} ${count === 1 ? "byte" : "bytes"}` : `${value.toFixed(1)} ${units[unit]}`;
}

const shapeText = (shape) => (shape.length === 0 ? "scalar" : shape.map((size) => grouped.format(size)).join(" × "));
const elementCount = (shape) => shape.reduce((product, size) => product * size, 1);
const plural = (count, one, many) => `${grouped.format(count)} ${count === 1 ? one : many}`;

// Invisible and direction-changing characters of a name are shown as their code.
const visible = (name) =>
  name.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

function parts(name) {
  const found = name.split(/[\/.]/).filter((part) => part !== "");
  return found.length === 0 ? [name] : found;
}

function decode(text) {
  const binary = atob(text), found = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) found[i] = binary.charCodeAt(i);
  return found;
}

const isDamaged = (i) => variables.damages[i] !== undefined;
const specOf = (i) => page.specs[variables.spec[i]];

// Verdict as a class and a text: never by colour alone.
function verdictOf(i) {
  if (isDamaged(i)) return { kind: "bad", text: "damaged" };
  if (variables.state[i] === ALIAS && variables.verdict[i] === null) return { kind: "none", text: "alias" };
  if (variables.state[i] === 3) return { kind: "none", text: "no value" };
  if (variables.state[i] === 2) return { kind: "none", text: "recipe" };
  if (variables.verdict[i] === DEVIATES) return { kind: "bad", text: "deviates" };
  if (variables.verdict[i] === FITS) return { kind: "good", text: "fits" };
  return { kind: "none", text: variables.state[i] === 1 ? "assigned" : "not checked" };
}
const verdictLabel = (i) => {
  const verdict = verdictOf(i);
  return make("span", { class: `verdict ${verdict.kind}` }, verdict.text);
};
