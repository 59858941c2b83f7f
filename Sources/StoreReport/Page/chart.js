// Histograms, and pictures of matrices.

// Outlines of cells over a width and height.
function cellsPath(heights, width, height) {
  const step = width / heights.length;
  let path = `M0 ${height}`;
  heights.forEach((value, i) => {
    const top = (height - value * height).toFixed(2);
    path += `V${top}H${((i + 1) * step).toFixed(2)}`;
  });
  return `${path}V${height}Z`;
}

function linePath(heights, width, height) {
  const step = width / heights.length;
  const y = (value) => (height - value * height).toFixed(2);
  let path = `M0 ${y(heights[0])}`;
  heights.forEach((value, i) => { path += `L${((i + 0.5) * step).toFixed(2)} ${y(value)}`; });
  return `${path}L${width} ${y(heights[heights.length - 1])}`;
}

// Found and expected shares of each cell, relative to the highest of both.
function heightsOf(i) {
  const cells = variables.cells[i];
  if (!cells) return null;
  const expectation = variables.expected[i] === null ? null : variables.expectations[variables.expected[i]];
  const top = Math.max(variables.peak[i], expectation ? expectation[0] : 0) * 255;
  const scaled = (bytes, peak) => Array.from(decode(bytes), (value) => (value * peak) / top);
  return {
    found: scaled(cells, variables.peak[i]),
    expected: expectation ? scaled(expectation[1], expectation[0]) : null,
  };
}

function sparkline(i) {
  const heights = heightsOf(i);
  if (!heights) return null;
  const picture = draw("svg", {
    class: "spark", viewBox: "0 0 96 24", width: "100%", height: 24, preserveAspectRatio: "none", "aria-hidden": "true",
  }, draw("path", { class: "cells", d: cellsPath(heights.found, 96, 24) }));
  if (heights.expected) picture.append(draw("path", { class: "line", d: linePath(heights.expected, 96, 24) }));
  return picture;
}

// Round numbers between two, about `wanted` of them.
function ticks(low, high, wanted) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough);
  const found = [];
  for (let k = Math.ceil(low / step); k * step <= high && found.length < 20; k++) found.push(k * step);
  return found;
}

function histogram(i) {
  const heights = heightsOf(i);
  if (!heights) return null;
  const width = 380, height = 170, low = variables.low[i], high = variables.high[i], spec = specOf(i);
  const x = (value) => ((value - low) / (high - low)) * width;
  const chart = draw("svg", { class: "chart", viewBox: `0 -6 ${width} ${height + 28}`, role: "img", "aria-labelledby": "chart-title" },
    draw("title", { id: "chart-title" },
      `Histogram of ${visible(variables.name[i])} from ${number(low)} to ${number(high)}: mean ${number(variables.mean[i])}, ` +
      `standard deviation ${number(variables.deviation[i])}` +
      (heights.expected ? `, over the density of ${spec.distribution}` : "")),
    draw("path", { class: "cells", d: cellsPath(heights.found, width, height) }));
  if (heights.expected && spec.mean !== null && spec.deviation !== null) {
    for (const place of [spec.mean - spec.deviation, spec.mean, spec.mean + spec.deviation]) {
      if (place > low && place < high) {
        chart.append(draw("line", { class: "mark", x1: x(place), x2: x(place), y1: 0, y2: height }));
      }
    }
  }
  if (heights.expected) chart.append(draw("path", { class: "line", d: linePath(heights.expected, width, height) }));
  chart.append(draw("line", { class: "axis", x1: 0, x2: width, y1: height, y2: height }));
  for (const tick of ticks(low, high, 4)) {
    const place = x(tick);
    const anchor = place < 16 ? "start" : place > width - 16 ? "end" : "middle";
    chart.append(
      draw("line", { class: "axis", x1: place, x2: place, y1: height, y2: height + 4 }),
      draw("text", { x: place, y: height + 18, "text-anchor": anchor }, number(Number(tick.toPrecision(6)))));
  }
  const legend = make("p", { class: "legend" }, make("span", null, "measured"));
  if (heights.expected) {
    legend.append(make("span", { class: "expected" }, "promised density; dashed: its mean ± deviation"));
  }
  return make("figure", null, chart, legend);
}

// Blue below, orange above, the page's ground at 0.
const isDark = () => {
  const theme = document.documentElement.dataset.theme;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
function divergingColour(value) {
  const ground = isDark() ? [34, 39, 49] : [246, 247, 249];
  const end = value < 0 ? (isDark() ? [110, 168, 255] : [24, 78, 168]) : isDark() ? [255, 170, 92] : [190, 82, 8];
  const share = Math.abs(value) ** 0.85;
  return ground.map((from, channel) => Math.round(from + (end[channel] - from) * share));
}

function paint(canvas, columns, rows, valueAt) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d"), image = context.createImageData(columns, rows);
  for (let place = 0; place < rows * columns; place++) {
    const value = valueAt(place);
    const [red, green, blue] = value === null ? [128, 128, 128] : divergingColour(value);
    image.data.set([red, green, blue, value === null ? 60 : 255], place * 4);
  }
  context.putImageData(image, 0, 0);
}

function heatMap(i) {
  const grid = variables.grid[i];
  if (!grid) return null;
  const [rows, columns, gridRows, gridColumns, scale, text] = grid;
  const values = decode(text);
  const canvas = make("canvas", {
    class: "heat", role: "img",
    "aria-label": `Heat map of ${visible(variables.name[i])}, ${grouped.format(rows)} rows by ${grouped.format(columns)} columns`,
  });
  // As the matrix is, within reason: a long side at most three times the other.
  canvas.style.aspectRatio = Math.min(Math.max(columns / rows, 1 / 1.2), 3);
  const ramp = make("canvas", { class: "ramp", "aria-hidden": "true" });
  const repaint = () => {
    paint(canvas, gridColumns, gridRows, (place) => (values[place] === 0 ? null : (values[place] - 128) / 127));
    paint(ramp, 65, 1, (place) => (place - 32) / 32);
  };
  repaint();
  const isWhole = gridRows === rows && gridColumns === columns;
  return {
    repaint,
    element: make("figure", null, canvas, ramp,
      make("div", { class: "scale" }, make("span", null, scale > 0 ? minus(`-${number(scale)}`) : "0"), make("span", null, "0"),
        make("span", null, number(scale))),
      make("figcaption", null,
        isWhole ? `${grouped.format(rows)} × ${grouped.format(columns)} elements` :
          `${grouped.format(rows)} × ${grouped.format(columns)} elements as ${gridRows} × ${gridColumns} means`)),
  };
}
