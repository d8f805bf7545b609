// What a network predicts all over the plane through the picture, at the points that were computed.

import { bytes, signedBytes } from "./dom.js";
import { PIXELS } from "./pictures.js";

/** @import { Place, PlaneData } from "./types.js" */

const NATS = 1000; // parts of a nat in which losses travel
const TRACK = 10_000; // parts of 1 in which points of a track travel

/** @param {Uint8Array<ArrayBuffer>} packed */
async function unpacked(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export class Plane {
  /**
   * @param {PlaneData} data
   * @param {number} reach
   * @param {number} classes
   */
  static async open(data, reach, classes) {
    return new Plane(data, reach, classes, await unpacked(bytes(data.packed)));
  }

  /** @param {PlaneData} data @param {number} reach @param {number} classes @param {ArrayBuffer} found */
  constructor({ points, along, unit, track }, reach, classes, found) {
    this.points = points; // along either direction
    this.reach = reach;
    this.classes = classes;
    const count = points * points;
    this.losses = Float32Array.from(new Uint16Array(found, 0, count), (value) => value / NATS);
    this.predictions = new Uint8Array(found, 2 * count, count);
    this.probabilities = new Uint8Array(found, 3 * count);
    this.along = Float32Array.from(signedBytes(along), (value) => unit * value);
    this.track = track === null ? null : new Int16Array(bytes(track).buffer);
  }

  get gap() {
    return (2 * this.reach) / (this.points - 1);
  }

  /** The nearest place that was computed. @param {Place} place @returns {Place} */
  snap(place) {
    const [x, y] = place.map((value) => this.nearest(value) * this.gap - this.reach);
    return [x, y];
  }

  /** How many points lie before the nearest one along a direction. @param {number} value */
  nearest(value) {
    const place = Math.round((value + this.reach) / this.gap);
    return Math.min(this.points - 1, Math.max(0, place));
  }

  /** The number of the point at a place. @param {Place} place */
  at([x, y]) {
    return this.nearest(y) * this.points + this.nearest(x);
  }

  /** @param {number} point @param {number} label */
  probability(point, label) {
    return this.probabilities[point * this.classes + label] / 255;
  }

  /**
   * How much more probable a class is than any other at each point; negative where another is.
   * @param {number} label
   */
  lead(label) {
    return Float32Array.from(this.predictions, (predicted, point) => {
      const own = this.probability(point, label);
      let best = 0;
      for (let other = 0; other < this.classes; other++) {
        if (other !== label) best = Math.max(best, this.probability(point, other));
      }
      const lead = Math.abs(own - best) + 1e-3; // probabilities are rounded, what is predicted is not
      return predicted === label ? lead : -lead;
    });
  }

  /**
   * Where an iterated attack began and where each step led, at a step of epsilon.
   * @param {number} step
   * @param {number} steps how many epsilons there are
   * @returns {Place[]}
   */
  trackAt(step, steps) {
    const { track } = this;
    if (!track) return [];
    const length = track.length / steps / 2;
    return Array.from({ length }, (_, i) => {
      const start = 2 * (step * length + i);
      return [track[start] / TRACK, track[start + 1] / TRACK];
    });
  }

  /**
   * The picture at a place: moved along both directions and clipped, in 255ths.
   * @param {ArrayLike<number>} picture
   * @param {ArrayLike<number>} across
   * @param {Place} place
   */
  nudged(picture, across, [x, y]) {
    const result = new Float32Array(PIXELS);
    for (let i = 0; i < PIXELS; i++) {
      const value = picture[i] + 255 * (x * this.along[i] + y * across[i]);
      result[i] = Math.min(255, Math.max(0, value));
    }
    return result;
  }
}

/**
 * Line segments where a field over a square grid takes a value: marching squares. Each is four numbers,
 * from x, y to x, y, in cells from the first point.
 * @param {ArrayLike<number>} field
 * @param {number} points along either side
 * @param {number} level
 * @returns {number[][]}
 */
export function contour(field, points, level) {
  const segments = [];
  for (let row = 0; row + 1 < points; row++) {
    for (let column = 0; column + 1 < points; column++) {
      const corners = [
        [column, row],
        [column + 1, row],
        [column + 1, row + 1],
        [column, row + 1],
      ];
      const values = corners.map(([x, y]) => field[y * points + x] - level);
      /** @type {number[][]} */
      const crossings = [];
      for (let side = 0; side < 4; side++) {
        const next = (side + 1) % 4;
        if (values[side] < 0 === values[next] < 0) continue;
        const part = values[side] / (values[side] - values[next]);
        crossings.push([0, 1].map((axis) => corners[side][axis] + part * (corners[next][axis] - corners[side][axis])));
      }
      for (let i = 0; i + 1 < crossings.length; i += 2) segments.push([...crossings[i], ...crossings[i + 1]]);
    }
  }
  return segments;
}

/**
 * For each class the point that lies deepest inside a region of it, how deep that is in cells, and how
 * many points are of the class.
 * @param {ArrayLike<number>} predictions
 * @param {number} points
 */
export function regions(predictions, points) {
  const depth = new Int32Array(points * points);
  const found = new Map();
  // Two passes: each point is one deeper than the shallowest neighbour on either side.
  const inside = (/** @type {number} */ row, /** @type {number} */ column, /** @type {number} */ label) =>
    row >= 0 && column >= 0 && row < points && column < points && predictions[row * points + column] === label
      ? depth[row * points + column]
      : 0;
  for (let row = 0; row < points; row++) {
    for (let column = 0; column < points; column++) {
      const label = predictions[row * points + column];
      depth[row * points + column] = 1 + Math.min(inside(row - 1, column, label), inside(row, column - 1, label));
    }
  }
  for (let row = points - 1; row >= 0; row--) {
    for (let column = points - 1; column >= 0; column--) {
      const point = row * points + column;
      const label = predictions[point];
      const back = 1 + Math.min(inside(row + 1, column, label), inside(row, column + 1, label));
      depth[point] = Math.min(depth[point], back);
      const known = found.get(label) ?? { label, point, depth: 0, count: 0 };
      known.count += 1;
      if (depth[point] > known.depth) Object.assign(known, { point, depth: depth[point] });
      found.set(label, known);
    }
  }
  return [...found.values()].sort((one, other) => other.count - one.count);
}
