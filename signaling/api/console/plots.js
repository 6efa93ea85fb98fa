// Plots: curves and bars as SVG, drawn here; each says in words what it shows, for who cannot see it.

import {setAttribute, svg} from "./dom.js";

const WIDTH = 300;
const HEIGHT = 100;

function canvas(kind) {
  return svg("svg", {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", class: kind});
}

// Values over time, the newest at the right edge; `limit` is a line across, in the values' unit.
export class Curves {
  node = canvas("curves");
  #limit = svg("line", {class: "limit", x1: 0, x2: WIDTH});
  #lines;

  constructor(count, {max, limit, slots}) {
    Object.assign(this, {max, limit, slots});
    this.#lines = Array.from({length: count}, (_, n) => svg("polyline", {class: n ? "curve second" : "curve"}));
    this.node.append(this.#limit, ...this.#lines);
  }

  draw(series, words) {
    const highest = Math.max(this.max, ...series.flat());  // an overload must not leave the picture
    const y = (value) => (HEIGHT * (1 - value / highest)).toFixed(1);
    series.forEach((values, n) => {
      const step = WIDTH / (this.slots - 1);
      const first = WIDTH - step * (values.length - 1);
      setAttribute(this.#lines[n], "points", values.map((value, at) => `${(first + at * step).toFixed(1)},${y(value)}`).join(" "));
    });
    setAttribute(this.#limit, "y1", y(this.limit));
    setAttribute(this.#limit, "y2", y(this.limit));
    setAttribute(this.node, "aria-label", words);
  }
}

// Counts side by side, their heights by magnitude: one tick in a million must be seen beside the million.
export class Bars {
  node = canvas("bars");

  // bars: [{count, kind}]: the kind is a class.
  draw(bars, words) {
    while (this.node.children.length > bars.length) this.node.lastChild.remove();
    while (this.node.children.length < bars.length) this.node.append(svg("rect"));
    const highest = Math.max(1, ...bars.map((bar) => Math.log10(1 + bar.count)));
    const width = WIDTH / Math.max(1, bars.length);
    bars.forEach((bar, n) => {
      const height = bar.count > 0 ? Math.max(3, (HEIGHT - 4) * Math.log10(1 + bar.count) / highest) : 0;
      const node = this.node.children[n];
      setAttribute(node, "x", (n * width + 1).toFixed(1));
      setAttribute(node, "y", (HEIGHT - height).toFixed(1));
      setAttribute(node, "width", Math.max(1, width - 2).toFixed(1));
      setAttribute(node, "height", height.toFixed(1));
      setAttribute(node, "class", bar.kind);
    });
    setAttribute(this.node, "aria-label", words);
  }
}
