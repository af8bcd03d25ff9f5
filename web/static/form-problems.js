// Problems stand at their fields; those of other steps are also in the summary, where a press opens their step.

const form = document.getElementById("lead");
const summary = document.getElementById("summary");

// Shows them all and puts the focus on the first field; `open` opens the step a field is in.
export function showProblems(problems, open) {
  const placed = problems.map((problem) => ({ ...problem, place: placeOf(problem.field) }));
  for (const { place, text } of placed) if (place) showProblem(place, text);
  const first = placed.find(({ place }) => place);
  if (first) open(stepOf(first.place));
  summarise(placed, open);
  if (first) controlIn(first.place).focus();
  else summary.focus();
}

export function showProblem(place, text) {
  const line = place.querySelector(".problem");
  line.textContent = text;
  line.hidden = false;
  place.closest("details")?.setAttribute("open", "");
  controlIn(place).setAttribute("aria-invalid", "true");
}

export function clearProblem(place) {
  const line = place?.querySelector(".problem");
  if (!line || line.hidden) return;
  line.hidden = true;
  for (const control of place.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  if (!form.querySelector("[aria-invalid]")) summary.hidden = true;
}

export function clearProblems() {
  summary.hidden = true;
  for (const place of form.querySelectorAll("[data-path]")) clearProblem(place);
}

export function apologise(text) {
  summary.textContent = text;
  summary.hidden = false;
  summary.focus();
}

function summarise(placed, open) {
  summary.hidden = false;
  summary.replaceChildren(placed.length === 1 ? "One field needs another look." : `${placed.length} fields need another look.`);
  const strangers = placed.filter(({ place }) => !place);
  for (const { field, text } of strangers) summary.append(` ${field}: ${text}`);
  const shown = placed.filter(({ place }) => place);
  if (new Set(shown.map(({ place }) => stepOf(place))).size < 2) return;
  const list = document.createElement("ul");
  list.append(...shown.map(({ place }) => entry(place, open)));
  summary.append(list);
}

function entry(place, open) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const control = controlIn(place);
  link.href = `#${control.id}`;
  link.textContent = control.labels[0].firstChild.textContent.trim();
  link.addEventListener("click", (event) => {
    event.preventDefault();
    open(stepOf(place));
    control.focus();
  });
  item.append(link);
  return item;
}

function controlIn(place) {
  return place.querySelector("input, select");
}

function stepOf(place) {
  return Number(place.closest("[data-step]").dataset.step);
}

// The field of that path, or of the closest path above or below it: a list and its entries share their places.
function placeOf(path) {
  const places = [...form.querySelectorAll("[data-path]")];
  return (
    places.find((place) => place.dataset.path === path) ||
    places.find((place) => place.dataset.path.startsWith(`${path}.`) || path.startsWith(`${place.dataset.path}.`))
  );
}
