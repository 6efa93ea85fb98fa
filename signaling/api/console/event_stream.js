// EventStream: server-sent events read with fetch, because EventSource cannot send a token.
// Source: HTML Living Standard, 9.2 (parsing, Last-Event-ID).

import {Problem} from "./api.js";

const LINE_MAX = 1 << 20;
const SILENCE_MS = 45000;  // the server says something each 15 s, if only a comment
const RETRY_MS = [500, 1000, 2000, 4000];

// Text in, events out: {id, name, data}. Chunks may end anywhere, in a line or between CR and LF.
export class EventParser {
  #rest = "";
  #id = "";
  #name = "";
  #data = [];
  #skip_lf = false;
  retryMs = 0;  // what the server asked for

  push(text, found) {
    let rest = this.#rest + (this.#skip_lf && text.startsWith("\n") ? text.slice(1) : text);
    if (text) this.#skip_lf = false;
    let start = 0;
    for (const match of rest.matchAll(/\r\n|\n|\r/g)) {
      this.#line(rest.slice(start, match.index), found);
      start = match.index + match[0].length;
      if (match[0] === "\r" && start === rest.length) this.#skip_lf = true;
    }
    this.#rest = rest.slice(start);
    if (this.#rest.length > LINE_MAX) throw new Error("a line of the event stream has no end");
  }

  #line(line, found) {
    if (line === "") {
      if (this.#data.length) found({id: this.#id, name: this.#name || "message", data: this.#data.join("\n")});
      this.#name = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;  // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#name = value;
    else if (field === "id" && !value.includes("\0")) this.#id = value;
    else if (field === "retry" && /^\d+$/.test(value)) this.retryMs = Number(value);
  }
}

// Reads until stopped, and comes back by itself behind the last event that it had.
export class EventStream {
  #api;
  #path;
  #lastId = "";
  #cut = null;
  #running = false;

  // on.event({id, name, data}), on.open(resumed)
  constructor(api, path, on) {
    this.#api = api;
    this.#path = path;
    this.on = on;
  }

  async start() {
    if (this.#running) return;
    this.#running = true;
    for (let failures = 0; this.#running; ) {
      let retryMs = 0;
      try {
        retryMs = await this.#read(() => { failures = 0; });
      } catch (error) {
        // Whatever ended it: the api knows whether the server is away, and the next try tells. But a place that the
        // server does not know is left, or it would be asked for for ever.
        if (error instanceof Problem && error.status === 400) this.#lastId = "";
      }
      if (!this.#running) return;
      const pause = Math.max(retryMs, RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)]);
      await new Promise((done) => setTimeout(done, pause * (0.75 + Math.random() / 2)));  // not all pages at once
    }
  }

  stop() {
    this.#running = false;
    this.#cut?.abort();
  }

  async #read(opened) {
    if (this.#api.state === "locked") return 0;
    const cut = (this.#cut = new AbortController());
    let watch = 0;
    const alive = () => {
      clearTimeout(watch);
      watch = setTimeout(() => cut.abort(), SILENCE_MS);
    };
    const parser = new EventParser();
    try {
      alive();
      const headers = {Accept: "text/event-stream", ...(this.#lastId ? {"Last-Event-ID": this.#lastId} : {})};
      const answer = await this.#api.request("GET", this.#path, {headers, signal: cut.signal});
      opened();
      this.on.open(this.#lastId !== "");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const {done, value} = await reader.read();
        if (done) return parser.retryMs;
        alive();
        parser.push(value, (event) => {
          if (event.id) this.#lastId = event.id;
          this.on.event(event);
        });
      }
    } finally {
      clearTimeout(watch);
      cut.abort();
    }
  }
}
