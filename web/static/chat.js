// The chat page: follows the conversation, sends what is written, once each and in order.

import { Live } from "./chat-live.js";
import { Standing } from "./chat-standing.js";
import { ChatStore } from "./chat-store.js";
import { ChatView } from "./chat-view.js";

const page = document.getElementById("chat");
const text = document.getElementById("text");
const url = page.dataset.messagesUrl;
const store = new ChatStore(`nextnest-unsent:${url}`);
const view = new ChatView(retry);
const bar = new Standing(draw);
const live = new Live(page.dataset.eventsUrl, look);
const title = document.title;

// Milliseconds between looks: while something is about to come, usually, after some idle minutes, in a hidden tab.
const SOON = 1000;
const USUALLY = 2500;
const IDLE = 6000;
const HIDDEN = 30000;
// A live page looks all the same: an event may be lost.
const LIVE_SOON = 5000;
const LIVE = 20000;
const IDLE_AFTER = 2 * 60000;
const GIVE_UP_HIDDEN = 10 * 60000;
const LOST = [2000, 4000, 8000, 15000];
const TRIES = 6;

let standing = { status: "connecting", brokerName: page.dataset.broker, asked: false };
let failures = 0;
let timer = null;
let looking = false;
let lookAgain = false;
let sending = false;
let lastNews = Date.now();
let hiddenSince = document.hidden ? Date.now() : null;
let seen = 0;
let unseen = 0;
let ended = false;

async function look() {
  clearTimeout(timer);
  lookAgain = looking;
  if (looking || ended) return;
  looking = true;
  try {
    await readOn();
    failures = 0;
  } catch {
    failures += 1;
  }
  looking = false;
  if (ended) return;
  view.showConnection(failures > 0, page.dataset.phone);
  if (!failures && !document.hidden && standing.live) live.start();
  const wait = lookAgain ? 0 : pause();
  if (wait !== null) timer = setTimeout(look, wait);
}

async function readOn() {
  let answer = await read(store.cursor);
  store.take(answer);
  if (!answer.more && store.lacksLines) {
    answer = await read(0);
    store.take(answer);
  }
  while (answer.more) {
    answer = await read(answer.cursor);
    store.take(answer);
  }
  notice(answer);
  standing = answer;
  draw();
  sendNext();
}

// A new line, or another holder: for a while more of it is likely, and a hidden tab says so in its title.
function notice({ status, typing }) {
  const others = [...store.lines.values()].filter((line) => line.role !== "customer").length;
  if (others > seen || status !== standing.status || typing !== standing.typing) lastNews = Date.now();
  if (document.hidden) unseen += Math.max(0, others - seen);
  seen = others;
  document.title = unseen ? `(${unseen}) ${title}` : title;
}

async function read(after) {
  const response = await fetch(`${url}?after=${after}`, { signal: AbortSignal.timeout(10000) });
  if (response.status === 410) end((await response.json()).error);
  if (!response.ok) throw new Error(response.status);
  return response.json();
}

// The link opens nothing any more: what was read stays on the page, and there is nothing left to wait for.
function end(reason) {
  ended = true;
  live.stop();
  view.showEnd(reason, page.dataset.phone);
}

// Null in a tab nobody has looked at for long: it looks again when it is seen.
function pause() {
  if (failures) return LOST[Math.min(failures, LOST.length) - 1];
  if (document.hidden) return Date.now() - hiddenSince < GIVE_UP_HIDDEN ? HIDDEN : null;
  const soon = standing.typing || standing.status === "connecting";
  if (live.on) return soon ? LIVE_SOON : LIVE;
  if (soon) return SOON;
  return Date.now() - lastNews < IDLE_AFTER ? USUALLY : IDLE;
}

function draw() {
  const lines = store.shown();
  bar.show(standing, lines);
  view.showLines(lines, notes(), standing);
}

function notes() {
  return standing.reused ? ["Your earlier request is still open, so we go on there. Earlier messages are not shown here."] : [];
}

// One text at a time, so that they arrive in the order in which they were written.
async function sendNext() {
  const entry = store.outbox[0];
  if (ended || sending || !entry || entry.state === "failed") return;
  sending = true;
  entry.state = "sending";
  draw();
  const again = await send(entry);
  sending = false;
  store.keep();
  draw();
  if (again > 0) setTimeout(sendNext, again);
  else if (again === 0) sendNext();
}

// Milliseconds until the next text may go: 0 after a success, more after a passing fault, -1 when a person must look.
async function send(entry) {
  entry.tries += 1;
  delete entry.problem;
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text: entry.text, clientId: entry.clientId }),
      signal: AbortSignal.timeout(20000),
    });
    const answer = await response.json();
    if (response.ok) {
      store.confirm({ id: answer.id, clientId: entry.clientId, role: "customer", text: entry.text, at: entry.at });
      look();
      return 0;
    }
    return fault(entry, response, answer.error);
  } catch {
    return failed(entry, LOST[Math.min(entry.tries, LOST.length) - 1]);
  }
}

function fault(entry, response, error) {
  const wait = Number(response.headers.get("Retry-After") || 3) * 1000;
  if (response.status === 409) {
    entry.state = "waiting";
    entry.tries = 0;
    return wait;
  }
  if (response.status === 410) end(error);
  if (response.status === 429 || response.status >= 500) return failed(entry, wait);
  entry.state = "failed";
  entry.problem = error;
  return -1;
}

function failed(entry, wait) {
  entry.state = entry.tries < TRIES ? "again" : "failed";
  return entry.state === "again" ? wait : -1;
}

function retry(clientId) {
  const entry = store.outbox.find((one) => one.clientId === clientId);
  if (!entry) return;
  entry.state = "waiting";
  entry.tries = 0;
  sendNext();
}

function write(words) {
  if (!words.trim()) return;
  store.write(words.trim());
  draw();
  view.toTheEnd();
  sendNext();
}

function submit() {
  write(text.value);
  text.value = "";
  fit();
  text.focus();
}

function fit() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight + 2}px`;
}

document.getElementById("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
text.addEventListener("input", fit);
text.addEventListener("keydown", (event) => {
  // On a touch screen Enter makes a new line: the button is next to the thumb.
  const typed = event.key === "Enter" && !event.shiftKey && !event.isComposing;
  if (!typed || matchMedia("(pointer: coarse)").matches) return;
  event.preventDefault();
  submit();
});
for (const button of document.querySelectorAll("#quick button")) {
  button.addEventListener("click", () => write(button.textContent));
}
document.addEventListener("visibilitychange", () => {
  hiddenSince = document.hidden ? Date.now() : null;
  if (document.hidden) return live.stop();
  unseen = 0;
  look();
});
window.addEventListener("online", look);
window.addEventListener("offline", look);
window.addEventListener("pagehide", () => live.stop());
window.addEventListener("pageshow", (event) => event.persisted && look());

draw();
look();
