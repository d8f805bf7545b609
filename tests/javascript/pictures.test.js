import assert from "node:assert/strict";
import { test } from "node:test";

import { CELL, grey, moved, nudged, onTheWay, PIXELS, SIDE, signed } from "../../views/stage/pictures.js";

/**
 * A picture of which only the first pixels are told.
 * @param {number[]} first
 */
const picture = (...first) => Float32Array.from({ length: PIXELS }, (_, i) => first[i] ?? 0);

test("a picture has 28 x 28 pixels", () => assert.equal(PIXELS, 784));

test("pixels move by epsilon in their direction and stop at black and white", () => {
  const attacked = nudged(picture(0, 100, 250, 255, 10, 3), picture(-1, 1, 1, -1, 0, -1), 0.1);
  assert.equal(attacked.length, PIXELS);
  assert.deepEqual([...attacked.slice(0, 6)], [0, 125.5, 255, 229.5, 10, 0]);
  assert.ok(attacked.slice(6).every((value) => value === 0));
});

test("at epsilon 0 nothing moves", () => {
  const before = picture(7, 255, 1);
  assert.deepEqual(nudged(before, picture(1, 1, -1), 0), before);
});

test("what clipping takes away is not counted as a move", () => {
  const before = picture(0, 100, 250);
  const attacked = nudged(before, picture(-1, 1, 1), 0.2);
  const { largest, mean } = moved(before, attacked);
  assert.equal(largest, 51 / 255);
  assert.equal(mean, (0 + 51 / 255 + 5 / 255) / 784);
  assert.deepEqual(moved(before, before), { largest: 0, mean: 0 });
});

test("grey has three equal parts", () => assert.deepEqual(grey(17), [17, 17, 17]));

test("a change is grey for none, blue for darker and orange for brighter", () => {
  assert.deepEqual(signed(0), [128, 128, 128]);
  assert.deepEqual(signed(-1), [0, 114, 178]);
  assert.deepEqual(signed(1), [240, 140, 40]);
  assert.deepEqual(signed(0.5), [184, 134, 84]);
  assert.deepEqual(signed(-0.5), [64, 121, 153]);
});

test("a pixel on its way starts at one place and ends at the other, magnified", () => {
  const [from, to] = [2 * SIDE + 5, 10 * SIDE + 1];
  assert.deepEqual(onTheWay(from, to, 0), { x: 5 * CELL, y: 2 * CELL });
  assert.deepEqual(onTheWay(from, to, 1), { x: 1 * CELL, y: 10 * CELL });
  assert.deepEqual(onTheWay(from, to, 0.5), { x: 3 * CELL, y: 6 * CELL });
});

test("it starts and ends slowly", () => {
  assert.equal(onTheWay(0, 16, 0.25).x, CELL * 16 * (10 / 64)); // 3/16 - 2/64
  assert.equal(onTheWay(0, 16, 0.75).x, CELL * 16 * (54 / 64));
});
