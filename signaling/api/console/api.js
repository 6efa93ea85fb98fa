// Api: what is asked of the server, and whether it is there: "connecting", "here", "away" or "locked" (it wants
// a token). Fires "state" when that changes.

const TOKEN = "tutti-token";
const PATIENCE_MS = 5000;
const PAGE_MAX = 500; // openapi.json: parameters.limit

// The server answered that it will not, or cannot.
export class Problem extends Error {
  constructor(status, detail, error, retryAfter) {
    super(detail);
    this.status = status;
    this.error = error;  // the name of the conference's error, where an operation failed
    this.retryAfterMs = 1000 * retryAfter;
  }
}

// It did not answer at all.
export class Away extends Error {}

export class Api extends EventTarget {
  state = "connecting";
  #token = "";

  constructor() {
    super();
    try {
      this.#token = sessionStorage.getItem(TOKEN) ?? "";
    } catch {
      // A browser that keeps nothing asks again after a reload.
    }
  }

  // For this tab alone, and as long as it is open: never localStorage, never a cookie.
  setToken(token) {
    this.#token = token;
    try {
      sessionStorage.setItem(TOKEN, token);
    } catch {
      // As above.
    }
    this.#become("connecting");
  }

  get hasToken() {
    return this.#token !== "";
  }

  get(path) {
    return this.#json("GET", path);
  }

  // The list `name` of it, in pages as long as may be.
  async list(path, name) {
    const all = [];
    for (let next = `${path}?limit=${PAGE_MAX}`; next; ) {
      const page = await this.get(next);
      all.push(...page[name]);
      next = page.next;
    }
    return all;
  }

  post(path, body) {
    return this.#json("POST", path, body);
  }

  async text(path) {
    const answer = await this.request("GET", path, {signal: AbortSignal.timeout(PATIENCE_MS)});
    return answer.text();
  }

  // A Response of status 2xx, or throws Problem or Away. `signal` bounds it, its body too.
  async request(method, path, {body, headers = {}, signal} = {}) {
    const token = this.#token;
    let answer;
    try {
      answer = await fetch(path, {
        method,
        headers: {
          ...headers,
          ...(token ? {Authorization: `Bearer ${token}`} : {}),
          ...(body === undefined ? {} : {"Content-Type": "application/json"}),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal,
      });
    } catch (error) {
      if (signal?.aborted && signal.reason?.name === "AbortError") throw error;  // we did that
      this.#become("away");
      throw new Away("the server does not answer", {cause: error});
    }
    if (answer.status === 401) {
      // An answer to an older token says nothing about this one.
      if (token === this.#token) this.#become("locked");
    } else {
      this.#become("here");
    }
    if (answer.ok) return answer;
    const told = await answer.json().catch(() => ({}));
    const after = Number(answer.headers.get("Retry-After")) || 0;
    throw new Problem(answer.status, told.detail || told.title || `The server said ${answer.status}.`, told.error, after);
  }

  async #json(method, path, body) {
    const answer = await this.request(method, path, {body, signal: AbortSignal.timeout(PATIENCE_MS)});
    if (answer.status === 204) return null;
    try {
      return await answer.json();
    } catch (error) {
      this.#become("away");  // cut off in the middle
      throw new Away("the answer broke off", {cause: error});
    }
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

export const path = {
  room: (name, what = "") => `/rooms/${encodeURIComponent(name)}${what && `/${what}`}`,
  participant: (id, what = "") => `/participants/${id}${what && `/${what}`}`,
};
