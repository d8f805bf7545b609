// A thousand pictures as dots, where an embedding puts them, and their way as epsilon grows.

import { button, context2d, download, element, fill, percent } from "../stage/dom.js";
import { Dots, HUES, THUMBNAIL } from "./dots.js";

/** @import { JourneyData, Mounted } from "../stage/types.js" */

/** @type {WeakMap<HTMLElement, Drawing>} */
const drawings = new WeakMap(); // by root element, so that a new run of the page builds nothing

/** @param {Mounted<JourneyData>} mounted */
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".journey"));
  let drawing = drawings.get(root);
  if (drawing?.data.id !== data.id) {
    drawing?.close();
    drawing = new Drawing(root, data, drawing);
    drawings.set(root, drawing);
  } else drawing.follow(data);
  drawing.open = (index) => setTriggerValue("picture", index);
  return () => {
    drawings.get(root)?.close();
    drawings.delete(root);
  };
}

class Drawing {
  /** @type {(index: number) => void} */
  open = () => undefined;
  /** @type {number | null} */
  frame = null;
  canvas = element("canvas", { tabindex: 0, role: "application" });
  slider = element("input", { type: "range", min: 0, step: 1 });
  figure = element("output", { class: "epsilon" });
  about = element("p", { class: "about", "aria-live": "polite" });
  thumbnail = element("canvas", { width: THUMBNAIL, height: THUMBNAIL, class: "thumbnail", "aria-hidden": "true" });
  choice = element("select");
  /** @type {HTMLButtonElement[]} */
  nudges = [];
  /** @type {{ row: HTMLElement, left: HTMLElement, right: HTMLElement }[]} */
  rows = [];
  openButton = button("", () => this.dots.at !== null && this.open(this.dots.at), { class: "open" });
  total = element("caption");

  /** @param {HTMLElement} root @param {JourneyData} data @param {Drawing | undefined} before of another network */
  constructor(root, data, before) {
    this.root = root;
    /** @type {JourneyData} */
    this.data = data;
    /** @type {Dots} */
    this.dots = new Dots(this.canvas, data);
    const stays = before?.data.opened === data.opened; // the slider, unless an address was opened
    this.dots.epsilon = stays ? before.dots.epsilon : data.epsilon;
    this.dots.nudge = before?.dots.nudge ?? 0;
    const same = before && before.data.classes.length === data.classes.length;
    this.dots.chosen = same ? before.dots.chosen : null;
    this.build();
    this.resized = new ResizeObserver(() => this.drawSoon());
    this.resized.observe(this.canvas);
    this.hear = () => this.takeSheet();
    window.addEventListener("nudge:sheet", this.hear);
    // The canvas takes the theme's colours when it is drawn; a theme may change any time.
    root.ontransitionend = ({ propertyName }) => propertyName === "color" && this.drawSoon();
    this.takeSheet();
    this.settle();
    root.dataset.journey = data.id;
  }

  /** Another address was opened, as by the browser's way back. @param {JourneyData} data */
  follow({ opened, epsilon }) {
    if (opened === this.data.opened) return;
    this.data = { ...this.data, opened, epsilon };
    this.change(() => (this.dots.epsilon = epsilon));
    this.slider.value = String(Math.round(epsilon / this.data.step));
  }

  close() {
    this.resized.disconnect();
    window.removeEventListener("nudge:sheet", this.hear);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  takeSheet() {
    const uri = window.nudgeSheets?.get(this.data.sheet);
    if (!uri || this.dots.sheet) return;
    const image = new Image();
    image.onload = () => {
      this.dots.sheet = image;
      this.tell();
      this.drawSoon();
    };
    image.src = uri;
  }

  wantSheet() {
    if (!this.dots.sheet) window.dispatchEvent(new CustomEvent("nudge:sheet-wanted"));
  }

  build() {
    const { words, classes } = this.data;
    this.canvas.setAttribute("aria-label", words.canvas);
    this.slider.setAttribute("aria-label", words.epsilon);
    this.choice.setAttribute("aria-label", words.choose);
    this.slider.max = String(this.data.steps);
    this.slider.value = String(Math.round(this.dots.epsilon / this.data.step));
    this.openButton.textContent = words.open;
    this.nudges = words.nudges.map((name, i) =>
      button(name, () => this.change(() => (this.dots.nudge = i)), { "aria-pressed": "false" }),
    );
    this.choice.append(
      element("option", { value: "" }, words.all),
      ...classes.map((name, label) => element("option", { value: label }, name)),
    );
    this.choice.value = this.dots.chosen === null ? "" : String(this.dots.chosen);
    const zooms = [
      button("−", () => this.zoomBy(1 / 1.6), { "aria-label": words.farther }),
      button("+", () => this.zoomBy(1.6), { "aria-label": words.closer }),
    ];
    this.rows = classes.map((name, label) => {
      const [left, right] = [element("td"), element("td")];
      const row = element("tr", {}, element("th", { scope: "row" }, name), left, right);
      row.style.setProperty("--hue", HUES[label % HUES.length]);
      return { row, left, right };
    });
    const heads = [words.class, ...words.nudges].map((name) => element("th", { scope: "col" }, name));
    const table = element(
      "table",
      {},
      this.total,
      element("thead", {}, element("tr", {}, ...heads)),
      element("tbody", {}, ...this.rows.map(({ row }) => row)),
    );
    const bar = element("div", { class: "slide" }, this.slider, this.figure);
    const save = button(words.save, () => this.save());
    const controls = element(
      "div",
      { class: "controls" },
      element("span", { class: "group", role: "group", "aria-label": words.nudge }, ...this.nudges),
      this.choice,
      element("span", { class: "group" }, ...zooms),
      save,
    );
    const shown = element("div", { class: "shown" }, this.thumbnail, element("div", {}, this.about, this.openButton));
    const drawing = element("div", { class: "drawing" }, controls, this.canvas, bar);
    this.root.replaceChildren(drawing, element("div", { class: "beside" }, shown, table));
    this.listen();
  }

  /** @param {() => void} act */
  change(act) {
    act();
    this.settle();
  }

  listen() {
    const { canvas, slider, choice } = this;
    slider.addEventListener("input", () =>
      this.change(() => (this.dots.epsilon = Number(slider.value) * this.data.step)),
    );
    slider.addEventListener("change", () =>
      window.dispatchEvent(new CustomEvent("nudge:epsilon", { detail: Number(slider.value) })),
    );
    choice.addEventListener("change", () =>
      this.change(() => (this.dots.chosen = choice.value === "" ? null : Number(choice.value))),
    );
    /** @type {{ x: number, y: number, moved: boolean } | null} */
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      held = { x: event.offsetX, y: event.offsetY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const [x, y] = [event.offsetX - held.x, event.offsetY - held.y];
        held.moved ||= Math.abs(x) + Math.abs(y) > 4;
        if (held.moved && this.dots.zoom > 1) this.pan(x, y);
        if (held.moved) [held.x, held.y] = [event.offsetX, event.offsetY];
      } else this.point(this.dots.dotAt(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("pointerup", (event) => {
      const dot = this.dots.dotAt(event.offsetX, event.offsetY);
      const tapped = held && !held.moved;
      held = null;
      if (!tapped) return;
      // A finger has no pointer to hover with: the first tap shows, the second one opens.
      const again = dot !== null && dot === this.dots.at;
      this.point(dot);
      if (dot !== null && (again || event.pointerType !== "touch")) this.open(dot);
    });
    canvas.addEventListener("pointercancel", () => (held = null));
    canvas.addEventListener(
      "wheel",
      (event) => {
        const before = this.dots.zoom;
        if (event.deltaY) this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, [event.offsetX, event.offsetY]);
        // At either end the wheel scrolls the page.
        if (this.dots.zoom !== before) event.preventDefault();
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const dots = this.dots.choosable;
        const place = this.dots.at === null ? -1 : dots.indexOf(this.dots.at);
        const next = dots[(place + step + dots.length) % dots.length];
        this.dots.bringIntoView(next);
        this.point(next);
      } else if (event.key === "Enter" && this.dots.at !== null) this.open(this.dots.at);
      else if (event.key === "+") this.zoomBy(1.6);
      else if (event.key === "-") this.zoomBy(1 / 1.6);
    });
  }

  /** @param {number} x @param {number} y */
  pan(x, y) {
    this.dots.pan(x, y);
    this.drawSoon();
  }

  /** @param {number} by @param {[number, number]} [around] */
  zoomBy(by, around) {
    this.wantSheet();
    this.dots.zoomBy(by, around);
    // A finger moves what is enlarged any way; else it scrolls the page up and down.
    this.canvas.style.touchAction = this.dots.zoom > 1 ? "none" : "";
    this.drawSoon();
  }

  /** @param {number | null} dot */
  point(dot) {
    if (dot === this.dots.at) return;
    this.dots.at = dot;
    if (dot !== null) this.wantSheet();
    this.tell();
    this.drawSoon();
  }

  // After another epsilon, nudge or class.
  settle() {
    const { words } = this.data;
    this.dots.move();
    this.nudges.forEach((node, i) => void node.setAttribute("aria-pressed", String(i === this.dots.nudge)));
    this.figure.textContent = fill(words.at, { epsilon: this.dots.epsilon.toFixed(3) });
    this.slider.setAttribute("aria-valuetext", this.dots.epsilon.toFixed(3));
    const left = words.nudges.map((_, nudge) => this.dots.left(nudge));
    this.rows.forEach(({ row, left: one, right: other }, label) => {
      [one, other].forEach((node, nudge) => {
        node.textContent = `${left[nudge][label].wrong} / ${left[nudge][label].all}`;
      });
      row.classList.toggle("chosen", this.dots.chosen === label);
    });
    const gone = left[this.dots.nudge].reduce((sum, { wrong }) => sum + wrong, 0);
    const figures = {
      left: gone,
      total: this.dots.count,
      percent: percent(gone / this.dots.count),
      nudge: words.nudges[this.dots.nudge],
    };
    this.total.textContent = fill(words.left, figures);
    this.tell();
    this.drawSoon();
  }

  tell() {
    const { words, classes } = this.data;
    const dot = this.dots.at;
    this.openButton.disabled = dot === null;
    this.about.textContent =
      dot === null
        ? words.hint
        : fill(words.about, {
            picture: dot,
            label: classes[this.dots.labels[dot]],
            predicted: classes[this.dots.predicted(dot)],
          });
    const context = context2d(this.thumbnail);
    context.clearRect(0, 0, THUMBNAIL, THUMBNAIL);
    if (dot !== null) this.dots.picture(context, dot, 0, 0, THUMBNAIL);
  }

  // The drawing as it is, with a caption that says what it is.
  save() {
    const { data, canvas } = this;
    const [pad, line] = [16 * devicePixelRatio, 22 * devicePixelRatio];
    const poster = element("canvas", { width: canvas.width + 2 * pad, height: canvas.height + 2 * pad + 2 * line });
    const context = context2d(poster);
    const style = getComputedStyle(this.root);
    context.fillStyle = style.getPropertyValue("--st-background-color");
    context.fillRect(0, 0, poster.width, poster.height);
    context.drawImage(canvas, pad, pad);
    const figures = {
      network: data.network,
      total: this.dots.count,
      nudge: data.words.nudges[this.dots.nudge],
      epsilon: this.dots.epsilon.toFixed(3),
      drawing: data.drawing,
    };
    context.fillStyle = style.color;
    context.font = `${14 * devicePixelRatio}px sans-serif`;
    const top = canvas.height + pad + line;
    context.fillText(fill(data.words.caption, figures), pad, top, canvas.width);
    context.fillText(/** @type {string} */ (this.total.textContent), pad, top + line, canvas.width);
    const name = `nudge-journey-${data.id}-epsilon-${this.dots.epsilon.toFixed(3)}.png`;
    poster.toBlob((blob) => download(name, /** @type {Blob} */ (blob)));
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    const start = performance.now();
    this.frame = null;
    this.dots.draw();
    this.root.dataset.epsilon = this.dots.epsilon.toFixed(3);
    this.root.dataset.drawing = String(performance.now() - start); // milliseconds, for the benchmark
    this.root.dataset.first = this.dots
      .spot(0)
      .map((value) => value.toFixed(1))
      .join(" ");
  }
}
