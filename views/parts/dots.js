// A thousand pictures as dots on a canvas: where they are, what is predicted of them, how near they are.

import { bytes, context2d, words16 } from "../stage/dom.js";

/** @import { JourneyData, Place } from "../stage/types.js" */

// Repeated where there are more classes: each class has its name on the drawing, too.
export const HUES = [
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
export const THUMBNAIL = 28; // pixels of a picture's side
const HIT = 12; // pixels around a dot that belong to it

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

export class Dots {
  epsilon = 0;
  nudge = 0; // 0 is FGSM, 1 a random nudge
  /** @type {number | null} a class, or all */
  chosen = null;
  /** @type {number | null} the dot under the pointer, or where the keyboard is */
  at = null;
  zoom = 1;
  /** @type {Place} what lies in the middle, in the drawing's own units */
  middle = [0, 0];
  /** @type {HTMLImageElement | null} all pictures, once they are there */
  sheet = null;

  /** @param {HTMLCanvasElement} canvas @param {JourneyData} data */
  constructor(canvas, data) {
    this.canvas = canvas;
    this.data = data;
    this.places = new Int16Array(words16(data.places).buffer); // (nudge, epsilon, picture, 2)
    this.predictions = bytes(data.predictions); // (nudge, epsilon, picture)
    this.labels = bytes(data.labels);
    this.count = this.labels.length;
    const clean = this.places.subarray(0, 2 * this.count);
    this.reach = 1.08 * clean.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    this.now = new Float32Array(2 * this.count); // where they are at this epsilon, under this nudge
  }

  // After another epsilon or nudge: dots move in straight lines between the stored places.
  move() {
    const { low, part } = between(this.data.epsilons, this.epsilon);
    const start = 2 * this.count * (this.nudge * this.data.epsilons.length + low);
    for (let i = 0; i < 2 * this.count; i++) {
      const [from, to] = [this.places[start + i], this.places[start + 2 * this.count + i]];
      this.now[i] = from + part * (to - from);
    }
  }

  /** What is predicted of a dot, at the nearest stored epsilon. @param {number} dot */
  predicted(dot, nudge = this.nudge) {
    const { low, part } = between(this.data.epsilons, this.epsilon);
    const step = part < 0.5 ? low : low + 1;
    return this.predictions[(nudge * this.data.epsilons.length + step) * this.count + dot];
  }

  /** How many of each class there are, and how many of them are predicted wrong. @param {number} nudge */
  left(nudge) {
    const found = this.data.classes.map(() => ({ all: 0, wrong: 0 }));
    this.labels.forEach((label, dot) => {
      found[label].all += 1;
      if (this.predicted(dot, nudge) !== label) found[label].wrong += 1;
    });
    return found;
  }

  /** The dots that can be chosen. */
  get choosable() {
    return [...this.labels.keys()].filter((dot) => this.chosen === null || this.labels[dot] === this.chosen);
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
  }

  /** @param {number} by @param {Place} [around] */
  zoomBy(by, around) {
    const { clientWidth, clientHeight } = this.canvas;
    const [x, y] = around ?? [clientWidth / 2, clientHeight / 2];
    const before = this.scale;
    this.zoom = Math.min(CLOSEST, Math.max(1, this.zoom * by));
    const gained = 1 / before - 1 / this.scale;
    this.middle =
      this.zoom === 1
        ? [0, 0]
        : [this.middle[0] + (x - clientWidth / 2) * gained, this.middle[1] - (y - clientHeight / 2) * gained];
  }

  /** Moves the drawing so far that a dot outside of it stands in its middle. @param {number} dot */
  bringIntoView(dot) {
    const { clientWidth, clientHeight } = this.canvas;
    const [x, y] = this.spot(dot);
    if (x < 0 || y < 0 || x > clientWidth || y > clientHeight) this.middle = [this.now[2 * dot], this.now[2 * dot + 1]];
  }

  /** @param {CanvasRenderingContext2D} context @param {number} dot @param {number} x @param {number} y @param {number} side */
  picture(context, dot, x, y, side) {
    if (!this.sheet) return false;
    const { across } = this.data;
    const [left, top] = [(dot % across) * THUMBNAIL, Math.floor(dot / across) * THUMBNAIL];
    context.drawImage(this.sheet, left, top, THUMBNAIL, THUMBNAIL, x, y, side, side);
    return true;
  }

  draw() {
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
    const style = getComputedStyle(this.canvas);
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
  }

  /** Each class's name stands where half of its clean dots lie on either side. @param {CanvasRenderingContext2D} context @param {CSSStyleDeclaration} style */
  names(context, style) {
    context.font = "600 13px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    this.data.names.forEach((name, label) => {
      if (this.chosen !== null && this.chosen !== label) return;
      const dots = [...this.labels.keys()].filter((dot) => this.labels[dot] === label);
      if (!dots.length) return;
      const [x, y] = [0, 1].map((axis) => {
        const sorted = dots.map((dot) => this.places[2 * dot + axis]).sort((one, other) => one - other);
        return sorted[Math.floor(sorted.length / 2)];
      });
      const left = this.canvas.clientWidth / 2 + (x - this.middle[0]) * this.scale;
      const top = this.canvas.clientHeight / 2 - (y - this.middle[1]) * this.scale - 14;
      context.strokeStyle = style.getPropertyValue("--st-background-color");
      context.lineWidth = 4;
      context.strokeText(name, left, top);
      context.fillStyle = style.color;
      context.fillText(name, left, top);
    });
  }
}
