// The console: pauses and resumes live pages, keeps what was opened over a refresh, asks before what cannot be undone.

const words = document.getElementById("live-words");
const button = document.getElementById("live-switch");
let paused = false;
let opened = [];
let focused = null;

// On a phone the pages' names are wider than the screen: where one is stays in view, and the page itself does not move.
const here = document.querySelector(".bar nav a[aria-current]");
if (here) {
  const nav = here.closest("nav");
  nav.scrollLeft = here.offsetLeft + here.offsetWidth - nav.offsetLeft - nav.clientWidth + 3;
}

button?.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Resume" : "Pause";
  words.textContent = paused ? `Paused at ${clock()}` : "Live";
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm ?? event.target.dataset.confirm;
  if (question && !window.confirm(question)) event.preventDefault();
});

// One tick for all ticks of its form with this name.
document.addEventListener("change", (event) => {
  const name = event.target.dataset.ticks;
  if (!name) return;
  for (const one of event.target.form.elements) if (one.name === name) one.checked = event.target.checked;
});

// A refresh must not take away what a person is reading, marking or typing.
document.body.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "live" && (paused || document.hidden || busy())) event.preventDefault();
});

document.body.addEventListener("htmx:beforeSwap", () => {
  opened = [...document.querySelectorAll("#live details[id][open]")].map((details) => details.id);
  focused = document.activeElement?.id || null;
});

// At once, before anything is painted: what was open must not close for a moment and move the page.
document.body.addEventListener("htmx:afterSwap", () => {
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  if (words && !paused) words.textContent = "Live";
});

document.body.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status === 401) window.location.reload();
  else say();
});
for (const failure of ["htmx:sendError", "htmx:timeout"]) document.body.addEventListener(failure, say);

function busy() {
  const live = document.getElementById("live");
  const marked = window.getSelection();
  const typing = live.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), select, textarea");
  const reading = marked && !marked.isCollapsed && live.contains(marked.anchorNode);
  return typing || reading || live.querySelector("input[type=checkbox]:checked") !== null;
}

function say() {
  if (words) words.textContent = `No answer since ${clock()}; trying again`;
}

function clock() {
  return new Date().toLocaleTimeString("en-SG", { hour12: false });
}
