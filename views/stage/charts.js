// Lines along epsilon, drawn once; then only their markers move.

import { context2d, element } from "./dom.js";

/** @import { Place, Series, Style } from "./types.js" */

export const EDGE = { left: 44, right: 16 }; // pixels beside every scale; the slider keeps them too
export const HEIGHT = 88;
export const MARGIN = 7; // above and below, so that a marker at 0 or 100 % is whole

/**
 * Told apart by colour and by dash; each colour holds on white and on black (3:1).
 * @type {Style[]}
 */
export const STYLES = [
  { colour: "#3a93cf", dash: [], width: 3 },
  { colour: "#dd6b20", dash: [], width: 2 },
  { colour: "#2a9d6f", dash: [9, 3], width: 2 },
  { colour: "#b8629f", dash: [3, 3], width: 2 },
  { colour: "#9a7b1c", dash: [9, 3, 2, 3], width: 2 },
];
/** @type {Style} */
export const FAINT = { colour: "rgb(128 128 128 / 55%)", dash: [], width: 1 };
/** @type {Style} */
export const DOTTED = { colour: "rgb(128 128 128)", dash: [2, 4], width: 1.5 };

/**
 * Pixels from the left of a chart as wide as `width`, for a fraction of the scale.
 * @param {number} fraction
 * @param {number} width
 */
export const placeOf = (fraction, width) => EDGE.left + fraction * (width - EDGE.left - EDGE.right);

/**
 * The fraction of the scale at a place, in pixels from the left.
 * @param {number} x
 * @param {number} width
 */
export const fractionAt = (x, width) => (x - EDGE.left) / (width - EDGE.left - EDGE.right);

/**
 * Pixels from the top of a chart, for a value in [0, 1].
 * @param {number} value
 */
export const heightOf = (value) => HEIGHT - MARGIN - value * (HEIGHT - 2 * MARGIN);

/**
 * Where a line goes, from the left to the right of the scale.
 * @param {number[]} values
 * @param {number} width
 * @returns {Place[]}
 */
export const pathOf = (values, width) =>
  values.map((value, i) => [placeOf(i / (values.length - 1), width), heightOf(value)]);

// Those of `series` that are marked carry a dot at epsilon and stand in the legend with their value there.
export class Chart {
  width = 0;
  density = 1;
  colour = "";

  /** @param {string} title @param {Series[]} series */
  constructor(title, series) {
    this.title = title;
    this.series = series;
    this.canvas = element("canvas", { role: "img" });
    this.lines = document.createElement("canvas");
    this.entries = series.filter(({ marked }) => marked).map((line) => ({ line, ...legendEntry(line) }));
    const legend = element("span", { class: "legend" }, ...this.entries.map(({ node }) => node));
    const caption = element("figcaption", {}, element("span", {}, title), legend);
    this.node = element("figure", { class: "chart" }, caption, this.canvas);
  }

  /** @param {number} width */
  layOut(width) {
    this.width = width;
    this.density = window.devicePixelRatio || 1;
    for (const canvas of [this.canvas, this.lines]) {
      canvas.width = Math.round(width * this.density);
      canvas.height = Math.round(HEIGHT * this.density);
    }
    this.canvas.style.height = `${HEIGHT}px`;
    this.drawLines();
  }

  drawLines() {
    this.colour = getComputedStyle(this.canvas).color;
    const context = context2d(this.lines);
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    context.clearRect(0, 0, this.width, HEIGHT);
    context.font = "12px sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of [0, 0.5, 1]) {
      context.fillStyle = this.colour;
      context.fillText(`${100 * value} %`, EDGE.left - 8, heightOf(value));
      stroke(context, { colour: "rgb(128 128 128 / 30%)", dash: [], width: 1 }, [
        [EDGE.left, heightOf(value)],
        [this.width - EDGE.right, heightOf(value)],
      ]);
    }
    for (const { values, style, points } of [...this.series].reverse()) {
      const places = pathOf(values, this.width);
      if (points) for (const place of places) dot(context, place, 2, style.colour);
      else stroke(context, style, places);
    }
  }

  /** @param {number} step */
  mark(step) {
    if (getComputedStyle(this.canvas).color !== this.colour) this.drawLines(); // another theme
    const context = context2d(this.canvas);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.lines, 0, 0);
    context.setTransform(this.density, 0, 0, this.density, 0, 0);
    for (const { line, figure } of this.entries) {
      const { values, style } = line;
      const x = placeOf(step / (values.length - 1), this.width);
      dot(context, [x, heightOf(values[step])], 5, style.colour);
      figure.textContent = wholePercent(values[step]);
    }
    const said = this.entries.map(({ line }) => `${line.name} ${wholePercent(line.values[step])}`);
    this.canvas.setAttribute("aria-label", `${this.title}: ${said.join(", ")}`);
  }
}

/**
 * A fraction of pictures can be all or none, and a probability rounds to that.
 * @param {number} value
 */
export const wholePercent = (value) => `${Math.round(100 * value)} %`;

/**
 * A sample of the line, its name, and a place for its value.
 * @param {Series} line
 */
function legendEntry({ name, style }) {
  const sample = document.createElement("canvas");
  [sample.width, sample.height] = [44, 16];
  const context = context2d(sample);
  context.scale(2, 2);
  stroke(context, style, [
    [0, 4],
    [22, 4],
  ]);
  sample.setAttribute("aria-hidden", "true");
  const figure = element("b");
  return { node: element("span", {}, sample, `${name} `, figure), sample, figure };
}

/** @param {CanvasRenderingContext2D} context @param {Style} style @param {Place[]} places */
function stroke(context, { colour, dash, width }, places) {
  context.beginPath();
  for (const [x, y] of places) context.lineTo(x, y); // the first one only begins
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.stroke();
  context.setLineDash([]);
}

/** @param {CanvasRenderingContext2D} context @param {Place} place @param {number} radius @param {string} colour */
function dot(context, [x, y], radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
