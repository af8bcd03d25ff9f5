// Keeps the page current: asks for the parts that change and swaps those that did.
const POLL_MS = 1200;
const shown = {};
const conversation = document.body.dataset.conversation;
const thread = document.getElementById("thread");

function nearEnd() {
  return thread.scrollHeight - thread.scrollTop - thread.clientHeight < 120;
}

function toEnd() {
  if (thread) thread.scrollTop = thread.scrollHeight;
}

function swap(name, html) {
  const place = document.getElementById(name);
  // A form somebody is filling in, or a panel somebody opened, is left alone.
  if (!place || shown[name] === html || place.contains(document.activeElement)) return;
  const isFirst = !(name in shown);
  shown[name] = html;
  if (isFirst) return;
  const opened = [...place.querySelectorAll("details")].map((each) => each.open);
  const follow = name === "thread" && nearEnd();
  place.innerHTML = html;
  place.querySelectorAll("details").forEach((each, index) => { each.open = each.open || Boolean(opened[index]); });
  if (follow) toEnd();
}

async function refresh() {
  try {
    const answer = await fetch(`/inbox/parts?conversation=${conversation}`);
    if (answer.ok) for (const [name, html] of Object.entries(await answer.json())) swap(name, html);
  } catch {
    // The sandbox is away for a moment; the next look will tell.
  }
  setTimeout(refresh, POLL_MS);
}

async function send(form) {
  const field = form.elements.content;
  if (!field.value.trim()) return;
  const body = new FormData(form);
  field.value = "";
  await fetch(form.action, { method: "POST", body, redirect: "manual" });
  const answer = await fetch(`/inbox/parts?conversation=${conversation}`);
  shown.thread ??= "";
  swap("thread", (await answer.json()).thread);
  toEnd();
}

const form = document.getElementById("say");
if (form) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
  form.elements.content.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(form); }
  });
  form.addEventListener("change", () => {
    const chosen = form.querySelector("input:checked");
    form.elements.content.placeholder = `Write as ${chosen.parentElement.textContent.trim()}`;
  });
}
toEnd();
refresh();
