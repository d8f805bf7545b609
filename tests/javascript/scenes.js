// Made-up networks and words with which the tests build what a scene holds.

/** @import { Words } from "../../views/stage/types.js" */

import { Path } from "../../views/stage/network.js";

/** @param {ArrayBufferView} array */
const pack = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");

/**
 * What a network reads at each step, of so many classes: its probability is 0.8 and the others share the rest.
 * @param {number[]} predictions
 * @param {number} classes
 */
export function path(predictions, classes) {
  const rest = Math.round((0.2 / (classes - 1)) * 65535);
  const probabilities = predictions.flatMap((read) =>
    Array.from({ length: classes }, (_, label) => (label === read ? 52428 : rest)),
  );
  const data = {
    direction: pack(Int8Array.from([-1, 0, 1])),
    unit: 1,
    probabilities: pack(Uint16Array.from(probabilities)),
    predictions: pack(Uint8Array.from(predictions)),
  };
  return new Path(data, classes);
}

/** Every word is its own name. */
export const words = /** @type {Words} */ (new Proxy({}, { get: (_, name) => String(name) }));
