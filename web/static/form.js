// The lead form: four steps, each field checked when it is left and again with "Next"; then it is sent.

import { problemWith } from "./form-checks.js";
import { forget, keep, restore } from "./form-keep.js";
import { apologise, clearProblem, clearProblems, showProblem, showProblems } from "./form-problems.js";
import { Steps } from "./form-steps.js";
import { uuid } from "./ids.js";

const form = document.getElementById("lead");
let pressing = false;
let again; // what the server asked for, should it have asked for the form once more
const steps = new Steps(form, (number) => keep(form, number));

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
form.addEventListener("change", showFieldsOfTheLoan);
form.addEventListener("input", (event) => {
  clearProblem(event.target.closest("[data-path]"));
  keep(form, steps.number);
});
// A problem that appears moves the page: not while a press goes on, which would miss its button.
form.addEventListener("focusout", ({ target }) => {
  if (pressing) window.addEventListener("pointerup", () => setTimeout(check, 0, target), { once: true });
  else check(target);
});
window.addEventListener("pointerdown", () => (pressing = true), { capture: true });
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => (pressing = false), { capture: true });
window.addEventListener("pageshow", (event) => {
  if (event.persisted) busy(false);
});
const step = restore(form);
showFieldsOfTheLoan();
steps.begin(step);

async function submit() {
  const wrong = problemsIn(steps.isLast ? form : steps.section);
  if (wrong.length) return show(wrong);
  if (!steps.isLast) return steps.next();
  clearProblems();
  busy(true);
  try {
    await send();
  } catch {
    busy(false);
    apologise("We could not reach our server. Your answers are still here; please try again in a moment.");
  }
}

// A form that came too fast, or with a field nobody sees filled in by the browser, is asked to come once more: it does so by
// itself. Should that fail, the next press brings along what was asked for.
async function send(byItself = false) {
  const response = await fetch(form.action, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...body(), again }),
  });
  const answer = await response.json();
  if (answer.success) {
    forget();
    location.assign(answer.chatUrl);
    return;
  }
  again = answer.again ?? again;
  if (answer.again && !byItself) {
    await new Promise((after) => setTimeout(after, answer.afterSeconds * 1000 + 200));
    return send(true);
  }
  busy(false);
  if (answer.problems) show(answer.problems.map(({ field, expected }) => ({ field, text: `We expected ${expected}.` })));
  else apologise(answer.error || "Something went wrong on our side.");
}

function show(problems) {
  showProblems(problems, (number) => number === steps.number || steps.open(number));
}

// Values by path: "formData.actualAges.0" becomes {actualAges: {0: ...}}, which the server reads as a list.
function body() {
  const formData = {};
  for (const control of form.elements) {
    if (!control.name.startsWith("formData.") || control.disabled || (control.type === "radio" && !control.checked)) continue;
    const [, name, place] = control.name.split(".");
    if (place === undefined) formData[name] = control.value;
    else (formData[name] ??= {})[place] = control.value;
  }
  const { website, renderedAt } = form.elements;
  return { formData, sessionId: sessionId(), website: website.value, renderedAt: renderedAt.value };
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

function problemsIn(part) {
  return [...part.querySelectorAll("[data-check]:enabled")]
    .map((control) => ({ field: control.name, text: problemAt(control) }))
    .filter(({ text }) => text);
}

function problemAt(control) {
  if (control.required && !control.value.trim()) return "Please fill this in.";
  return problemWith(control.dataset.check, control.value);
}

function check(control) {
  const text = control.matches("[data-check]:enabled") && problemWith(control.dataset.check, control.value);
  if (text) showProblem(control.closest("[data-path]"), text);
}

function busy(yes) {
  document.getElementById("next").disabled = yes;
  document.getElementById("busy").textContent = yes ? "Finding the broker who fits you best…" : "";
}
