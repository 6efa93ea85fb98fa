// RoomView: the room chosen: who is in it, live for those on screen, and what can be done to it.

import {act, say} from "./actions.js";
import {path} from "./api.js";
import {askReason, open, reasonBody} from "./dialogs.js";
import {byId, drawing, el, setAttribute, setText, show} from "./dom.js";
import {showMatrix} from "./matrix_dialog.js";
import {personRow} from "./person_row.js";
import {kinds} from "./rooms_view.js";
import {clock, count, duration, nameOf, plural, printable, roomTitle} from "./text.js";
import {WindowedList} from "./windowed_list.js";

const ORDERS = {
  coming: null,
  name: (a, b) => nameOf(a).localeCompare(nameOf(b)),
  talking: (a, b) => b.talking - a.talking || b.level_dbov - a.level_dbov,
  quality: (a, b) => (a.mos ?? 9) - (b.mos ?? 9) || b.loss_percent - a.loss_percent,
};

export class RoomView {
  // `refresh` has everything of the room asked for again, `more` shows a participant.
  constructor(store, api, {refresh, more}) {
    Object.assign(this, {store, api, refresh, more});
    this.search = byId("people-search");
    this.order = byId("people-order");
    this.list = new WindowedList({
      body: byId("people-body"),
      key: (person) => person.id,
      make: () => personRow({
        mute: (person, button) => this.mute(person, button),
        kick: (person) => this.kick(person),
        more: (person) => this.more(person),
      }),
      first: 2,  // the heads are row 1
    });
    this.list.empty = byId("room-title");
    this.search.addEventListener("input", () => this.drawPeople());
    this.order.addEventListener("change", () => this.drawPeople());
    store.addEventListener("room", () => this.drawHead());
    // A thousand who leave at once are drawn once.
    store.addEventListener("people", drawing(() => this.drawPeople()));
    store.addEventListener("levels", drawing(() => this.drawLevels()));
    this.#actions();
  }

  get #name() {
    return this.store.chosen?.name ?? this.store.room;
  }

  #post(what, body = {}) {
    return this.api.post(path.room(this.#name, what), body).finally(this.refresh);
  }

  #actions() {
    const on = (id, does) => byId(id).addEventListener("click", (event) => does(event.currentTarget));
    on("room-lock", (button) => {
      const locked = this.store.chosen?.state === "Locked";
      act(button, () => this.#post(locked ? "unlock" : "lock"), {done: locked ? "The room takes callers again." : "The room takes nobody any more."});
    });
    for (const what of ["mute", "unmute"]) {
      on(`room-${what}`, (button) => act(button, async () => {
        const {changed} = await this.#post(what, {but_moderators: byId("room-spare").checked});
        say(`${what === "mute" ? "Muted" : "Unmuted"} ${plural(changed, "participant")}.`);
      }));
    }
    on("room-matrix", (button) => act(button, async () => {
      const matrix = await this.api.get(path.room(this.#name, "matrix"));
      showMatrix(matrix, (id) => nameOf(this.store.people.get(id) ?? {id}, 40));
    }));
    on("room-invite", (button) => {
      byId("invite-form").onsubmit = () => act(button, () => this.#post("invite", {
        uri: byId("invite-uri").value.trim(),
        ...(byId("invite-name").value.trim() ? {display_name: byId("invite-name").value.trim()} : {}),
        role: byId("invite-role").value,
      }), {done: "It is being called."});
      open(byId("invite-dialog"), {first: byId("invite-uri")});
    });
    on("room-terminate", (button) => askReason({
      title: `Terminate ${roomTitle(this.store.chosen ?? {name: this.#name}, 60)}?`,
      note: "Hangs up on everyone in it and ends it.",
      verb: "Terminate",
      fallback: byId("room-title"),
      go: (reason) => act(button, () => this.#post("terminate", reasonBody(reason)), {done: "The room is ending."}),
    }));
  }

  mute(person, button) {
    const what = person.muted ? "unmute" : "mute";
    return act(button, () => this.api.post(path.participant(person.id, what), {}).finally(this.refresh),
      {done: `${nameOf(person, 60)} is ${what}d.`});
  }

  kick(person) {
    askReason({
      title: `Kick ${nameOf(person, 60)}?`,
      note: "Ends its call.",
      verb: "Kick",
      fallback: byId("room-title"),
      // A button of its own: the dialog's may be at somebody else's kick.
      go: (reason) => act(el("button"), () => this.api.post(path.participant(person.id, "kick"), reasonBody(reason)).finally(this.refresh),
        {done: `${nameOf(person, 60)} is kicked.`}),
    });
  }

  // Those whose levels are worth asking for.
  onScreen() {
    return this.list.onScreen().map((person) => person.id);
  }

  drawHead() {
    const {store} = this;
    const room = store.chosen;
    const gone = store.room !== "" && (store.roomGone || (!room && store.roomsKnown));
    const there = store.room !== "" && !gone;
    setText(byId("room-title"), room ? roomTitle(room) : printable(store.room, 64) || "No room chosen");
    for (const id of ["room-actions", "room-finder", "people"]) show(byId(id), there);
    show(byId("room-state"), Boolean(room));
    const facts = byId("room-facts");
    if (!store.room) return setText(facts, "Choose a room to see who is in it.");
    if (gone) return setText(facts, "There is no such room now. It ended, or nobody has dialled it yet.");
    if (!room) return setText(facts, "");
    setText(byId("room-state"), room.state);
    setAttribute(byId("room-state"), "data-kind", kinds[room.state]);
    const limit = room.max_participants ? ` of ${count(room.max_participants)}` : "";
    const talking = room.talkers === undefined ? "" : `, ${count(room.talkers)} talking`;
    const age = duration((Date.now() - new Date(room.created_at)) / 1000);
    setText(facts, `${plural(room.participants, "participant")}${limit}${talking}` +
      `${room.moderators ? `, ${plural(room.moderators, "moderator")}` : ""}` +
      `${room.waiting ? ", waiting for a moderator" : ""}${room.permanent ? ", permanent" : ""}. ` +
      `Made ${clock(room.created_at)}, ${age} ago.`);
    setText(byId("room-lock"), room.state === "Locked" ? "Unlock" : "Lock");
    show(byId("room-invite"), Boolean(store.health?.dial_out));
    return undefined;
  }

  // Which rows there are, and their order: only when somebody came or went, or the operator asks.
  drawPeople() {
    const {people} = this.store;
    const wanted = this.search.value.trim().toLowerCase();
    const fits = (person) => `${person.display_name}\n${person.uri}\n${person.id}`.toLowerCase().includes(wanted);
    this.shown = [...people.values()].filter((person) => !wanted || fits(person));
    const order = ORDERS[this.order.value];
    if (order) this.shown.sort(order);
    const table = byId("people");
    setAttribute(table, "aria-rowcount", this.shown.length + 1);
    show(table, this.shown.length > 0);
    setText(byId("people-count"), !people.size ? "Nobody is in it."
      : wanted ? `${count(this.shown.length)} of ${count(people.size)}` : plural(people.size, "participant"));
    this.list.setItems(this.shown);
  }

  // The same rows with what is known of them now.
  drawLevels() {
    const {people} = this.store;
    this.shown = (this.shown ?? []).map((person) => people.get(person.id) ?? person);
    this.list.setItems(this.shown);
  }
}
