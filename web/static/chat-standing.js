// Who has the conversation: the bar on top, the banner of a hand-over, the waiting screen, the typing dots, the office hours.

const STANDING = {
  connecting: () => "Connecting you with a broker…",
  waiting: ({ position }) => (position > 1 ? `You are number ${position} in line` : "You are next in line"),
  active: () => "Replies within seconds",
  person: ({ taken }) => (taken ? "A colleague is with you" : "A colleague takes over"),
  closed: () => "This conversation is closed. Write to open it again",
};
// Brokers greet within some three seconds; who waits much longer should not have to look for the phone.
const LATE = 20000;
const part = (id) => document.getElementById(id);

export class Standing {
  constructor(onLate) {
    this.isLate = false;
    setTimeout(() => {
      this.isLate = true;
      onLate();
    }, LATE);
  }

  show(answer, lines) {
    const person = answer.status === "person";
    const name = person ? "" : answer.brokerName || "";
    say("broker", name || "NextNest");
    part("badge").hidden = !name;
    say("avatar", initials(name || "NextNest"));
    say("standing", STANDING[answer.status](answer));
    part("typing").hidden = !answer.typing;
    say("typing-name", name ? `${name.split(" ")[0]} is writing` : "");
    this.showHandover(answer);
    this.showWaiting(answer, lines);
    for (const place of document.querySelectorAll(".hours")) write(place, hours(answer.hours));
  }

  showHandover({ status, taken, hours: office }) {
    const banner = part("handover");
    banner.hidden = status !== "person";
    if (banner.hidden) return say("handover", "");
    const back = office?.next ? ` Colleagues are back ${office.next}, Singapore time.` : "";
    if (taken) say("handover", "A NextNest colleague has this conversation; the AI assistant stays out of it.");
    else say("handover", `A NextNest colleague takes over from here and reads everything you wrote.${back}`);
  }

  showWaiting(answer, lines) {
    const scene = sceneOf(answer, lines);
    part("waiting").hidden = !scene;
    if (!scene) return;
    say("waiting-title", scene.title);
    say("waiting-text", scene.text);
    say("waiting-avatar", initials(answer.brokerName || "NextNest"));
    part("waiting").classList.toggle("matched", Boolean(answer.brokerName));
    part("way-out").hidden = !(this.isLate || answer.status === "waiting");
  }
}

// What is shown until a broker has said something; nothing afterwards.
function sceneOf({ status, position, brokerName, brokerTitle, reused, asked }, lines) {
  if (asked === false) return null;
  if (status === "waiting") {
    return {
      title: position > 1 ? `You are number ${position} in line` : "You are next in line",
      text: "All brokers are in conversations just now. You keep your place, even when you close this page: its address stays yours.",
    };
  }
  if (status === "connecting") {
    return {
      title: "Finding the broker who fits you",
      text: "We have your answers, nothing more is needed. This usually takes a few seconds.",
    };
  }
  const arrived = reused || lines.some((line) => line.role === "broker" || line.role === "person");
  if (status !== "active" || arrived) return null;
  return { title: brokerName, text: `${brokerTitle} · AI assistant. ${brokerName.split(" ")[0]} is reading your answers and says hello in a moment.` };
}

function hours(office) {
  if (!office) return "";
  const now = office.open ? "here now" : `back ${office.next || "soon"}`;
  return `Colleagues: ${office.words}, Singapore time; ${now}.`;
}

function initials(name) {
  return name
    .split(" ")
    .slice(0, 2)
    .map((word) => word[0] || "")
    .join("");
}

// The same text written again would be said again by a screen reader.
function say(id, text) {
  write(part(id), text);
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
