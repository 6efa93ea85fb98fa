// WindowedList: thousands of rows of one height, of which only those on screen are in the page.
//
// The body is as high as all rows would be, so the scroll bar and Page Down work; rows stand where they belong. The
// row that has the focus stays in the page wherever one scrolls, and when its item goes, its neighbour gets the
// focus: a keyboard is never thrown back to the top.

import {drawing, setAttribute} from "./dom.js";

const BEYOND = 4;  // rows above and below: Tab finds the next one there, and scrolling shows no hole

export class WindowedList {
  #rows = new Map();  // key -> {node, update(item), index}
  #items = [];
  #height = 0;
  #seen = [0, 0];

  // make() returns {node, update(item)}; `first` is the number of the first row for who counts them (ARIA), 0 for
  // none. `scroller` is what scrolls besides the page.
  constructor({body, scroller, key, make, first = 0}) {
    Object.assign(this, {body, key, make, first});
    this.draw = drawing(() => this.#draw());
    for (const target of [window, scroller]) target?.addEventListener("scroll", this.draw, {passive: true});
    this.scroller = scroller;
    window.addEventListener("resize", () => {
      this.#height = 0;
      this.draw();
    });
  }

  setItems(items) {
    this.#items = items;
    this.draw();
  }

  // The items whose rows are in the page now.
  onScreen() {
    return this.#items.slice(...this.#seen);
  }

  #range() {
    if (!this.#items.length) return [0, 0];
    const body = this.body.getBoundingClientRect();
    let [top, bottom] = [0, window.innerHeight];
    if (this.scroller) {
      const outer = this.scroller.getBoundingClientRect();
      [top, bottom] = [Math.max(top, outer.top), Math.min(bottom, outer.bottom)];
    }
    const at = (y) => Math.floor((y - body.top) / this.#height);
    return [Math.max(0, at(top) - BEYOND), Math.min(this.#items.length, at(bottom) + 1 + BEYOND)];
  }

  #draw() {
    if (!this.body.getClientRects().length) return;  // not shown
    this.#measure();
    this.body.style.height = `${this.#items.length * this.#height}px`;
    const [from, to] = (this.#seen = this.#range());
    const focused = document.activeElement;
    const held = [...this.#rows.values()].find((row) => row.node.contains(focused));

    const wanted = new Map();
    if (held) {
      const index = this.#items.findIndex((item) => this.key(item) === held.key);
      if (index >= 0) wanted.set(held.key, index);
    }
    for (let index = from; index < to; ++index) wanted.set(this.key(this.#items[index]), index);

    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      row.node.remove();
      this.#rows.delete(key);
    }
    let next = this.body.firstChild;
    for (const [key, index] of [...wanted].sort((a, b) => a[1] - b[1])) {
      const row = this.#row(key, index);
      if (row.node === next) next = next.nextSibling;
      else this.body.insertBefore(row.node, next);
      row.update(this.#items[index]);
    }
    this.#keepFocus(focused, held);
  }

  #row(key, index) {
    let row = this.#rows.get(key);
    if (!row) {
      row = {...this.make(this.#items[index]), key, index: -1};
      this.#rows.set(key, row);
    }
    if (row.index !== index || row.height !== this.#height) {
      Object.assign(row, {index, height: this.#height});
      row.node.style.transform = `translateY(${index * this.#height}px)`;
      if (this.first) setAttribute(row.node, "aria-rowindex", index + this.first);
    }
    return row;
  }

  #keepFocus(focused, held) {
    if (!held || document.activeElement === focused) return;
    if (held.node.isConnected) {
      focused.focus({preventScroll: true});  // moved among its neighbours
      return;
    }
    const near = [...this.#rows.values()].sort((a, b) => Math.abs(a.index - held.index) - Math.abs(b.index - held.index))[0];
    const target = near?.node.querySelector("button, a");
    if (target) target.focus({preventScroll: true});
    else this.empty?.focus({preventScroll: true});
  }

  // Rows are as high as the style sheet says, and fonts and screens differ.
  #measure() {
    if (this.#height || !this.#items.length) return;
    const row = this.make(this.#items[0]);
    row.update(this.#items[0]);
    this.body.append(row.node);
    this.#height = Math.max(1, row.node.getBoundingClientRect().height);
    row.node.remove();
  }
}
