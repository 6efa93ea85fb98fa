// Elements made of names and text. All that callers say comes to the page through here, and nothing here reads
// markup: children are nodes or become text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children);
  return node;
}

// el("button", {type: "button", click: f}, "Mute"): a function is a listener, false leaves the attribute out.
export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

export function byId(id) {
  return document.getElementById(id);
}

// Touches the page only where something is other: most of what is polled is as it was.
export function setText(node, text) {
  const next = String(text);
  if (node.textContent !== next) node.textContent = next;
}

export function setAttribute(node, name, value) {
  const next = String(value);
  if (node.getAttribute(name) !== next) node.setAttribute(name, next);
}

export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

// A list of terms, its nodes kept from one call to the next: [[term, text], ...].
export function setFacts(list, facts) {
  while (list.children.length > facts.length) list.lastChild.remove();
  facts.forEach(([term, text], n) => {
    if (!list.children[n]) list.append(el("div", {}, el("dt"), el("dd")));
    const [dt, dd] = list.children[n].children;
    setText(dt, term);
    setText(dd, text);
  });
}

// For who cannot see what changed. What comes close together is said together: a live region drops what is
// replaced at once, and forty sentences about forty callers help nobody.
const waiting = [];
let timer = 0;
export function announce(sentence) {
  waiting.push(sentence);
  if (timer) return;
  timer = setTimeout(() => {
    timer = 0;
    const said = waiting.splice(0);
    const more = said.length > 3 ? ` And ${said.length - 3} more.` : "";
    byId("announcer").textContent = said.slice(0, 3).join(" ") + more;
  }, 250);
}

// Draws once a frame however often it is asked.
export function drawing(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
}
