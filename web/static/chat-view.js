// Draws the conversation. Elements are kept by key and only what changed is touched, so screen readers hear each line once.

import { textNodes } from "./chat-text.js";

const FATE = {
  waiting: "Waiting to be sent",
  sending: "Sending…",
  again: "Not sent yet, trying again…",
  failed: "Not sent.",
};
const near = 80;
const time = new Intl.DateTimeFormat("en-SG", { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-SG", { weekday: "long", day: "numeric", month: "long" });
const part = (id) => document.getElementById(id);

export class ChatView {
  constructor(onRetry) {
    this.onRetry = onRetry;
    this.elements = new Map();
    this.scroller = part("scroller");
    part("newer").addEventListener("click", () => this.toTheEnd());
    this.follows = true;
    this.lastTop = 0;
    this.scroller.addEventListener("scroll", () => this.scrolled());
    // A banner, the keyboard or a longer draft takes room from the lines: who was at their end stays there.
    new ResizeObserver(() => this.follows && this.toTheEnd()).observe(this.scroller);
  }

  // Only a reader moves upwards; less room for the lines leaves them where they were.
  scrolled() {
    const { scrollTop } = this.scroller;
    if (this.atTheEnd()) {
      this.follows = true;
      part("newer").hidden = true;
    } else if (scrollTop < this.lastTop) this.follows = false;
    this.lastTop = scrollTop;
  }

  // Quick questions are for the beginning, and for the AI.
  showLines(lines, notes, { brokerName, status }) {
    this.brokerName = brokerName || "NextNest";
    const before = this.elements.size;
    const drawn = this.withDaysAndNotes(lines, notes);
    const keys = new Set(drawn.map((line) => line.key));
    for (const [key, element] of this.elements) {
      if (keys.has(key)) continue;
      element.remove();
      this.elements.delete(key);
    }
    drawn.forEach((line, place) => this.place(line, place));
    const begun = lines.some((line) => line.role === "broker") && !lines.some((line) => line.role === "customer");
    part("quick").hidden = !begun || status !== "active";
    if (this.follows) this.toTheEnd();
    else if (this.elements.size > before) part("newer").hidden = false;
  }

  withDaysAndNotes(lines, notes) {
    const drawn = notes.map((text) => ({ key: `note-${text}`, role: "system", text }));
    let shownDay = day.format(new Date());
    let previous = null;
    for (const line of lines) {
      const itsDay = day.format(new Date(line.at));
      if (itsDay !== shownDay) drawn.push({ key: `day-${itsDay}`, role: "day", text: itsDay });
      const goesOn = previous?.role === line.role && itsDay === shownDay;
      drawn.push({ ...line, goesOn, key: line.clientId || `line-${line.id}` });
      shownDay = itsDay;
      previous = line;
    }
    return drawn;
  }

  // Replacing an element would make a screen reader say it again; only a new fate of a text is worth that.
  place(line, place) {
    const print = JSON.stringify([line.text, line.role, line.state, line.goesOn, Boolean(line.unsent)]);
    let element = this.elements.get(line.key);
    if (!element) {
      element = document.createElement("li");
      this.elements.set(line.key, element);
    }
    if (element.dataset.print !== print) {
      element.dataset.print = print;
      this.draw(element, line);
    }
    const list = part("lines");
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] || null);
  }

  draw(element, line) {
    if (line.role === "day" || line.role === "system") {
      element.className = line.role === "day" ? "day" : "line system";
      element.replaceChildren(...textNodes(line.text));
      return;
    }
    element.className = `line ${line.role}`;
    element.classList.toggle("goes-on", Boolean(line.goesOn));
    element.classList.toggle("unsent", Boolean(line.unsent));
    const bubble = make("div", "bubble");
    bubble.append(...textNodes(line.text));
    element.replaceChildren(this.by(line), bubble, this.when(line));
  }

  by({ role }) {
    if (role === "customer") return make("span", "unseen", "You:");
    const by = make("div", "by", role === "broker" ? this.brokerName : "");
    by.append(make("span", "badge", role === "broker" ? "AI assistant" : "NextNest colleague"));
    return by;
  }

  when(line) {
    if (!line.unsent) {
      const clock = make("time", "", time.format(new Date(line.at)));
      clock.dateTime = line.at;
      const when = make("div", "when");
      when.append(clock, line.role === "customer" ? " · Sent" : "");
      return when;
    }
    const when = make("div", "when", line.problem || FATE[line.state]);
    if (line.state !== "failed") return when;
    when.classList.add("failed");
    const retry = make("button", "retry", "Try again");
    retry.type = "button";
    retry.addEventListener("click", () => this.onRetry(line.clientId));
    when.append(" ", retry);
    return when;
  }

  showConnection(lost, phone) {
    const banner = part("offline");
    if (banner.hidden === !lost) return;
    banner.textContent = lost ? `No connection. We keep trying; you can also call ${phone}.` : "";
    banner.hidden = !lost;
  }

  showEnd(reason, phone) {
    const banner = part("offline");
    banner.textContent = `${reason} You can also call ${phone}.`;
    banner.hidden = false;
    part("standing").textContent = "This link has ended";
    part("typing").hidden = true;
    part("waiting").hidden = true;
    for (const control of document.querySelectorAll("#composer textarea, #composer button, #quick button")) control.disabled = true;
  }

  atTheEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroller;
    return scrollHeight - scrollTop - clientHeight < near;
  }

  toTheEnd() {
    this.follows = true;
    this.scroller.scrollTop = this.scroller.scrollHeight;
    part("newer").hidden = true;
  }
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}
