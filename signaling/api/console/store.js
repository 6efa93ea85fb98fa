// Store: what the page knows: the rooms, who is in the room chosen, the cores, the last events. Fires "rooms",
// "room", "people", "cores", "events" when that part changed; the views draw what they show of it.

import {announce} from "./dom.js";
import {nameOf, plural, printable} from "./text.js";

const EVENTS_KEPT = 2000;
const SAMPLES_KEPT = 150;  // of 2 s each: five minutes

export class Store extends EventTarget {
  health = null;
  ledger = null;
  rooms = [];
  roomsKnown = false;
  room = "";            // its name, or id; empty: none is chosen
  roomGone = false;     // it was chosen, and there is none
  people = new Map();   // id -> Participant, in the order of their coming
  cores = [];
  samples = new Map();  // cpu -> [{load, used}]
  drops = [];           // [[reason, count]]
  histograms = new Map();  // cpu -> [{le, count}], of ticks since the page began to look
  events = [];          // the newest last
  eventsLost = 0;
  serial = 0;           // of the events: tells a view what is new
  #came = new Map();    // since askPeople(), by id
  #left = new Set();

  #tell(...parts) {
    for (const part of parts) this.dispatchEvent(new Event(part));
  }

  choose(room) {
    if (room === this.room) return;
    this.room = room;
    this.roomGone = false;
    this.people = new Map();
    this.askPeople();
    this.#tell("room", "people", "rooms");
  }

  // Everyone is asked for from now on, page by page: who comes or goes meanwhile may be told wrongly by a page.
  askPeople() {
    this.#came.clear();
    this.#left.clear();
  }

  get chosen() {
    return this.rooms.find((room) => room.name === this.room || room.id === this.room) ?? null;
  }

  setRooms(rooms) {
    this.rooms = rooms;
    this.roomsKnown = true;
    this.#tell("rooms", "room");
  }

  setHealth(health, ledger) {
    Object.assign(this, {health, ledger});
    this.#tell("cores");
  }

  // Everyone in the room; null: there is no such room.
  setPeople(people) {
    this.roomGone = people === null;
    this.people = new Map((people ?? []).filter((person) => !this.#left.has(person.id)).map((person) => [person.id, person]));
    for (const [id, person] of people === null ? [] : this.#came) {
      if (!this.people.has(id)) this.people.set(id, person);
    }
    this.#tell("room", "people");
  }

  // What is told of some of them. Who is missing has left; the event or the next whole list says so.
  updatePeople(people) {
    for (const person of people) {
      if (this.people.has(person.id)) this.people.set(person.id, person);
    }
    this.#tell("levels");
  }

  setCores(cores) {
    this.cores = cores;
    for (const core of cores) {
      const samples = this.samples.get(core.cpu) ?? [];
      samples.push({load: core.load_permille, used: core.used_p99_permille});
      this.samples.set(core.cpu, samples.slice(-SAMPLES_KEPT));
    }
    this.#tell("cores");
  }

  setMetrics(drops, histograms) {
    Object.assign(this, {drops, histograms});
    this.#tell("cores");
  }

  // A server that was started again has other cores, rooms and people.
  forget() {
    this.samples.clear();
    this.people = new Map();
    this.#tell("people", "cores");
  }

  addEvent(event) {
    ++this.serial;
    if (event.event === "gap") {
      this.eventsLost += event.lost ?? 1;
      this.#tell("events", "gap");
      return;
    }
    this.events.push(event);
    if (this.events.length > 1.25 * EVENTS_KEPT) this.events.splice(0, this.events.length - EVENTS_KEPT);
    const here = event.room === this.room || event.room === this.chosen?.name;
    if (here) this.#apply(event);
    if (/^Conference(Created|Terminated|StateChanged)|^Configuration/.test(event.event)) this.#tell("stale-rooms");
    this.#tell("events");
  }

  #apply(event) {
    const person = this.people.get(event.participant);
    switch (event.event) {
      case "ParticipantJoined":
        this.people.set(event.participant, event.detail.participant);
        this.#came.set(event.participant, event.detail.participant);
        this.#left.delete(event.participant);
        announce(`${nameOf(event.detail.participant, 60)} joined.`);
        return this.#tell("people", "stale-rooms");
      case "ParticipantLeft":
        this.#came.delete(event.participant);
        this.#left.add(event.participant);
        if (!this.people.delete(event.participant)) return undefined;
        announce(`${nameOf(event.detail.participant, 60)} left${event.detail.reason ? `: ${printable(event.detail.reason, 60)}` : ""}.`);
        return this.#tell("people", "stale-rooms");
      case "ConferenceStateChanged":
        return announce(`The room is ${event.detail.to.toLowerCase()}.`);
      case "ConferenceTerminated":
        return announce("The room has ended.");
      case "TalkingStarted":
      case "TalkingStopped":
        if (!person) return undefined;
        this.people.set(person.id, {...person, talking: event.event === "TalkingStarted"});
        return this.#tell("levels");
      case "ParticipantStatusChanged":
        if (!person) return undefined;
        this.people.set(person.id, {...person, status: event.detail.to});
        return this.#tell("levels");
      default:
        return undefined;
    }
  }
}

// What an event says in a few words.
export function sentenceOf(event) {
  const detail = event.detail ?? {};
  switch (event.event) {
    case "ParticipantJoined":
    case "ParticipantLeft":
      return [nameOf(detail.participant ?? {}, 60), detail.reason].filter(Boolean).map((text) => printable(text, 160)).join(": ");
    case "ConferenceTerminated":
      return printable(detail.reason, 160);
    case "StatsUpdated":
      return `${plural(detail.statistics.participants_active, "participant")}, ${detail.statistics.talkers} talking`;
    default:
      return Object.entries(detail).map(([key, value]) =>
        `${key} ${printable(typeof value === "object" ? JSON.stringify(value) : value, 160)}`).join(", ");
  }
}
