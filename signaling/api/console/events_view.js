// EventsView: what happened, the newest first.

import {byId, drawing, el, setAttribute, setText} from "./dom.js";
import {sentenceOf} from "./store.js";
import {clock, count, nameOf, printable} from "./text.js";

const SHOWN = 300;
const TALK = new Set(["TalkingStarted", "TalkingStopped", "ActiveSpeakerChanged", "StatsUpdated"]);

export class EventsView {
  #held = null;  // the serial up to which is shown while it is held still
  #names = new Map();  // participant -> name, also of those who left

  constructor(store) {
    this.store = store;
    this.draw = drawing(() => this.#draw());
    store.addEventListener("events", () => this.draw());
    for (const id of ["events-search", "events-here", "events-talk"]) byId(id).addEventListener("input", () => this.draw());
    byId("events-hold").addEventListener("click", (event) => {
      this.#held = this.#held === null ? [...store.events] : null;
      setAttribute(event.currentTarget, "aria-pressed", this.#held !== null);
      this.draw();
    });
  }

  #who(event) {
    if (event.participant === null || event.participant === undefined) return "";
    const told = event.detail?.participant ?? this.store.people.get(event.participant);
    if (told) this.#names.set(event.participant, nameOf(told, 40));
    if (this.#names.size > 10000) this.#names.clear();
    return this.#names.get(event.participant) ?? `participant ${event.participant}`;
  }

  #item(event) {
    return el("li", {},
      el("span", {}, el("time", {datetime: event.at}, clock(event.at)), ` ${event.number}`),
      el("bdi", {}, printable(event.room, 64)),
      el("span", {}, event.event.replace(/(?<=[a-z])(?=[A-Z])/g, " ")),
      el("bdi", {}, [this.#who(event), sentenceOf(event)].filter(Boolean).join(" · ")));
  }

  #draw() {
    if (byId("events").hidden) return;
    const {store} = this;
    setText(byId("events-room"), printable(store.room, 64) || "the room chosen");
    const wanted = byId("events-search").value.trim().toLowerCase();
    const here = byId("events-here").checked ? store.chosen?.name ?? store.room : "";
    const talk = byId("events-talk").checked;
    const items = [];
    const events = this.#held ?? store.events;
    for (let n = events.length - 1; n >= 0 && items.length < SHOWN; --n) {
      const event = events[n];
      if ((here && event.room !== here) || (!talk && TALK.has(event.event))) continue;
      const item = this.#item(event);
      if (!wanted || item.textContent.toLowerCase().includes(wanted)) items.push(item);
    }
    byId("log").replaceChildren(...items);
    const lost = store.eventsLost ? ` ${count(store.eventsLost)} were gone before they could be read.` : "";
    setText(byId("events-note"), (this.#held ? "Held still: newer ones wait." :
      items.length ? `The last ${count(items.length)} since this page was opened.` : "Nothing has happened since this page was opened.") + lost);
  }
}
