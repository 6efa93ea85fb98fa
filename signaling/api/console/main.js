// The page: what is asked and how often, which view is shown, and what is said when the server is away.

import {Api, path, Problem} from "./api.js";
import {askToken} from "./dialogs.js";
import {byId, setAttribute, setText, show} from "./dom.js";
import {CoresView} from "./cores_view.js";
import {EventStream} from "./event_stream.js";
import {EventsView} from "./events_view.js";
import {apart, parseMetrics} from "./metrics.js";
import {PersonDialog} from "./person_dialog.js";
import {askAllNow, Poller} from "./poller.js";
import {RoomsView} from "./rooms_view.js";
import {RoomView} from "./room_view.js";
import {Store} from "./store.js";
import {clock, count, duration, percentOfPermille, printable} from "./text.js";

const LEVELS_MS = 220;     // of those on screen
const STATUS_MS = 2000;    // rooms, cores, ledger
const METRICS_MS = 5000;
const WHOLE_MS = 3000;     // everyone in the room; of a thousand participants ten times as seldom
const WHOLE_MANY = 300;
const LEVELS_MANY = 64;    // more rows are on no screen

const api = new Api();
const store = new Store();
let view = "rooms";

const levels = new Poller(api, async () => {
  const ids = room.onScreen().slice(0, LEVELS_MANY);
  if (view !== "room" || !store.room || !ids.length) return;
  const chosen = store.room;
  const {participants} = await api.get(`${path.room(chosen, "participants")}?ids=${ids.join(",")}`);
  if (chosen === store.room) store.updatePeople(participants);
}, LEVELS_MS);

const whole = new Poller(api, async () => {
  const chosen = store.room;
  if (!chosen) return;
  if (store.roomsKnown && !store.chosen) return store.setPeople(null);
  store.askPeople();
  try {
    const participants = await api.list(path.room(chosen, "participants"), "participants");
    if (chosen === store.room) store.setPeople(participants);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error;
    if (chosen === store.room) store.setPeople(null);
  }
  return undefined;
}, () => (store.people.size > WHOLE_MANY ? 10 * WHOLE_MS : WHOLE_MS));

const rooms = new Poller(api, async () => store.setRooms(await api.list("/rooms", "rooms")), STATUS_MS);

let uptime = 0;
const status = new Poller(api, async () => {
  const [health, ledger, cores] = await Promise.all([healthNow(), api.get("/ledger"), api.get("/cores")]);
  if (health.uptime_s < uptime) store.forget();  // it was started again
  uptime = health.uptime_s;
  store.setHealth(health, ledger);
  store.setCores(cores.cores);
  drawSummary();
}, STATUS_MS);

// A server that drains says so with 503.
async function healthNow() {
  try {
    return await api.get("/health");
  } catch (error) {
    if (error instanceof Problem && error.status === 503) return {status: "draining", uptime_s: uptime};
    throw error;
  }
}

const TICKS = "tutti_tick_time_seconds_bucket";
const DROPS = "tutti_packets_dropped_total";
const metrics = new Poller(api, async () => {
  if (view !== "cores") return;
  const found = parseMetrics(await api.text("/metrics"), new Set([TICKS, DROPS]));
  const drops = new Map();
  const buckets = new Map();
  for (const {name, labels, value} of found) {
    if (name === DROPS) drops.set(labels.reason, (drops.get(labels.reason) ?? 0) + value);
    else buckets.set(labels.cpu, [...(buckets.get(labels.cpu) ?? []), {le: Number(labels.le.replace("+Inf", "Infinity")), count: value}]);
  }
  store.setMetrics([...drops], new Map([...buckets].map(([cpu, list]) => [cpu, apart(list)])));
}, METRICS_MS);

const stream = new EventStream(api, "/events", {
  event: ({data}) => store.addEvent(JSON.parse(data)),
  open: () => whole.now(),
});

const refresh = () => {
  whole.now();
  rooms.now();
};
const room = new RoomView(store, api, {refresh, more: (person) => dialog.show(person)});
const dialog = new PersonDialog(store, api, {refresh, kick: (person) => room.kick(person)});
const roomsView = new RoomsView(store);
const coresView = new CoresView(store);
const eventsView = new EventsView(store);

store.addEventListener("gap", refresh);  // what was missed is in the whole
let roomsDue = 0;
store.addEventListener("stale-rooms", () => {
  roomsDue ||= setTimeout(() => {
    roomsDue = 0;
    rooms.now();
  }, 200);
});
store.addEventListener("rooms", drawSummary);
let chosenId = "";
store.addEventListener("rooms", () => {
  if (store.chosen && store.chosen.id !== chosenId) whole.now();  // it is there now, or another of its name
  chosenId = store.chosen?.id ?? "";
});

function drawSummary() {
  setText(byId("sum-callers"), count(store.ledger?.participants));
  setText(byId("sum-rooms"), count(store.rooms.length));
  const told = store.rooms.some((room) => room.talkers !== undefined) || !store.rooms.length;
  setText(byId("sum-talking"), told ? count(store.rooms.reduce((sum, room) => sum + (room.talkers ?? 0), 0)) : "–");
  const busiest = Math.max(...store.cores.map((core) => core.load_permille));
  setText(byId("sum-load"), percentOfPermille(busiest));
  drawLink();
}

let awaySince = null;
function drawLink() {
  const {state} = api;
  const draining = store.health?.status === "draining";
  setAttribute(byId("link"), "data-state", draining && state === "here" ? "locked" : state);
  setText(byId("link"), {
    connecting: "connecting", away: "server away", locked: "token needed",
    here: draining ? "draining: takes no calls" : `up ${duration(60 * Math.floor(uptime / 60)).replace(/:00$/, "").replace(/^(\d+)$/, "$1 min")}`,
  }[state]);
}

api.addEventListener("state", () => {
  const {state} = api;
  if (state === "away") awaySince ??= new Date();
  show(byId("away"), state === "away");
  if (state === "away") setText(byId("away"), `The server does not answer since ${clock(awaySince)}. What is shown is of then. Trying again each second.`);
  else awaySince = null;
  show(byId("unlock"), state === "locked");
  setAttribute(byId("main"), "data-link", state);
  if (state === "locked") askToken(api, api.hasToken);
  if (state === "here" || state === "connecting") askAllNow();
  drawLink();
});
byId("unlock").addEventListener("click", () => askToken(api, api.hasToken));

// The address says what is shown: #/rooms, #/rooms/NAME, #/cores, #/events.
let shown = false;
function route() {
  const match = /^#\/(rooms|cores|events)(?:\/(.+))?$/.exec(location.hash);
  if (!match && location.hash && !location.hash.startsWith("#/")) return;  // a place within the page
  let name = "";
  try {
    name = decodeURIComponent(match?.[2] ?? "");
  } catch {
    // No room has a name of broken escapes.
  }
  const [was, wasRoom] = [view, store.room];
  view = match?.[1] === "cores" || match?.[1] === "events" ? match[1] : name ? "room" : "rooms";
  if (view === "room") store.choose(name);
  byId("main").dataset.view = view;
  for (const id of ["cores", "events"]) show(byId(id), view === id);
  show(byId("room"), view === "room" || view === "rooms");
  for (const link of document.querySelectorAll("nav a")) {
    const here = link.hash === (view === "room" ? "#/rooms" : `#/${view}`);
    if (here) link.setAttribute("aria-current", view === "room" ? "true" : "page");
    else link.removeAttribute("aria-current");
  }
  document.title = view === "room" ? `${printable(store.room, 64)} · Tutti` : `${view[0].toUpperCase()}${view.slice(1)} · Tutti`;
  // A new page, for who cannot see it; not when it was loaded just now.
  if (shown && (was !== view || wasRoom !== store.room)) {
    const link = document.activeElement?.closest("#rooms-body");  // which a narrow screen hides now
    if (view === "room" && !link?.checkVisibility()) byId("room-title").focus();
    window.scrollTo(0, 0);
  }
  shown = true;
  room.drawHead();
  room.drawPeople();
  roomsView.draw();
  coresView.draw();
  eventsView.draw();
  for (const poller of [whole, metrics, levels]) poller.now();
}
window.addEventListener("hashchange", route);
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  byId("main").focus();
});

route();
for (const poller of [rooms, status, whole, levels, metrics]) poller.start();
stream.start();
