// Draws the charts from the figures the page carries, and again when fresher ones arrive. Nothing moves: no animation, and a
// refresh changes lines and bars in place. Without this script the numbers are in the tables.

import { bar, colour, glyph, line, seconds, written } from "./ops-charts-look.js";

const charts = new Map();

draw();
document.body.addEventListener("htmx:afterSettle", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts.values()) chart.destroy();
  charts.clear();
  draw();
});

function draw() {
  for (const figures of JSON.parse(document.getElementById("summary").dataset.charts)) show(figures);
}

function show(figures) {
  const panel = document.getElementById(`chart-${figures.name}`);
  const empty = !figures.series.some((one) => one.values.some((value) => value));
  panel.querySelector(".nothing").hidden = !empty;
  const drawing = panel.querySelector(".drawing");
  drawing.hidden = empty;
  if (empty) return;
  if (figures.kind === "ranked") drawing.style.height = `${Math.max(120, 34 * figures.labels.length + 30)}px`;
  const known = charts.get(figures.name);
  if (known) update(known, figures);
  else charts.set(figures.name, new Chart(drawing.querySelector("canvas"), configuration(figures)));
}

function update(chart, figures) {
  chart.data.labels = figures.labels;
  chart.data.datasets = datasets(figures);
  chart.options.scales = scales(figures);
  chart.update("none");
}

function configuration(figures) {
  return {
    type: figures.kind === "line" ? "line" : "bar",
    data: { labels: figures.labels, datasets: datasets(figures) },
    options: {
      animation: false,
      maintainAspectRatio: false,
      resizeDelay: 60,
      indexAxis: figures.kind === "ranked" ? "y" : "x",
      interaction: { mode: "index", intersect: false, axis: figures.kind === "ranked" ? "y" : "x" },
      layout: { padding: { right: figures.kind === "ranked" ? 44 : 8 } },
      plugins: { legend: legend(figures), tooltip: tooltip(figures) },
      scales: scales(figures),
    },
    plugins: figures.kind === "ranked" ? [valuesBeside(figures)] : [],
  };
}

function datasets(figures) {
  const look = figures.kind === "line" ? line : bar;
  return figures.series.map((one, index) => ({ label: one.name, data: one.values, ...look(index) }));
}

function scales(figures) {
  const grid = { color: colour("--line") };
  const words = { color: colour("--soft"), maxRotation: 0, autoSkipPadding: 14 };
  const stacked = figures.kind === "stacked";
  const own = figures.unit === "seconds" ? seconds(figures.series.flatMap((one) => one.values)) : { ticks: { precision: figures.unit === "count" ? 0 : undefined } };
  const ticks = { ...words, maxTicksLimit: 7, callback: (value) => written(value, figures.unit), ...own.ticks };
  const values = { beginAtZero: true, stacked, grid, border: { display: false }, ...own, ticks };
  const steps = { stacked, grid: { display: false }, border: grid, ticks: words };
  if (figures.kind !== "ranked") return { x: steps, y: values };
  return { x: values, y: { ...steps, ticks: { ...words, autoSkip: false, color: colour("--ink") } } };
}

function legend(figures) {
  const labels = { color: colour("--ink"), boxWidth: 18, boxHeight: 9, padding: 10 };
  if (figures.kind === "line") Object.assign(labels, { usePointStyle: true, pointStyleWidth: 30, generateLabels: lines });
  return { display: figures.series.length > 1, align: "start", onClick: () => {}, labels };
}

function lines(chart) {
  return chart.data.datasets.map((one, index) => ({ text: one.label, datasetIndex: index, pointStyle: glyph(index), fontColor: colour("--ink"), lineWidth: 0 }));
}

function tooltip(figures) {
  return { callbacks: { label: (item) => ` ${item.dataset.label}: ${written(item.raw, figures.unit)}` } };
}

// A ranked bar says its value itself.
function valuesBeside(figures) {
  return {
    id: "valuesBeside",
    afterDatasetsDraw(chart) {
      const pen = chart.ctx;
      pen.save();
      pen.fillStyle = colour("--ink");
      pen.font = "12px system-ui, sans-serif";
      pen.textBaseline = "middle";
      chart.getDatasetMeta(0).data.forEach((one, index) => pen.fillText(written(chart.data.datasets[0].data[index], figures.unit), one.x + 6, one.y));
      pen.restore();
    },
  };
}
