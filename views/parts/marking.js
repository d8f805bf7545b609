// A box drawn on a photograph, by finger, mouse or keys: [left, top, right, bottom], each 0 ... 1.

import { element, fill } from "../stage/dom.js";

/** @import { Mounted } from "../stage/types.js" */

/** @typedef {[left: number, top: number, right: number, bottom: number]} Box */
/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ title: string, hint: string, said: string }} Words */
/** @typedef {{ id: string, box: Box | null, picture: string, words: Words }} MarkingData */

/**
 * The component as it stands in the page, and what a finger does to it.
 * @typedef {object} Marking
 * @property {HTMLElement} box
 * @property {HTMLImageElement} picture
 * @property {HTMLElement} surface
 * @property {HTMLElement} hint
 * @property {HTMLElement} said
 * @property {((to: Point) => Box) | null} hold what the finger moves
 * @property {ReturnType<typeof setTimeout> | undefined} timer
 * @property {Box | null} marked
 * @property {Box | null} before the finger came down
 * @property {string | null} id
 * @property {Words | null} words
 * @property {(name: string, value: unknown) => void} set
 */

const LEAST = 0.04; // of the picture: less is a tap
const STEP = 0.02; // of the picture, for each press of a key
const REACH = 22; // pixels around a corner that take hold of it: half a thumb
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

/** @param {Element} root @returns {Marking} */
function build(root) {
  const box = element("div", { class: "box" });
  for (const corner of ["nw", "ne", "sw", "se"]) box.append(element("i", { class: corner }));
  const picture = /** @type {HTMLImageElement} */ (element("img", { alt: "", draggable: "false" }));
  const surface = element(
    "div",
    { class: "surface", tabindex: "0", role: "application", "aria-describedby": "marking-hint" },
    picture,
    box,
  );
  const hint = element("p", { id: "marking-hint" });
  const said = element("p", { class: "said", role: "status" });
  root.replaceChildren(surface, hint, said);
  const nothing = { hold: null, timer: undefined, marked: null, before: null, id: null, words: null };
  return { box, picture, surface, hint, said, ...nothing, set: () => {} };
}

/** @param {Marking} at */
function draw(at) {
  at.box.hidden = !at.marked;
  if (!at.marked) return;
  const [left, top, right, bottom] = at.marked.map((value) => 100 * value);
  Object.assign(at.box.style, {
    left: `${left}%`,
    top: `${top}%`,
    width: `${right - left}%`,
    height: `${bottom - top}%`,
  });
}

/** @param {Marking} at */
function send(at) {
  if (!at.marked || !at.words) return;
  const [left, top, right, bottom] = at.marked.map(round);
  at.marked = [left, top, right, bottom];
  const parts = { left, top, right, bottom };
  const percents = Object.fromEntries(Object.entries(parts).map(([side, part]) => [side, Math.round(100 * part)]));
  at.said.textContent = fill(at.words.said, percents);
  at.set("box", [at.id, ...at.marked]);
}

// What a finger that comes down takes hold of: a corner, the box, or, elsewhere, a box of its own.
/** @param {Marking} at @param {Point} point @param {DOMRect} size @returns {(to: Point) => Box} */
function take(at, point, size) {
  if (at.marked) {
    const [left, top, right, bottom] = at.marked;
    /** @param {number} x @param {number} y */
    const near = (x, y) => Math.hypot((x - point.x) * size.width, (y - point.y) * size.height) <= REACH;
    for (const [x, other] of [
      [left, right],
      [right, left],
    ])
      for (const [y, across] of [
        [top, bottom],
        [bottom, top],
      ])
        if (near(x, y)) return (to) => drawn({ x: other, y: across }, to);
    const inside = point.x > left && point.x < right && point.y > top && point.y < bottom;
    const before = at.marked;
    if (inside) return (to) => moved(before, to.x - point.x, to.y - point.y);
  }
  return (to) => drawn(point, to);
}

/** @param {Marking} at */
function listen(at) {
  /** @param {PointerEvent} event */
  const place = (event) => {
    const size = at.surface.getBoundingClientRect();
    return { x: within((event.clientX - size.left) / size.width), y: within((event.clientY - size.top) / size.height) };
  };
  at.surface.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    event.preventDefault(); // nothing is selected or dragged away
    at.surface.focus({ preventScroll: true });
    at.surface.setPointerCapture(event.pointerId);
    at.hold = take(at, place(event), at.surface.getBoundingClientRect());
    at.before = at.marked;
  });
  at.surface.addEventListener("pointermove", (event) => {
    if (!at.hold || !event.isPrimary) return;
    at.marked = at.hold(place(event));
    draw(at);
  });
  /** @param {PointerEvent} event @param {boolean} keep */
  const release = (event, keep) => {
    if (!at.hold || !event.isPrimary) return;
    at.hold = null;
    const [left, top, right, bottom] = at.marked ?? [0, 0, 0, 0];
    if (!keep || right - left < LEAST || bottom - top < LEAST) at.marked = at.before;
    draw(at);
    if (at.marked && at.marked !== at.before) send(at);
  };
  at.surface.addEventListener("pointerup", (event) => release(event, true));
  at.surface.addEventListener("pointercancel", (event) => release(event, false));
  at.surface.addEventListener("keydown", (event) => press(at, event));
}

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

/** @param {Marking} at @param {KeyboardEvent} event */
function press(at, event) {
  const by = ARROWS[event.key];
  if (!by || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault(); // the page stays where it is
  event.stopPropagation();
  if (!at.marked) at.marked = FIRST;
  else at.marked = (event.shiftKey ? resized : moved)(at.marked, ...by);
  draw(at);
  clearTimeout(at.timer); // a key that is held down is one change
  at.timer = setTimeout(() => send(at), 400);
}

/** @param {Mounted<MarkingData>} mounted */
export default function ({ data: [data], parentElement, setStateValue }) {
  const root = /** @type {Element & { at?: Marking }} */ (parentElement.querySelector(".marking"));
  if (!root.at) {
    root.at = build(root);
    listen(root.at);
  }
  const { at } = root;
  at.set = setStateValue;
  at.words = data.words;
  if (at.id !== data.id) {
    clearTimeout(at.timer);
    Object.assign(at, { id: data.id, marked: data.box, hold: null });
    at.picture.src = data.picture;
    at.said.textContent = "";
  }
  at.surface.setAttribute("aria-label", data.words.title);
  at.hint.textContent = data.words.hint;
  draw(at);
}
