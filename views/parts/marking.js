// A box drawn on a photograph, by finger, mouse or keys: [left, top, right, bottom], each 0 ... 1.

import { element, fill } from "../stage/dom.js";

/** @import { Mounted } from "../stage/types.js" */

/** @typedef {[left: number, top: number, right: number, bottom: number]} Box */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ title: string, hint: string, said: string }} Words */
/** @typedef {{ id: string, box: Box | null, picture: string, words: Words }} MarkingData */

const LEAST = 0.04; // of the picture: less is a tap
const STEP = 0.02; // of the picture, for each press of a key
const REACH = 22; // pixels around a corner that take hold of it: half a thumb
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
/** @type {Box} */
const FIRST = [0.2, 0.2, 0.8, 0.8]; // what the first key draws

/** @param {number} value */
const within = (value, least = 0, most = 1) => Math.min(Math.max(value, least), most);
/** @param {number} value */
const round = (value) => Math.round(1000 * value) / 1000;

/** @param {Point} a @param {Point} b @returns {Box} */
function drawn(a, b) {
  return [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
}

/** @param {Box} box @param {number} x @param {number} y @returns {Box} */
function moved([left, top, right, bottom], x, y) {
  const across = within(x, -left, 1 - right);
  const down = within(y, -top, 1 - bottom);
  return [left + across, top + down, right + across, bottom + down];
}

/** @param {Box} box @param {number} x @param {number} y @returns {Box} */
function resized([left, top, right, bottom], x, y) {
  return [left, top, within(right + x, left + LEAST), within(bottom + y, top + LEAST)];
}

// The component as it stands in the page, and what a finger does to it.
class Marking {
  /** @type {((to: Point) => Box) | null} what the finger moves */
  hold = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  timer;
  /** @type {Box | null} */
  marked = null;
  /** @type {Box | null} what was marked before the finger came down */
  before = null;
  /** @type {MarkingData} */
  data;
  /** @type {(name: string, value: unknown) => void} */
  set;

  /** @param {Element} root */
  constructor(root) {
    this.box = element("div", { class: "box" });
    for (const corner of ["nw", "ne", "sw", "se"]) this.box.append(element("i", { class: corner }));
    this.picture = element("img", { alt: "", draggable: "false" });
    const attributes = { class: "surface", tabindex: "0", role: "application", "aria-describedby": "marking-hint" };
    this.surface = element("div", attributes, this.picture, this.box);
    this.hint = element("p", { id: "marking-hint" });
    this.said = element("p", { class: "said", role: "status" });
    root.replaceChildren(this.surface, this.hint, this.said);
    const { surface } = this;
    surface.addEventListener("pointerdown", (event) => this.take(event));
    surface.addEventListener("pointermove", (event) => this.move(event));
    surface.addEventListener("pointerup", (event) => this.release(event, true));
    surface.addEventListener("pointercancel", (event) => this.release(event, false));
    surface.addEventListener("keydown", (event) => this.press(event));
  }

  /** @param {MarkingData} data */
  follow(data) {
    if (this.data?.id !== data.id) {
      clearTimeout(this.timer);
      this.marked = data.box;
      this.hold = null;
      this.picture.src = data.picture;
      this.said.textContent = "";
    }
    this.data = data;
    this.surface.setAttribute("aria-label", data.words.title);
    this.hint.textContent = data.words.hint;
    this.draw();
  }

  draw() {
    this.box.hidden = !this.marked;
    if (!this.marked) return;
    const [left, top, right, bottom] = this.marked.map((value) => 100 * value);
    const [width, height] = [`${right - left}%`, `${bottom - top}%`];
    Object.assign(this.box.style, { left: `${left}%`, top: `${top}%`, width, height });
  }

  send() {
    if (!this.marked) return;
    const [left, top, right, bottom] = this.marked.map(round);
    this.marked = [left, top, right, bottom];
    const parts = Object.entries({ left, top, right, bottom });
    const percents = Object.fromEntries(parts.map(([side, part]) => [side, Math.round(100 * part)]));
    this.said.textContent = fill(this.data.words.said, percents);
    this.set("box", [this.data.id, ...this.marked]);
  }

  /** @param {PointerEvent} event */
  place(event) {
    const size = this.surface.getBoundingClientRect();
    return { x: within((event.clientX - size.left) / size.width), y: within((event.clientY - size.top) / size.height) };
  }

  /** @param {PointerEvent} event */
  take(event) {
    if (!event.isPrimary || event.button) return;
    event.preventDefault(); // nothing is selected or dragged away
    this.surface.focus({ preventScroll: true });
    this.surface.setPointerCapture(event.pointerId);
    this.hold = this.held(this.place(event), this.surface.getBoundingClientRect());
    this.before = this.marked;
  }

  // What a finger that comes down takes hold of: a corner, the box, or, elsewhere, a box of its own.
  /** @param {Point} point @param {DOMRect} size @returns {(to: Point) => Box} */
  held(point, size) {
    const before = this.marked;
    if (!before) return (to) => drawn(point, to);
    const [left, top, right, bottom] = before;
    for (const x of [left, right]) {
      for (const y of [top, bottom]) {
        const near = Math.hypot((x - point.x) * size.width, (y - point.y) * size.height) <= REACH;
        if (near) return (to) => drawn({ x: left + right - x, y: top + bottom - y }, to);
      }
    }
    const inside = point.x > left && point.x < right && point.y > top && point.y < bottom;
    return (to) => (inside ? moved(before, to.x - point.x, to.y - point.y) : drawn(point, to));
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.hold || !event.isPrimary) return;
    this.marked = this.hold(this.place(event));
    this.draw();
  }

  /** @param {PointerEvent} event @param {boolean} keep */
  release(event, keep) {
    if (!this.hold || !event.isPrimary) return;
    this.hold = null;
    const [left, top, right, bottom] = this.marked ?? [0, 0, 0, 0];
    if (!keep || right - left < LEAST || bottom - top < LEAST) this.marked = this.before;
    this.draw();
    if (this.marked !== this.before) this.send();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const by = ARROWS[event.key];
    if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault(); // the page stays where it is
    event.stopPropagation();
    this.marked = this.marked ? (event.shiftKey ? resized : moved)(this.marked, ...by) : FIRST;
    this.draw();
    clearTimeout(this.timer); // a key that is held down is one change
    this.timer = setTimeout(() => this.send(), 400);
  }
}

/** @param {Mounted<MarkingData>} mounted */
export default function ({ data: [data], parentElement, setStateValue }) {
  const root = /** @type {Element & { marking?: Marking }} */ (parentElement.querySelector(".marking"));
  root.marking ??= new Marking(root);
  root.marking.set = setStateValue;
  root.marking.follow(data);
}
