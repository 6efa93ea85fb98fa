// RoomsView: all rooms, to choose one; windowed as the participants are, because there may be thousands.

import {byId, el, setAttribute, setText, show} from "./dom.js";
import {clock, count, plural, roomTitle} from "./text.js";
import {WindowedList} from "./windowed_list.js";

export const kinds = {Active: "good", Locked: "warn", Terminating: "bad", Terminated: "bad", Creating: ""};

export class RoomsView {
  constructor(store) {
    this.store = store;
    this.search = byId("rooms-search");
    this.search.addEventListener("input", () => this.draw());
    this.list = new WindowedList({
      body: byId("rooms-body"),
      scroller: byId("rooms-list"),
      key: (room) => room.id,
      make: () => this.#row(),
    });
    this.list.empty = byId("rooms-search");
    store.addEventListener("rooms", () => this.draw());
  }

  #row() {
    const [name, state, facts] = [el("bdi"), el("span", {class: "chip"}), el("small")];
    const link = el("a", {}, name, state, facts);
    return {
      node: el("li", {}, link),
      update: (room) => {
        setAttribute(link, "href", `#/rooms/${encodeURIComponent(room.name)}`);
        if (room.name === this.store.room || room.id === this.store.room) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
        setText(name, roomTitle(room));
        setText(state, room.waiting ? "Waiting" : room.state);
        setAttribute(state, "data-kind", room.waiting ? "warn" : kinds[room.state]);
        const talking = room.talkers === undefined ? "" : `, ${count(room.talkers)} talking`;
        setText(facts, `${plural(room.participants, "participant")}${talking}, since ${clock(room.created_at)}`);
      },
    };
  }

  draw() {
    const wanted = this.search.value.trim().toLowerCase();
    const rooms = this.store.rooms.filter((room) => !wanted || `${room.name}\n${room.display_name}`.toLowerCase().includes(wanted));
    this.list.setItems(rooms);
    const none = byId("rooms-none");
    show(none, rooms.length === 0);
    setText(none, this.store.rooms.length ? "No room has such a name." : "No rooms. Dialling a name makes one.");
  }
}
