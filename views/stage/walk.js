// Another picture: previous, next and random among those that the gallery shows, and their keys.

import { button, element, fill, focusedBeside } from "./dom.js";

/** @import { Scene } from "./stage.js" */
/** @import { WalkData } from "./types.js" */
/** @typedef {"previous" | "next" | "random"} Way */

/** @type {Record<string, Way>} */
const KEYS = { p: "previous", n: "next", r: "random" };

// Where letters are somebody's own: in fields, and in lists that search by them.
const TYPING =
  "input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable], " +
  "[role=combobox], [role=listbox], [role=menu], [role=dialog]";

const TO_GALLERY = "g";

/** @type {Record<Way | "gallery", string>} */
const ICONS = {
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  random:
    "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1zM8 8h.01M16 8h.01M12 12h.01M8 16h.01M16 16h.01",
  gallery: "M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h6v6h-6z",
};

const SVG = "http://www.w3.org/2000/svg";

/** @param {string} path */
function icon(path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

// A step may be lost on its way, as when the server restarts amid a click. After so many milliseconds of
// silence another step begins from the picture that is there, not from the one that was asked for.
const PATIENCE = 1500;

// All pictures, which stand below.
const toGallery = () => window.dispatchEvent(new CustomEvent("nudge:gallery"));

const NOWHERE = -1; // the place of a picture that is none of them

// It outlives the scenes, so that three quick steps lead three pictures on, though the first two
// are never shown.
export class Walk {
  /** @type {WalkData | null} */
  data = null;
  /** @type {number[]} places that were asked for and not yet answered */
  wishes = [];

  /** @param {Scene} scene */
  constructor(scene) {
    const { words } = scene.data;
    const names = { previous: words.previous, next: words.next, random: words.random };
    /** @type {(key: string, title: string, name: string, path: string, act: () => void) => HTMLButtonElement} */
    const keyed = (key, title, name, path, act) => {
      const node = button("", act, {
        title: fill(title, { name, key: key.toUpperCase() }),
        "aria-keyshortcuts": key,
      });
      node.append(icon(path), element("span", {}, name));
      return node;
    };
    /** @type {[Way, HTMLButtonElement][]} */
    const buttons = Object.entries(KEYS).map(([key, name]) => [
      name,
      keyed(key, words.walk_key, names[name], ICONS[name], () => this.go(name)),
    ]);
    this.buttons = /** @type {Record<Way, HTMLButtonElement>} */ (Object.fromEntries(buttons));
    this.gallery = keyed(TO_GALLERY, words.gallery_key, words.gallery, ICONS.gallery, toGallery);
    const nodes = [...Object.values(this.buttons), this.gallery];
    this.node = element("div", { class: "walk", role: "group", "aria-label": words.walk }, ...nodes);
    this.asked = 0; // when the last one was, in milliseconds
    /**
     * Before Streamlit hears of a key: `r` would make it run the page again.
     * @param {KeyboardEvent} event
     */
    this.hear = (event) => this.take(event);
    window.addEventListener("keydown", this.hear, true);
  }

  close() {
    window.removeEventListener("keydown", this.hear, true);
  }

  /**
   * News from the server: `place` among `count` pictures, -1 for none of them, or null where nobody
   * may walk. Returns whether this is what was asked for.
   * @param {WalkData | null} data
   */
  follow(data) {
    const had = this.wishes.length;
    const answered = this.wishes.lastIndexOf(data?.place ?? NOWHERE) + 1; // those before it are past, too
    this.wishes.splice(0, answered);
    const chosenElsewhere = data?.place !== this.data?.place || data?.count !== this.data?.count;
    if (!answered && chosenElsewhere) this.wishes = [];
    this.data = data;
    this.node.hidden = data === null;
    this.enable();
    return had > 0 && answered === had;
  }

  // Where the picture is, or will be when the last wish is answered.
  get place() {
    return this.wishes.at(-1) ?? this.data?.place ?? NOWHERE;
  }

  get others() {
    return (this.data?.count ?? 0) - (this.place < 0 ? 0 : 1);
  }

  enable() {
    if (!this.data) return;
    const { previous, next, random } = this.buttons;
    const nodes = [previous, next, random];
    const { place } = this;
    const focused = /** @type {HTMLButtonElement | null} */ (focusedBeside(this.node));
    previous.disabled = place <= 0;
    next.disabled = place >= this.data.count - 1;
    random.disabled = !this.others;
    if (focused?.disabled) nodes.find((node) => !node.disabled)?.focus();
  }

  /** @param {Way} name */
  go(name) {
    const now = performance.now();
    if (now - this.asked > PATIENCE) this.wishes = [];
    this.asked = now;
    const { place } = this;
    let to = name === "next" ? place + 1 : place - 1;
    if (name === "random") {
      to = Math.floor(Math.random() * this.others);
      if (place >= 0 && to >= place) to += 1; // another one, not the same again
    }
    this.wishes.push(to);
    this.enable();
    window.dispatchEvent(new CustomEvent("nudge:place", { detail: to }));
  }

  /** @param {KeyboardEvent} event */
  take(event) {
    const key = event.key?.toLowerCase();
    const name = KEYS[key];
    if (!name && !(key === TO_GALLERY && !this.gallery.hidden)) return;
    if (!this.data || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.composedPath().some((node) => node instanceof Element && node.matches(TYPING))) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.repeat) return;
    if (!name) toGallery();
    else if (!this.buttons[name].disabled) this.go(name);
  }
}
