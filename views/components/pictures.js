// Pictures of 28 x 28 pixels on canvases, in order, scrambled, or on the way from one to the other.

import { element } from "./tools.js";

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CELL = 9; // canvas pixels a picture's pixel takes while it travels

// A perturbation's scale: darker pixels blue, brighter ones orange, none grey. Colour-blind people
// tell the two apart (Okabe and Ito).
const DARKER = [0, 114, 178];
const SAME = [128, 128, 128];
const BRIGHTER = [240, 140, 40];

export const grey = (value) => [value, value, value];

// The colour of a change in [-1, 1].
export function signed(amount) {
  const end = amount < 0 ? DARKER : BRIGHTER;
  return SAME.map((same, i) => same + Math.abs(amount) * (end[i] - same));
}

// x + epsilon * direction, clipped: what `nudge.attacks.nudge` computes, in 255ths.
export function nudged(picture, direction, epsilon) {
  const result = new Float32Array(PIXELS);
  for (let i = 0; i < PIXELS; i++) {
    result[i] = Math.min(255, Math.max(0, picture[i] + 255 * epsilon * direction[i]));
  }
  return result;
}

// How far pixels really moved, which clipping makes less than epsilon: {largest, mean} in [0, 1].
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

// A canvas that shows 784 colours. `places` says where the scramble takes each pixel, or is null.
export class Picture {
  constructor(places) {
    this.places = places;
    this.canvas = element("canvas", { width: SIDE, height: SIDE, role: "img" });
  }

  describe(words) {
    this.canvas.setAttribute("aria-label", words);
  }

  // `share` of the way into the scramble, from 0 (as we see it) to 1 (as the network sees it).
  draw(colour, share) {
    const travelling = this.places && share > 0 && share < 1;
    const side = travelling ? SIDE * CELL : SIDE;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = this.canvas.getContext("2d");
    if (travelling) this.drawOnTheWay(context, colour, share);
    else this.drawAtRest(context, colour, this.places && share === 1);
  }

  drawAtRest(context, colour, scrambled) {
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0; i < PIXELS; i++) {
      const at = 4 * (scrambled ? this.places[i] : i);
      const [red, green, blue] = colour(i);
      image.data[at] = Math.round(red);
      image.data[at + 1] = Math.round(green);
      image.data[at + 2] = Math.round(blue);
      image.data[at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  drawOnTheWay(context, colour, share) {
    const eased = share * share * (3 - 2 * share);
    const between = (from, to) => CELL * (from + eased * (to - from));
    context.fillStyle = "rgb(128 128 128)";
    context.fillRect(0, 0, SIDE * CELL, SIDE * CELL);
    for (let i = 0; i < PIXELS; i++) {
      const to = this.places[i];
      const x = between(i % SIDE, to % SIDE);
      const y = between(Math.floor(i / SIDE), Math.floor(to / SIDE));
      context.fillStyle = `rgb(${colour(i).map(Math.round).join(" ")})`;
      context.fillRect(x, y, CELL, CELL);
    }
  }
}
