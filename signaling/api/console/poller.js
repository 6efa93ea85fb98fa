// Poller: asks again and again, one question at a time: the pause begins when the answer is there, so a slow
// server is asked less. Nothing is asked for a page that nobody sees.

import {Problem} from "./api.js";

const AWAY_MS = 1000;
const pollers = new Set();

export class Poller {
  #timer = 0;
  #busy = false;
  #again = false;
  #running = false;

  // `pause` in ms, or a function that tells it.
  constructor(api, ask, pause) {
    this.api = api;
    this.ask = ask;
    this.pause = pause;
    pollers.add(this);
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.now();
  }

  stop() {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  // At once, or once more when the answer on its way is there: what it tells may be of before.
  async now() {
    if (!this.#running || document.hidden || this.api.state === "locked") return;
    if (this.#busy) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#busy = true;
    this.#again = false;
    let wait = 0;
    try {
      await this.ask();
    } catch (error) {
      // Away and locked show elsewhere; a problem here is a moment's: a room that ended, too many requests.
      if (error instanceof Problem) wait = error.retryAfterMs;
      else if (this.api.state !== "away") console.error(error);
    }
    this.#busy = false;
    if (!this.#running) return;
    const pause = typeof this.pause === "function" ? this.pause() : this.pause;
    const least = this.api.state === "away" ? AWAY_MS : 0;
    this.#timer = setTimeout(() => this.now(), Math.max(this.#again && !wait ? 0 : pause, least, wait));
  }
}

export function askAllNow() {
  for (const poller of pollers) poller.now();
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) askAllNow();
});
