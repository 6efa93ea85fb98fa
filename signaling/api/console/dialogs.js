// Dialogs: the browser's own <dialog>, modal: it holds the focus while open, closes with Escape, and gives the
// focus back to where it was.

import {byId, setText} from "./dom.js";

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}

// Opens a dialog; `first` has the focus. When who opened it has left the page meanwhile, `fallback` gets it.
export function open(dialog, {first, fallback} = {}) {
  const opener = document.activeElement;
  dialog.addEventListener("close", () => {
    if (!opener?.isConnected || opener === document.body) (fallback ?? byId("main")).focus();
  }, {once: true});
  if (!dialog.open) dialog.showModal();
  first?.focus();
}

// Asks for a reason before something that cannot be undone. `go(reason)` runs once it was confirmed.
export function askReason({title, note = "", verb, go, fallback}) {
  const dialog = byId("reason-dialog");
  setText(byId("reason-title"), title);
  setText(byId("reason-note"), note);
  setText(byId("reason-go"), verb);
  byId("reason").value = "";
  byId("reason-form").onsubmit = () => go(byId("reason").value.trim());
  open(dialog, {first: byId("reason"), fallback});
}

// The body of a request that may have a reason.
export function reasonBody(reason) {
  return reason ? {reason} : {};
}

export function askToken(api, refused) {
  const dialog = byId("token-dialog");
  if (dialog.open) return;
  for (const other of document.querySelectorAll("dialog[open]")) other.close();
  setText(byId("token-title"), refused ? "The server did not take this token" : "The server wants a token");
  byId("token").value = "";
  byId("token-form").onsubmit = () => api.setToken(byId("token").value.trim());
  open(dialog, {first: byId("token")});
}
