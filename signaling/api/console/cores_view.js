// CoresView: what each media core uses of its time, how long its ticks take, what is dropped, what is held.

import {byId, el, setFacts, setText, show} from "./dom.js";
import {Bars, Curves} from "./plots.js";
import {count, decimal, duration, percentOfPermille, plural} from "./text.js";

const SLOTS = 150;        // as the store keeps
const CLOSES = 800;       // permille: where a core takes no more calls unless configured otherwise
const TICK_S = 0.02;      // a tick's work must be done within this

function milliseconds(seconds) {
  if (!Number.isFinite(seconds)) return "more";
  if (seconds === 0) return "0";
  return seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : `${decimal(seconds * 1000, seconds < 0.01 ? 1 : 0)} ms`;
}

function card(core) {
  const id = `core-${core.cpu}`;
  const load = new Curves(2, {max: 1000, limit: CLOSES, slots: SLOTS});
  const ticks = new Bars();
  const [loadNow, tickNow, facts] = [el("span"), el("span"), el("dl", {class: "facts"})];
  const tickFigure = el("figure", {}, ticks.node,
    el("figcaption", {}, el("span", {}, "Ticks by how long their work took; red: more than 20 ms; heights by magnitude"), tickNow));
  const node = el("section", {class: "core", "aria-labelledby": id},
    el("h3", {id}, `CPU ${core.cpu}`),
    el("figure", {}, load.node,
      el("figcaption", {}, el("span", {}, "Time used: mean of a second; dashed its 99th percentile; closes at the line"), loadNow)),
    tickFigure, facts);

  function update(core, samples, bars) {
    const words = `CPU ${core.cpu} uses ${percentOfPermille(core.load_permille)} of its time, 99 of 100 moments at most ` +
      `${percentOfPermille(core.used_p99_permille)}; headroom ${percentOfPermille(1000 - core.used_p99_permille)}.`;
    load.draw([samples.map((s) => s.load), samples.map((s) => s.used)], words);
    setText(loadNow, percentOfPermille(core.load_permille));
    show(tickFigure, bars.length > 0);
    const all = bars.reduce((sum, bar) => sum + bar.count, 0);
    const edge = bars.find((bar) => bar.le > TICK_S)?.from ?? TICK_S;  // 20 ms lies within a bucket
    const long = bars.filter((bar) => bar.le > TICK_S).reduce((sum, bar) => sum + bar.count, 0);
    const most = bars.reduce((best, bar) => (bar.count > best.count ? bar : best), {count: 0, le: 0});
    ticks.draw(bars.map((bar) => ({count: bar.count, kind: bar.from >= TICK_S ? "late" : bar.le > TICK_S ? "near" : ""})),
      `${plural(all, "tick")}, most of at most ${milliseconds(most.le)}; ${count(long)} took more than ${milliseconds(edge)}.`);
    setText(tickNow, bars.length ? `${milliseconds(bars[0].from)} – ${milliseconds(bars.at(-1).le)}` : "");
    setFacts(facts, [
      ["Headroom", percentOfPermille(1000 - core.used_p99_permille)],
      ["Participants", count(core.participants)],
      ["Rooms", count(core.conferences)],
      ["Tick p99", milliseconds(core.tick_time_us_p99 / 1e6)],
      ["Late by, p99", milliseconds(core.lateness_us_p99 / 1e6)],
      ["Ticks", count(core.ticks)],
      ["Late ticks", count(core.late_ticks)],
      ["Packets in", count(core.packets_received)],
      ["Packets out", count(core.packets_sent)],
      ["Drops", count(core.drops)],
      ["Peers' ticks missed", count(core.peer_ticks_missed)],
    ]);
  }
  return {node, update};
}

export class CoresView {
  #cards = new Map();

  constructor(store) {
    this.store = store;
    store.addEventListener("cores", () => this.draw());
  }

  draw() {
    if (byId("cores").hidden) return;
    const {store} = this;
    const there = new Set(store.cores.map((core) => core.cpu));
    for (const [cpu, old] of this.#cards) {
      if (there.has(cpu)) continue;
      old.node.remove();
      this.#cards.delete(cpu);
    }
    for (const core of store.cores) {
      if (!this.#cards.has(core.cpu)) {
        const made = card(core);
        this.#cards.set(core.cpu, made);
        byId("core-cards").append(made.node);
      }
      this.#cards.get(core.cpu).update(core, store.samples.get(core.cpu) ?? [], store.histograms.get(String(core.cpu)) ?? []);
    }
    if (store.ledger) {
      setFacts(byId("ledger"), [
        ...Object.entries(store.ledger).map(([what, held]) => [what, count(held)]),
        ["up for", duration(store.health?.uptime_s)],
      ]);
    }
    const drops = store.drops.filter(([, dropped]) => dropped > 0);
    show(byId("drops-none"), drops.length === 0);
    setFacts(byId("drops"), drops.map(([reason, dropped]) => [reason.replaceAll("_", " "), count(dropped)]));
  }
}
