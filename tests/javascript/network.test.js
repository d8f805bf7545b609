import assert from "node:assert/strict";
import { test } from "node:test";

import { Path, verdictOf } from "../../views/stage/network.js";
import { PIXELS } from "../../views/stage/pictures.js";
import { path } from "./scenes.js";

test("a path is unpacked from base64", () => {
  const one = path([2, 0, 1], 3);
  assert.deepEqual([...one.direction(2)], [-1, 0, 1]);
  assert.deepEqual([...one.predictions], [2, 0, 1]);
  assert.equal(one.probability(0, 2), 0.8); // 52428 of 65535
  assert.equal(one.probability(1, 2), 6554 / 65535);
  assert.deepEqual(one.alongEpsilon(0), [6554 / 65535, 0.8, 6554 / 65535]);
});

test("an iterated attack has a direction of its own at every step", () => {
  const directions = Int8Array.from({ length: 3 * PIXELS }, (_, i) => Math.floor(i / PIXELS));
  const packed = Buffer.from(directions.buffer).toString("base64");
  const one = new Path({ direction: packed, unit: 0.5, probabilities: "", predictions: "" }, 3);
  for (const step of [0, 1, 2]) assert.deepEqual([...one.direction(step)], Array(PIXELS).fill(step / 2));
});

test("a prediction may flip, flip back and flip again", () => {
  assert.deepEqual(path([1, 1, 0, 0, 1, 2], 3).flips(1), { away: 2, back: 4, again: 5 });
  assert.deepEqual(path([1, 1, 0, 1, 1], 3).flips(1), { away: 2, back: 3, again: null });
  assert.deepEqual(path([1, 0, 2, 0], 3).flips(1), { away: 1, back: null, again: null });
  assert.deepEqual(path([1, 1, 1], 3).flips(1), { away: null, back: null, again: null });
});

test("what was wrong from the start flips at step 0", () => {
  assert.deepEqual(path([0, 1], 3).flips(1), { away: 0, back: 1, again: null });
});

test("a target is reached at the first step that says it", () => {
  assert.equal(path([1, 0, 2, 2], 3).reaches(2), 2);
  assert.equal(path([1, 0], 3).reaches(2), null);
});

test("the verdict, by truth, target and what is read before and after", () => {
  const known = { label: 3, target: null };
  assert.equal(verdictOf(known, 3, 3), "right");
  assert.equal(verdictOf(known, 3, 5), "fooled");
  assert.equal(verdictOf(known, 4, 3), "wrong"); // also where the attack mends it
  const targeted = { label: 3, target: 5 };
  assert.equal(verdictOf(targeted, 3, 5), "reached");
  assert.equal(verdictOf(targeted, 3, 6), "fooled");
  assert.equal(verdictOf(targeted, 5, 5), "wrong");
  assert.equal(verdictOf({ label: 3, target: 3 }, 3, 3), "right");
  const own = { label: null, target: 5 };
  assert.equal(verdictOf(own, 3, 3), "same");
  assert.equal(verdictOf(own, 3, 5), "changed");
});
