// A thousand pictures as dots, where an embedding puts them, and their way as epsilon grows.

import { button, bytes, context2d, download, element, fill, percent, words16 } from "../stage/dom.js";

/** @import { JourneyData, Mounted, Place } from "../stage/types.js" */

// Repeated where there are more classes: each class has its name on the drawing, too.
const HUES = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#9a7b1c",
  "#7f7f7f",
  "#8b5fbf",
  "#3f8f8f",
];
const NEAR_ENOUGH = 5; // times closer: from here on dots are the pictures themselves
const CLOSEST = 24;
const SIDE = 28;
const HIT = 12; // pixels around a dot that belong to it

/** @type {WeakMap<HTMLElement, Drawing>} */
const drawings = new WeakMap(); // by root element, so that a new run of the page builds nothing

/** @param {Mounted<JourneyData>} mounted */
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".journey"));
  let drawing = drawings.get(root);
  if (drawing?.data.id !== data.id) {
    const { epsilon, nudge, chosen } = drawing ?? {};
    drawing?.close();
    drawing = new Drawing(root, data, epsilon ?? data.epsilon, nudge ?? 0, chosen ?? null);
    drawings.set(root, drawing);
  }
  drawing.open = (index) => setTriggerValue("picture", index);
}

/**
 * Between which stored epsilons one lies, and how far.
 * @param {number[]} epsilons ascending
 * @param {number} epsilon
 */
export function between(epsilons, epsilon) {
  const above = epsilons.findIndex((value) => value > epsilon + 1e-9);
  const low = above < 0 ? epsilons.length - 2 : above - 1;
  return { low, part: (epsilon - epsilons[low]) / (epsilons[low + 1] - epsilons[low]) };
}

class Drawing {
  /** @type {(index: number) => void} */
  open = () => undefined;
  /** @type {number | null} */
  frame = null;
  /** @type {number | null} the dot under the pointer, or where the keyboard is */
  at = null;
  zoom = 1;
  /** @type {Place} what lies in the middle, in the drawing's own units */
  middle = [0, 0];
  /** @type {HTMLImageElement | null} */
  sheet = null;
  canvas = element("canvas", { tabindex: 0, role: "application" });
  slider = element("input", { type: "range", min: 0, step: 1 });
  figure = element("output", { class: "epsilon" });
  about = element("p", { class: "about", "aria-live": "polite" });
  thumbnail = element("canvas", { width: SIDE, height: SIDE, class: "thumbnail", "aria-hidden": "true" });
  choice = element("select");
  /** @type {HTMLButtonElement[]} */
  nudges = [];
  /** @type {{ row: HTMLElement, left: HTMLElement, right: HTMLElement }[]} */
  rows = [];
  openButton = button("", () => this.at !== null && this.open(this.at), { class: "open" });
  total = element("caption");

  /** @param {HTMLElement} root @param {JourneyData} data @param {number} epsilon @param {number} nudge @param {number | null} chosen */
  constructor(root, data, epsilon, nudge, chosen) {
    this.root = root;
    this.data = data;
    this.epsilon = epsilon;
    this.nudge = nudge; // 0 is FGSM, 1 a random nudge
    this.chosen = chosen; // a class, or all
    this.places = new Int16Array(words16(data.places).buffer); // (nudge, epsilon, picture, 2)
    this.predictions = bytes(data.predictions); // (nudge, epsilon, picture)
    this.labels = bytes(data.labels);
    this.count = this.labels.length;
    const clean = this.places.subarray(0, 2 * this.count);
    this.reach = 1.08 * clean.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    this.now = new Float32Array(2 * this.count);
    this.build();
    this.resized = new ResizeObserver(() => this.drawSoon());
    this.resized.observe(this.canvas);
    this.hear = () => this.takeSheet();
    window.addEventListener("nudge:sheet", this.hear);
    this.takeSheet();
    this.settle();
    root.dataset.journey = data.id;
  }

  close() {
    this.resized.disconnect();
    window.removeEventListener("nudge:sheet", this.hear);
    if (this.frame !== null) cancelAnimationFrame(this.frame);
  }

  takeSheet() {
    const uri = window.nudgeSheets?.get(this.data.sheet);
    if (!uri || this.sheet) return;
    const image = new Image();
    image.onload = () => {
      this.sheet = image;
      this.tell();
      this.drawSoon();
    };
    image.src = uri;
  }

  wantSheet() {
    if (!this.sheet) window.dispatchEvent(new CustomEvent("nudge:sheet-wanted"));
  }

  build() {
    const { words, classes } = this.data;
    this.canvas.setAttribute("aria-label", words.canvas);
    this.slider.setAttribute("aria-label", words.epsilon);
    this.choice.setAttribute("aria-label", words.choose);
    this.slider.max = String(this.data.steps);
    this.slider.value = String(Math.round(this.epsilon / this.data.step));
    this.openButton.textContent = words.open;
    this.nudges = words.nudges.map((name, i) =>
      button(name, () => this.change(() => (this.nudge = i)), { "aria-pressed": "false" }),
    );
    this.choice.append(
      element("option", { value: "" }, words.all),
      ...classes.map((name, label) => element("option", { value: label }, name)),
    );
    this.choice.value = this.chosen === null ? "" : String(this.chosen);
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
    slider.addEventListener("input", () => this.change(() => (this.epsilon = Number(slider.value) * this.data.step)));
    slider.addEventListener("change", () => {
      // The address keeps epsilon; the server need not hear of it before it is asked for something.
      const address = new URL(location.href);
      address.searchParams.set("epsilon", String(Number(this.epsilon.toFixed(3))));
      history.replaceState(history.state, "", address);
    });
    choice.addEventListener("change", () =>
      this.change(() => (this.chosen = choice.value === "" ? null : Number(choice.value))),
    );
    /** @type {{ x: number, y: number, moved: boolean } | null} */
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      held = { x: event.offsetX, y: event.offsetY, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const [x, y] = [event.offsetX - held.x, event.offsetY - held.y];
        held.moved ||= Math.abs(x) + Math.abs(y) > 4;
        if (held.moved && this.zoom > 1) this.pan(x, y);
        if (held.moved) [held.x, held.y] = [event.offsetX, event.offsetY];
      } else this.point(this.dotAt(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("pointerup", (event) => {
      const dot = this.dotAt(event.offsetX, event.offsetY);
      const tapped = held && !held.moved;
      held = null;
      if (!tapped) return;
      // A finger has no pointer to hover with: the first tap shows, the second one opens.
      const again = dot !== null && dot === this.at;
      this.point(dot);
      if (dot !== null && (again || event.pointerType !== "touch")) this.open(dot);
    });
    canvas.addEventListener("pointercancel", () => (held = null));
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, [event.offsetX, event.offsetY]);
      },
      { passive: false },
    );
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        const dots = [...this.labels.keys()].filter((i) => this.chosen === null || this.labels[i] === this.chosen);
        const place = this.at === null ? -1 : dots.indexOf(this.at);
        this.point(dots[(place + step + dots.length) % dots.length]);
      } else if (event.key === "Enter" && this.at !== null) this.open(this.at);
      else if (event.key === "+") this.zoomBy(1.6);
      else if (event.key === "-") this.zoomBy(1 / 1.6);
    });
  }

  get scale() {
    return (Math.min(this.canvas.clientWidth, this.canvas.clientHeight) / 2 / this.reach) * this.zoom;
  }

  /** Where a dot is, in pixels from the left and the top. @param {number} dot @returns {Place} */
  spot(dot) {
    const { clientWidth, clientHeight } = this.canvas;
    const [x, y] = this.middle;
    return [
      clientWidth / 2 + (this.now[2 * dot] - x) * this.scale,
      clientHeight / 2 - (this.now[2 * dot + 1] - y) * this.scale,
    ];
  }

  /** @param {number} x @param {number} y */
  dotAt(x, y) {
    let [found, least] = [/** @type {number | null} */ (null), HIT * Math.max(1, this.zoom / NEAR_ENOUGH)];
    for (let dot = 0; dot < this.count; dot++) {
      if (this.chosen !== null && this.labels[dot] !== this.chosen) continue;
      const [left, top] = this.spot(dot);
      const far = Math.hypot(left - x, top - y);
      if (far < least) [found, least] = [dot, far];
    }
    return found;
  }

  /** @param {number} x @param {number} y */
  pan(x, y) {
    this.middle = [this.middle[0] - x / this.scale, this.middle[1] + y / this.scale];
    this.drawSoon();
  }

  /** @param {number} by @param {Place} [around] */
  zoomBy(by, around) {
    const { clientWidth, clientHeight } = this.canvas;
    const [x, y] = around ?? [clientWidth / 2, clientHeight / 2];
    const before = this.scale;
    this.wantSheet();
    this.zoom = Math.min(CLOSEST, Math.max(1, this.zoom * by));
    const gained = 1 / before - 1 / this.scale;
    this.middle =
      this.zoom === 1
        ? [0, 0]
        : [this.middle[0] + (x - clientWidth / 2) * gained, this.middle[1] - (y - clientHeight / 2) * gained];
    this.drawSoon();
  }

  /** @param {number | null} dot */
  point(dot) {
    if (dot === this.at) return;
    this.at = dot;
    if (dot !== null) this.wantSheet();
    this.tell();
    this.drawSoon();
  }

  /** What is predicted of a dot, at the nearest stored epsilon. @param {number} dot */
  predicted(dot, nudge = this.nudge) {
    const { low, part } = between(this.data.epsilons, this.epsilon);
    const step = part < 0.5 ? low : low + 1;
    return this.predictions[(nudge * this.data.epsilons.length + step) * this.count + dot];
  }

  // After another epsilon, nudge or class.
  settle() {
    const { epsilons, words, classes } = this.data;
    const { low, part } = between(epsilons, this.epsilon);
    const start = 2 * this.count * (this.nudge * epsilons.length + low);
    for (let i = 0; i < 2 * this.count; i++) {
      const [from, to] = [this.places[start + i], this.places[start + 2 * this.count + i]];
      this.now[i] = from + part * (to - from);
    }
    this.nudges.forEach((node, i) => void node.setAttribute("aria-pressed", String(i === this.nudge)));
    this.figure.textContent = fill(words.at, { epsilon: this.epsilon.toFixed(3) });
    const left = words.nudges.map(() => new Uint16Array(classes.length));
    const all = new Uint16Array(classes.length);
    for (let dot = 0; dot < this.count; dot++) {
      const label = this.labels[dot];
      all[label] += 1;
      left.forEach((counts, nudge) => {
        if (this.predicted(dot, nudge) !== label) counts[label] += 1;
      });
    }
    this.rows.forEach(({ row, left: one, right: other }, label) => {
      [one, other].forEach((node, nudge) => {
        node.textContent = `${left[nudge][label]} / ${all[label]}`;
      });
      row.classList.toggle("chosen", this.chosen === label);
    });
    const gone = left[this.nudge].reduce((sum, value) => sum + value, 0);
    const figures = {
      left: gone,
      total: this.count,
      percent: percent(gone / this.count),
      nudge: words.nudges[this.nudge],
    };
    this.total.textContent = fill(words.left, figures);
    this.tell();
    this.drawSoon();
  }

  tell() {
    const { words, classes } = this.data;
    const dot = this.at;
    this.openButton.disabled = dot === null;
    this.about.textContent =
      dot === null
        ? words.hint
        : fill(words.about, {
            picture: dot,
            label: classes[this.labels[dot]],
            predicted: classes[this.predicted(dot)],
          });
    const context = context2d(this.thumbnail);
    context.clearRect(0, 0, SIDE, SIDE);
    if (dot !== null) this.picture(context, dot, 0, 0, SIDE);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} dot @param {number} x @param {number} y @param {number} side */
  picture(context, dot, x, y, side) {
    if (!this.sheet) return false;
    const { across } = this.data;
    const [left, top] = [(dot % across) * SIDE, Math.floor(dot / across) * SIDE];
    context.drawImage(this.sheet, left, top, SIDE, SIDE, x, y, side, side);
    return true;
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
      total: this.count,
      nudge: data.words.nudges[this.nudge],
      epsilon: this.epsilon.toFixed(3),
      drawing: data.drawing,
    };
    context.fillStyle = style.color;
    context.font = `${14 * devicePixelRatio}px sans-serif`;
    const top = canvas.height + pad + line;
    context.fillText(fill(data.words.caption, figures), pad, top, canvas.width);
    context.fillText(/** @type {string} */ (this.total.textContent), pad, top + line, canvas.width);
    const name = `nudge-journey-${data.id}-epsilon-${this.epsilon.toFixed(3)}.png`;
    poster.toBlob((blob) => download(name, /** @type {Blob} */ (blob)));
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    const start = performance.now();
    this.frame = null;
    const { canvas } = this;
    const { clientWidth, clientHeight } = canvas;
    if (!clientWidth) return;
    const density = devicePixelRatio;
    const [width, height] = [clientWidth, clientHeight].map((side) => Math.round(side * density));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = context2d(canvas);
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, clientWidth, clientHeight);
    context.imageSmoothingEnabled = false;
    const style = getComputedStyle(this.root);
    const near = this.zoom >= NEAR_ENOUGH && this.sheet !== null;
    const radius = near ? 1.6 * this.zoom + 6 : 2.6 + this.zoom / 3;
    for (let dot = 0; dot < this.count; dot++) {
      const label = this.labels[dot];
      const [x, y] = this.spot(dot);
      if (x < -radius || y < -radius || x > clientWidth + radius || y > clientHeight + radius) continue;
      context.globalAlpha = this.chosen === null || label === this.chosen ? 1 : 0.12;
      const hue = HUES[label % HUES.length];
      const wrong = this.predicted(dot) !== label;
      if (near) {
        this.picture(context, dot, x - radius, y - radius, 2 * radius);
        context.strokeStyle = wrong ? style.color : hue;
        context.lineWidth = wrong ? 3 : 2;
        context.strokeRect(x - radius, y - radius, 2 * radius, 2 * radius);
        continue;
      }
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.fillStyle = hue;
      context.fill();
      if (wrong) {
        context.strokeStyle = style.color;
        context.lineWidth = 1.6;
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    if (!near) this.names(context, style);
    if (this.at !== null) {
      const [x, y] = this.spot(this.at);
      context.beginPath();
      context.arc(x, y, radius + 5, 0, 2 * Math.PI);
      context.strokeStyle = style.getPropertyValue("--st-primary-color");
      context.lineWidth = 3;
      context.stroke();
    }
    this.root.dataset.epsilon = this.epsilon.toFixed(3);
    this.root.dataset.drawing = String(performance.now() - start); // milliseconds, for the benchmark
    this.root.dataset.first = this.spot(0)
      .map((value) => value.toFixed(1))
      .join(" ");
  }

  /** Each class's name stands where half of its clean dots lie on either side. @param {CanvasRenderingContext2D} context @param {CSSStyleDeclaration} style */
  names(context, style) {
    context.font = "600 13px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    this.data.classes.forEach((name, label) => {
      if (this.chosen !== null && this.chosen !== label) return;
      const dots = [...this.labels.keys()].filter((dot) => this.labels[dot] === label);
      if (!dots.length) return;
      const [x, y] = [0, 1].map((axis) => {
        const sorted = dots.map((dot) => this.places[2 * dot + axis]).sort((one, other) => one - other);
        return sorted[Math.floor(sorted.length / 2)];
      });
      const left = this.canvas.clientWidth / 2 + (x - this.middle[0]) * this.scale;
      const top = this.canvas.clientHeight / 2 - (y - this.middle[1]) * this.scale;
      context.strokeStyle = style.getPropertyValue("--st-background-color");
      context.lineWidth = 4;
      context.strokeText(name, left, top);
      context.fillStyle = style.color;
      context.fillText(name, left, top);
    });
  }
}
