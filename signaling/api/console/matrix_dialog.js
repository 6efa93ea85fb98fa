// The table of who is sent whose voice: routing, which is not what anybody heard.

import {open} from "./dialogs.js";
import {byId, el, setText} from "./dom.js";
import {plural} from "./text.js";

// `name(id)` is what to call a participant.
export function showMatrix(matrix, name) {
  const heads = matrix.participants.map((id, n) => el("th", {scope: "col", title: name(id), "aria-label": name(id)}, String(n + 1)));
  const rows = matrix.participants.map((id, n) => el("tr", {},
    el("th", {scope: "row"}, el("bdi", {}, `${n + 1} ${name(id)}`)),
    ...matrix.hears[n].map((hears, m) => (m === n
      ? el("td", {class: "no", "aria-label": "itself"}, "–")
      : el("td", {class: hears ? "yes" : "no", "aria-label": hears ? "hears" : "does not hear"}, hears ? "●" : "·")))));
  byId("matrix").replaceChildren(
    el("caption", {class: "hidden"}, "Routing: rows hear, columns are heard"),
    el("thead", {}, el("tr", {}, el("th", {scope: "col"}, "hears ↓"), ...heads)),
    el("tbody", {}, ...rows));
  setText(byId("matrix-note"), matrix.left_out ? `${plural(matrix.left_out, "more participant")} are left out.` : "");
  open(byId("matrix-dialog"), {first: document.querySelector("#matrix-dialog .matrix-scroll")});
}
