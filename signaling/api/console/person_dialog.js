// PersonDialog: all that is known of one participant, why it is silent, and what can be done to it.

import {act} from "./actions.js";
import {path, Problem} from "./api.js";
import {open} from "./dialogs.js";
import {byId, el, setAttribute, setFacts, setText} from "./dom.js";
import {extrasOf, statusOf} from "./person_row.js";
import {Poller} from "./poller.js";
import {clock, count, decimal, duration, nameOf, printable, roomTitle} from "./text.js";

const ASK_MS = 1000;

export class PersonDialog {
  #dialog = byId("person-dialog");
  #person = null;
  #problems = byId("person-problem");

  constructor(store, api, {refresh, kick}) {
    Object.assign(this, {store, api, refresh});
    this.poller = new Poller(api, () => this.#ask(), ASK_MS);
    this.#dialog.addEventListener("close", () => this.poller.stop());
    const toggle = (id, field, [set, unset]) => {
      byId(id).addEventListener("click", (event) => this.#do(event.currentTarget, this.#person[field] ? unset : set, {}));
    };
    toggle("person-mute", "muted", ["mute", "unmute"]);
    toggle("person-deaf", "deaf", ["deaf", "undeaf"]);
    toggle("person-hold", "held", ["hold", "unhold"]);
    this.#form("gain-form", "gain", () => ({in_db: byId("gain-in").valueAsNumber || 0, out_db: byId("gain-out").valueAsNumber || 0}));
    this.#form("role-form", "role", () => ({role: byId("role").value}));
    this.#form("move-form", "move", () => ({room: byId("move-room").value.trim()}));
    byId("person-kick").addEventListener("click", () => {
      this.#dialog.close();
      kick(this.#person);
    });
  }

  show(person) {
    this.#person = person;
    setText(this.#problems, "");
    byId("gain-in").value = person.gain_in_db;
    byId("gain-out").value = person.gain_out_db;
    byId("role").value = person.role;
    byId("move-room").value = "";
    byId("room-names").replaceChildren(...this.store.rooms.filter((room) => room.name !== person.room).slice(0, 200)
      .map((room) => el("option", {value: room.name}, roomTitle(room))));
    byId("why-stages").replaceChildren();
    setText(byId("why-advice"), "");
    this.#draw();
    open(this.#dialog, {first: byId("person-mute"), fallback: byId("room-title")});
    this.poller.start();
  }

  async #do(button, what, body) {
    const done = await act(button, () => this.api.post(path.participant(this.#person.id, what), body), {problems: this.#problems});
    if (done) setText(this.#problems, "");
    this.poller.now();
    this.refresh();
    return done;
  }

  #form(id, what, body) {
    byId(id).addEventListener("submit", (event) => {
      event.preventDefault();  // the dialog stays
      this.#do(event.submitter ?? byId(id).querySelector("button"), what, body());
    });
  }

  async #ask() {
    const {id} = this.#person;
    try {
      const [person, report] = await Promise.all([
        this.api.get(path.participant(id)), this.api.get(path.participant(id, "why-silent")),
      ]);
      if (id !== this.#person.id) return;
      this.#person = person;
      this.#draw();
      this.#drawReport(report);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 404) throw error;
      setText(this.#problems, "It has left.");
      this.poller.stop();
    }
  }

  #draw() {
    const person = this.#person;
    setText(byId("person-title"), nameOf(person));
    setText(byId("person-uri"), printable(person.uri, 1000));
    const pressed = (id, on, [set, unset]) => {
      setAttribute(byId(id), "data-on", on);  // its word changes, so it is no aria-pressed
      setText(byId(id), on ? unset : set);
    };
    pressed("person-mute", person.muted, ["Mute", "Unmute"]);
    pressed("person-deaf", person.deaf, ["Deafen", "Undeafen"]);
    pressed("person-hold", person.held, ["Hold", "Take from hold"]);
    setFacts(byId("person-facts"), [
      ["Status", [statusOf(person)[0], ...extrasOf(person)].join(", ")],
      ["Id", person.id],
      ["Role", person.role],
      ["Here since", `${clock(person.joined_at)} (${duration(person.stay_ms / 1000)})`],
      ["Codec", person.codec],
      ["Level", `${person.level_dbov} dBov`],
      ["Loss", `${decimal(person.loss_percent, 2)} %`],
      ["Jitter", `${decimal(person.jitter_ms)} ms`],
      ["Round trip", person.round_trip_ms === null ? "–" : `${decimal(person.round_trip_ms)} ms`],
      ["Mouth to mix (estimate)", person.delay_ms === null ? "–" : `${decimal(person.delay_ms)} ms`],
      ["MOS (estimate)", decimal(person.mos ?? NaN, 2)],
      ["Packets in", count(person.packets_received)],
      ["Packets out", count(person.packets_sent)],
      ["Lost", count(person.packets_lost)],
      ["Dropped", count(person.packets_dropped)],
      ["Our RTP", person.local_rtp ?? "–"],
      ["Its RTP", person.remote_rtp ?? "–"],
      ["Gain in, out", `${person.gain_in_db} dB, ${person.gain_out_db} dB`],
    ]);
  }

  #drawReport(report) {
    setText(byId("why-title"), report.cause === "None" ? "Its voice is in the mix" : "Why is it silent?");
    setText(byId("why-advice"), printable(report.advice, 400));
    const list = byId("why-stages");
    while (list.children.length > report.stages.length) list.lastChild.remove();
    report.stages.forEach((stage, n) => {
      if (!list.children[n]) list.append(el("li", {}, el("span"), el("span"), el("span")));
      const [name, passed, detail] = list.children[n].children;
      setText(name, printable(stage.name, 40));
      setText(passed, stage.passed ? "✓ passes" : "✗ stops here");
      setAttribute(passed, "data-passed", stage.passed);
      setText(detail, printable(stage.detail, 400));
    });
  }
}
