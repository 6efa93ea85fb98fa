// What an operator does: once at a time for each button, its outcome said to eyes and ears.

import {Problem} from "./api.js";
import {byId, setText, show} from "./dom.js";

const SAID_MS = 8000;
let fading = 0;

// A line at the foot of the page; it is a live region, so it is read out too.
export function say(sentence, bad = false) {
  const said = byId("said");
  clearTimeout(fading);
  said.dataset.kind = bad ? "bad" : "good";
  show(said, true);
  setText(said, sentence);
  fading = setTimeout(() => show(said, false), SAID_MS);
}

// Runs `ask` for a button that is not already at it. It stays focusable meanwhile: a disabled one would drop the
// focus. `problems` is where a failure is written, the foot of the page unless told. Returns whether it went well.
export async function act(button, ask, {done = "", problems = null} = {}) {
  if (button.getAttribute("aria-disabled") === "true") return false;
  button.setAttribute("aria-disabled", "true");
  if (problems) setText(problems, "");
  try {
    await ask();
    if (done) say(done);
    return true;
  } catch (error) {
    const sentence = error instanceof Problem ? error.message : "The server does not answer; nothing is known to have changed.";
    if (problems) setText(problems, sentence);
    else say(sentence, true);
    return false;
  } finally {
    button.removeAttribute("aria-disabled");
  }
}
