// Pictures of 28 x 28 pixels on canvases, in order, scrambled, or on the way from one to the other.

import { context2d, element } from "./dom.js";

/** @import { Colour } from "./types.js" */

export const SIDE = 28;
export const PIXELS = SIDE * SIDE;
export const CELL = 9; // canvas pixels a picture's pixel takes while it travels

// A perturbation's scale: darker pixels blue, brighter ones orange, none grey. Colour-blind people
// tell the two apart (Okabe and Ito).
const DARKER = [0, 114, 178];
const SAME = [128, 128, 128];
const BRIGHTER = [240, 140, 40];

/** @param {number} value */
export const grey = (value) => [value, value, value];

/**
 * The colour of a change, as a fraction of epsilon; beyond 1 it is that of 1.
 * @param {number} amount
 * @returns {Colour}
 */
export function signed(amount) {
  const end = amount < 0 ? DARKER : BRIGHTER;
  const strength = Math.min(1, Math.abs(amount));
  return SAME.map((same, i) => same + strength * (end[i] - same));
}

/**
 * x + epsilon * direction, clipped: what `nudge.attacks.fast_gradient.nudge` computes, in 255ths.
 * @param {ArrayLike<number>} picture
 * @param {ArrayLike<number>} direction
 * @param {number} epsilon
 */
export function nudged(picture, direction, epsilon) {
  const result = new Float32Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) {
    result[i] = Math.min(255, Math.max(0, picture[i] + 255 * epsilon * direction[i]));
  }
  return result;
}

/**
 * How far pixels really moved, which clipping makes less than epsilon: {largest, mean} in [0, 1].
 * @param {ArrayLike<number>} picture
 * @param {ArrayLike<number>} attacked
 */
export function moved(picture, attacked) {
  let largest = 0;
  let sum = 0;
  for (let i = 0; i < PIXELS; i++) {
    const distance = Math.abs(attacked[i] - picture[i]) / 255;
    largest = Math.max(largest, distance);
    sum += distance;
  }
  return { largest, mean: sum / PIXELS };
}

/**
 * The corner, in canvas pixels, of a pixel `fraction` of the way from one place to another.
 * @param {number} from
 * @param {number} to
 * @param {number} fraction
 */
export function onTheWay(from, to, fraction) {
  const eased = fraction * fraction * (3 - 2 * fraction);
  /** @type {(from: number, to: number) => number} */
  const between = (from, to) => CELL * (from + eased * (to - from));
  const x = between(from % SIDE, to % SIDE);
  const y = between(Math.floor(from / SIDE), Math.floor(to / SIDE));
  return { x, y };
}

// A canvas that shows 784 colours. `places` says where the scramble takes each pixel, or is null.
export class Picture {
  /** @param {ArrayLike<number> | null} places */
  constructor(places) {
    this.places = places;
    this.canvas = element("canvas", { width: SIDE, height: SIDE, role: "img" });
  }

  /** @param {string} words */
  describe(words) {
    this.canvas.setAttribute("aria-label", words);
  }

  /**
   * `fraction` of the way into the scramble, from 0 (as we see it) to 1 (as the network sees it).
   * @param {(i: number) => Colour} colour
   * @param {number} fraction
   */
  draw(colour, fraction) {
    const travelling = fraction > 0 && fraction < 1 ? this.places : null;
    const side = travelling ? SIDE * CELL : SIDE;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = context2d(this.canvas);
    if (travelling) drawOnTheWay(context, colour, travelling, fraction);
    else drawAtRest(context, colour, fraction === 1 ? this.places : null);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {(i: number) => Colour} colour
 * @param {ArrayLike<number> | null} places
 */
function drawAtRest(context, colour, places) {
  const image = context.createImageData(SIDE, SIDE);
  for (let i = 0; i < PIXELS; i++) {
    const at = 4 * (places ? places[i] : i);
    const [red, green, blue] = colour(i);
    image.data[at] = Math.round(red);
    image.data[at + 1] = Math.round(green);
    image.data[at + 2] = Math.round(blue);
    image.data[at + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {(i: number) => Colour} colour
 * @param {ArrayLike<number>} places
 * @param {number} fraction
 */
function drawOnTheWay(context, colour, places, fraction) {
  context.fillStyle = "rgb(128 128 128)";
  context.fillRect(0, 0, SIDE * CELL, SIDE * CELL);
  for (let i = 0; i < PIXELS; i++) {
    const { x, y } = onTheWay(i, places[i], fraction);
    context.fillStyle = `rgb(${colour(i).map(Math.round).join(" ")})`;
    context.fillRect(x, y, CELL, CELL);
  }
}
