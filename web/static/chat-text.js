// Texts become elements, never markup: links to the web, bold, and nothing else.

const PIECE = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}'])|\*\*([^*\n]+)\*\*/g;

export function textNodes(text) {
  const nodes = [];
  let done = 0;
  for (const match of text.matchAll(PIECE)) {
    nodes.push(text.slice(done, match.index), match[1] ? link(match[1]) : bold(match[2]));
    done = match.index + match[0].length;
  }
  nodes.push(text.slice(done));
  return nodes;
}

function link(address) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.textContent = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer nofollow";
  return anchor;
}

function bold(text) {
  const strong = document.createElement("strong");
  strong.textContent = text;
  return strong;
}
