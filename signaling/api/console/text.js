// What the page writes: names that callers chose, made harmless to read, and figures.

// Controls, and the marks that turn the direction of what follows: they could make one name look like another or
// reorder the sentence around it. Joiners (200C, 200D) stay: scripts and emoji need them.
const TREACHEROUS = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

// One line of at most `length` characters that cannot disturb what stands beside it.
export function printable(text, length = 120) {
  const given = String(text ?? "");
  // Cut before it is looked at: 10,000 characters of a hostile name cost as much as 120.
  const characters = Array.from(given.slice(0, 2 * length));
  const cut = characters.length > length || given.length > 2 * length;
  return characters.slice(0, length).join("").replace(TREACHEROUS, "\ufffd") + (cut ? "…" : "");
}

// What to call a participant.
export function nameOf(participant, length = 120) {
  const name = printable(participant.display_name, length).trim();
  if (name) return name;
  const user = /^sips?:([^@;?]+)@/i.exec(String(participant.uri ?? "").slice(0, 1000));
  return printable(user ? user[1] : participant.uri, length).trim() || `participant ${participant.id}`;
}

export function roomTitle(room, length = 120) {
  return printable(room.display_name, length).trim() || printable(room.name, length);
}

const counts = new Intl.NumberFormat("en-GB");
export function count(number) {
  return Number.isFinite(number) ? counts.format(number) : "–";
}

export function plural(number, one, many = `${one}s`) {
  return `${count(number)} ${number === 1 ? one : many}`;
}

export function decimal(number, digits = 1) {
  return Number.isFinite(number) ? number.toFixed(digits) : "–";
}

export function percentOfPermille(permille) {
  return Number.isFinite(permille) ? `${(permille / 10).toFixed(1)} %` : "–";
}

// "1:02:03"; "2 d 03:04" when the hours alone would be hard to read.
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "–";
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60];
  if (days) return `${days} d ${two(hours)}:${two(minutes)}`;
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

const clocks = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit", second: "2-digit"});
const dates = new Intl.DateTimeFormat("en-GB", {day: "numeric", month: "short"});
// The time of day here; with the date when it was not today.
export function clock(at) {
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return "–";
  const today = date.toDateString() === new Date().toDateString();
  return today ? clocks.format(date) : `${dates.format(date)} ${clocks.format(date)}`;
}
