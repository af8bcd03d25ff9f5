// How series are told apart: by dash and point, by fill and pattern, and only then by colour. Colours are the page's own.

const LINES = [
  { dash: [], point: "circle" },
  { dash: [6, 4], point: "rectRot" },
  { dash: [2, 3], point: "triangle" },
  { dash: [10, 3, 2, 3], point: "rect" },
  { dash: [14, 4], point: "star" },
  { dash: [1, 5], point: "crossRot" },
];
const COLOURS = ["--accent", "--busy", "--warn", "--bad", "--soft", "--ink"];

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function line(index) {
  const stroke = colour(COLOURS[index % COLOURS.length]);
  const { dash, point } = LINES[index % LINES.length];
  return { borderColor: stroke, backgroundColor: stroke, borderDash: dash, pointStyle: point, borderWidth: 2, pointRadius: 3, pointHoverRadius: 5, tension: 0 };
}

export function bar(index) {
  const stroke = colour(COLOURS[index % COLOURS.length]);
  return { borderColor: stroke, borderWidth: 1.5, backgroundColor: fill(stroke, index), maxBarThickness: 34 };
}

// A piece of the line with its point, as the legend shows it.
export function glyph(index) {
  const { borderColor, borderDash, pointStyle } = line(index);
  const canvas = document.createElement("canvas");
  canvas.width = 30;
  canvas.height = 10;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = pen.fillStyle = borderColor;
  pen.lineWidth = 2;
  pen.setLineDash(borderDash);
  pen.beginPath();
  pen.moveTo(0, 5);
  pen.lineTo(30, 5);
  pen.stroke();
  pen.setLineDash([]);
  Chart.helpers.drawPoint(pen, { pointStyle, radius: 3.5, borderWidth: 1.5 }, 15, 5);
  return canvas;
}

// An axis of seconds: steps that people count in; where a few were a hundred times as long as most, each step is a multiple.
const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200];
const MULTIPLES = [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 3600, 21600, 86400, 604800];
const WIDE = 50;

export function seconds(values) {
  const known = values.filter((value) => value !== null);
  const longest = Math.max(...known);
  if (Math.min(...known) > 0 && longest > WIDE * Math.min(...known)) return multiples();
  return { ticks: { stepSize: STEPS.find((step) => step * 5 >= longest) ?? Math.ceil(longest / 432000) * 86400 } };
}

function multiples() {
  return {
    type: "logarithmic",
    title: { display: true, text: "each step a multiple", color: colour("--soft"), font: { size: 11 } },
    ticks: { autoSkip: true },
    afterBuildTicks: (axis) => { axis.ticks = MULTIPLES.filter((value) => value >= axis.min && value <= axis.max).map((value) => ({ value })); },
  };
}

// Solid, hatched, dotted: bars that stay apart on paper.
function fill(stroke, index) {
  if (index % 3 === 0) return stroke;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const pen = tile.getContext("2d");
  pen.strokeStyle = pen.fillStyle = stroke;
  if (index % 3 === 1) {
    pen.lineWidth = 1.4;
    pen.beginPath();
    for (const shift of [-6, 0, 6]) { pen.moveTo(shift, 6); pen.lineTo(shift + 6, 0); }
    pen.stroke();
  } else {
    pen.beginPath();
    pen.arc(2, 2, 1.2, 0, 7);
    pen.fill();
  }
  return pen.createPattern(tile, "repeat");
}

// Values as the tables write them: "340 ms", "2.4 s", "3 min 20 s", "1,204", "US$0.0120".
export function written(value, unit) {
  if (value === null || value === undefined) return "–";
  if (unit === "seconds") return span(value);
  if (unit === "dollars") return `US$${value.toLocaleString("en-SG", { minimumFractionDigits: 2, maximumFractionDigits: value >= 1 || !value ? 2 : 4 })}`;
  return value.toLocaleString("en-SG", { maximumFractionDigits: 2 });
}

function span(seconds) {
  if (seconds === 0) return "0";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
  if (seconds < 3600) return parts(seconds, 60, "min", 1, "s");
  if (seconds < 86400) return parts(seconds, 3600, "h", 60, "min");
  return parts(seconds, 86400, "d", 3600, "h");
}

function parts(seconds, size, unit, part, smaller) {
  const rest = Math.floor((seconds % size) / part);
  return `${Math.floor(seconds / size)} ${unit}${rest ? ` ${rest} ${smaller}` : ""}`;
}
