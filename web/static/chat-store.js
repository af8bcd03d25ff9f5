// What the page knows: lines the server confirmed, by id, and texts still on their way, by their own id.

import { uuid } from "./ids.js";

export class ChatStore {
  constructor(key) {
    this.key = key;
    this.lines = new Map();
    this.outbox = load(key);
    this.cursor = 0;
    this.total = 0;
  }

  // Takes in one answer of the server. A line already known by its id or its clientId never shows twice.
  take(answer) {
    for (const line of answer.messages) this.confirm(line);
    this.cursor = Math.max(this.cursor, answer.cursor);
    this.total = answer.total;
  }

  // A line may get an id below one we have: the count tells, and everything is read again.
  get lacksLines() {
    return this.lines.size < this.total;
  }

  confirm(line) {
    const known = this.lines.get(line.id);
    this.lines.set(line.id, { ...known, ...line, clientId: line.clientId || known?.clientId || null });
    this.drop(line.clientId);
  }

  write(text) {
    const entry = { clientId: uuid(), text, at: new Date().toISOString(), state: "waiting", tries: 0, after: this.cursor };
    this.outbox.push(entry);
    this.keep();
    return entry;
  }

  drop(clientId) {
    const left = this.outbox.filter((entry) => entry.clientId !== clientId);
    if (left.length === this.outbox.length) return;
    this.outbox = left;
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(this.key, JSON.stringify(this.outbox));
    } catch {
      // Private windows may refuse; then unsent texts last as long as the page.
    }
  }

  // Everything to show, in order. A text that has come back before its sending was confirmed shows once, as sent.
  shown() {
    const lines = [...this.lines.values()].sort((one, other) => one.id - other.id);
    const unclaimed = lines.filter((line) => line.role === "customer" && !line.clientId);
    const unsent = this.outbox.filter((entry) => {
      const twin = unclaimed.findIndex((line) => line.id > entry.after && line.text === entry.text);
      return twin < 0 || !unclaimed.splice(twin, 1);
    });
    return [...lines, ...unsent.map((entry) => ({ ...entry, role: "customer", unsent: true }))];
  }
}

// Texts that were unsent when the page was left are tried again.
function load(key) {
  try {
    return JSON.parse(localStorage.getItem(key) || "[]").map((entry) => ({ ...entry, state: "waiting", tries: 0 }));
  } catch {
    return [];
  }
}
