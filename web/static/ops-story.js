// A story that grows: whoever reads stays where they read; whoever is at its end sees what comes.

const NEAR_PX = 80;
let following = false;
let anchor = null;

// The newest is in view, unless somebody came for one thing, or has just acted and is told what came of it.
if (!window.location.hash && !document.querySelector(".flash")) {
  document.getElementById("newest")?.scrollIntoView({ block: "end", behavior: "instant" });
}

document.body.addEventListener("htmx:beforeSwap", () => {
  following = atTheEnd();
  anchor = following ? null : firstInView();
});

// After the console's own listener, which opens again what was open.
document.body.addEventListener("htmx:afterSwap", () => {
  if (following) window.scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" });
  else if (anchor) keep(anchor);
});

function atTheEnd() {
  const page = document.documentElement;
  return page.scrollHeight > window.innerHeight && window.scrollY + window.innerHeight >= page.scrollHeight - NEAR_PX;
}

function firstInView() {
  for (const element of document.querySelectorAll("#live .moment[id]")) {
    const top = element.getBoundingClientRect().top;
    if (top >= 0) return { id: element.id, top };
  }
  return null;
}

function keep({ id, top }) {
  const element = document.getElementById(id);
  if (element) window.scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" });
}
