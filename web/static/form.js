// The lead form: shows the fields of the chosen loan, sends them, and puts every problem at its field.

import { uuid } from "./ids.js";

const form = document.getElementById("lead");
const summary = document.getElementById("summary");
const progress = document.getElementById("progress");
const button = form.querySelector("button[type=submit]");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("change", showFieldsOfTheLoan);
form.addEventListener("input", (event) => clearProblem(event.target.closest("[data-path]")));
window.addEventListener("pageshow", (event) => {
  if (event.persisted) busy(false);
});
showFieldsOfTheLoan();

async function submit() {
  clearProblems();
  const missing = hints();
  if (missing.length) return showProblems(missing);
  busy(true);
  try {
    await send();
  } catch {
    apologise("We could not reach our server. Your answers are still here; please try again in a moment.");
  }
}

async function send() {
  const response = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ formData: values(), sessionId: sessionId() }),
  });
  const answer = await response.json();
  if (answer.success) {
    location.assign(answer.chatUrl);
    return;
  }
  if (answer.problems) {
    showProblems(answer.problems.map(({ field, expected }) => ({ field, text: `We expected ${expected}.` })));
    busy(false);
    return;
  }
  apologise(answer.error || "Something went wrong on our side.");
}

// Values by path: "formData.actualAges.0" becomes {actualAges: {0: ...}}, which the server reads as a list.
function values() {
  const found = {};
  for (const control of form.elements) {
    if (!control.name || control.disabled || (control.type === "radio" && !control.checked)) continue;
    const [, name, place] = control.name.split(".");
    if (place === undefined) found[name] = control.value;
    else (found[name] ??= {})[place] = control.value;
  }
  return found;
}

function sessionId() {
  const known = sessionStorage.getItem("nextnest-session") || uuid();
  sessionStorage.setItem("nextnest-session", known);
  return known;
}

function showFieldsOfTheLoan() {
  const loan = form.elements["formData.loanType"].value;
  for (const part of form.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(loan);
    for (const control of part.querySelectorAll("input, select")) control.disabled = part.hidden;
  }
}

// What can be seen before asking the server; the server judges the rest.
function hints() {
  return [...form.querySelectorAll("input[required]")]
    .filter((input) => !input.value.trim() || !input.validity.valid)
    .map((input) => ({ field: input.name, text: input.value.trim() ? input.validationMessage : "Please fill this in." }));
}

function showProblems(problems) {
  const strangers = problems.filter((problem) => !showProblem(problem));
  summary.replaceChildren(
    problems.length === 1 ? "One field needs another look." : `${problems.length} fields need another look.`,
  );
  for (const { field, text } of strangers) summary.append(` ${field}: ${text}`);
  summary.hidden = false;
  (form.querySelector("[aria-invalid=true]") || summary).focus();
}

function showProblem({ field, text }) {
  const place = placeOf(field);
  if (!place) return false;
  const line = place.querySelector(".problem");
  line.textContent = text;
  line.hidden = false;
  place.closest("details")?.setAttribute("open", "");
  place.querySelector("input, select").setAttribute("aria-invalid", "true");
  return true;
}

// The field of that path, or of the closest path above or below it: a list and its entries share their places.
function placeOf(path) {
  const places = [...form.querySelectorAll("[data-path]")];
  return (
    places.find((place) => place.dataset.path === path) ||
    places.find((place) => place.dataset.path.startsWith(`${path}.`) || path.startsWith(`${place.dataset.path}.`))
  );
}

function clearProblems() {
  summary.hidden = true;
  for (const place of form.querySelectorAll("[data-path]")) clearProblem(place);
}

function clearProblem(place) {
  const line = place?.querySelector(".problem");
  if (!line || line.hidden) return;
  line.hidden = true;
  for (const control of place.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

function apologise(text) {
  busy(false);
  summary.textContent = text;
  summary.hidden = false;
  summary.focus();
}

function busy(yes) {
  button.disabled = yes;
  progress.textContent = yes ? "Finding the broker who fits you best…" : "";
}
