// PersonRow: a participant as a row of the room's table, and on a phone as a card.

import {el, setAttribute, setText} from "./dom.js";
import {decimal, nameOf, printable} from "./text.js";

const FLOOR_DBOV = -60;  // what is softer than this is an empty meter

export function meterFraction(person) {
  return Math.min(1, Math.max(0, (person.level_dbov - FLOOR_DBOV) / -FLOOR_DBOV));
}

// What keeps a voice out that nobody wanted out.
const TROUBLES = {NoPackets: "No packets", WrongSource: "Wrong source", NotDecodable: "Not decodable",
  NotAmongLoudest: "Not loud enough", MixingOff: "Mixing off"};

// [text, kind] of a status, and what goes beside it.
export function statusOf(person) {
  if (person.entering_pin) return ["Entering PIN", "warn"];
  if (person.waiting) return ["Waiting", "warn"];
  if (person.muted || person.status === "Muted") return ["Muted", "warn"];
  if (person.held || person.status === "OnHold") return ["On hold", "warn"];
  if (person.status === "Active" && TROUBLES[person.silence]) return [TROUBLES[person.silence], "bad"];
  return [person.status, {Active: "good", Leaving: "bad", Left: "bad"}[person.status] ?? ""];
}

export function extrasOf(person) {
  return [
    person.role === "speaker" ? "" : person.role,
    person.deaf ? "deaf" : "",
    person.muted_by_itself ? "sends nothing" : "",
    person.coachee ? "coaching" : "",
    person.gain_in_db || person.gain_out_db ? "gain" : "",
    person.dialled_out ? "invited" : "",
  ].filter(Boolean);
}

// Where it begins to be heard (warn) and where talking becomes hard (bad).
function grade(node, base, value, warn, bad, worseIsMore = true) {
  const beyond = (limit) => Number.isFinite(value) && (worseIsMore ? value >= limit : value < limit);
  const name = beyond(bad) ? `${base} bad` : beyond(warn) ? `${base} worse` : base;
  if (node.className !== name) node.className = name;
}

// on.mute(person, button), on.kick(person), on.more(person)
export function personRow(on) {
  const mark = el("span", {class: "mark", role: "img"});
  const [name, uri] = [el("bdi", {class: "name"}), el("bdi", {class: "uri"})];
  const bar = el("b");
  const meter = el("span", {class: "meter", role: "meter", "aria-valuemin": -127, "aria-valuemax": 0}, bar);
  const number = (unit) => el("span", {role: "cell", class: "number", "data-unit": unit});
  const [codec, loss, jitter, mos] = ["codec", "loss", "jitter", "mos"].map(number);
  const [status, extras] = [el("span", {class: "chip"}), el("small")];
  let person = null;
  const button = (text, click, kind = "") => el("button", {type: "button", class: kind, click}, text);
  const mute = button("Mute", () => on.mute(person, mute));
  const kick = button("Kick…", () => on.kick(person), "danger");
  const more = button("More…", () => on.more(person));

  const node = el("div", {class: "person", role: "row"},
    el("span", {role: "cell", class: "who"}, mark, name, uri),
    el("span", {role: "cell", class: "level"}, meter),
    codec, loss, jitter, mos,
    el("span", {role: "cell", class: "statuses"}, status, extras),
    el("span", {role: "cell", class: "actions"}, mute, kick, more));

  function update(next) {
    if (next === person) return;  // what was not told anew is as it was
    person = next;
    node.dataset.id = person.id;
    setAttribute(node, "data-talking", person.talking);
    setText(mark, person.talking ? "▶" : "");
    setAttribute(mark, "aria-label", person.talking ? "talking" : "not talking");
    setText(name, nameOf(person));
    setText(uri, printable(person.uri, 160));
    bar.style.transform = `scaleX(${meterFraction(person).toFixed(3)})`;
    const short = nameOf(person, 40);
    setAttribute(meter, "aria-label", `Level of ${short}`);
    setAttribute(meter, "aria-valuenow", person.level_dbov);
    setAttribute(meter, "aria-valuetext", `${person.level_dbov} dBov`);
    setText(codec, printable(person.codec, 12));
    setText(loss, `${decimal(person.loss_percent)} %`);
    grade(loss, "number", person.loss_percent, 1, 5);
    setText(jitter, `${decimal(person.jitter_ms)} ms`);
    grade(jitter, "number", person.jitter_ms, 30, 80);
    setText(mos, decimal(person.mos ?? NaN));
    grade(mos, "number", person.mos ?? NaN, 3.6, 3.1, false);
    const [text, kind] = statusOf(person);
    setText(status, text);
    setAttribute(status, "data-kind", kind);
    setText(extras, extrasOf(person).join(", "));
    setText(mute, person.muted ? "Unmute" : "Mute");
    setAttribute(mute, "aria-label", `${person.muted ? "Unmute" : "Mute"} ${short}`);
    setAttribute(kick, "aria-label", `Kick ${short}`);
    setAttribute(more, "aria-label", `More about ${short}`);
  }
  return {node, update};
}
