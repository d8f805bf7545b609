import assert from "node:assert/strict";
import { test } from "node:test";

import { fractionAt, heightOf, pathOf, placeOf, wholePercent } from "../../views/stage/charts.js";

test("the scale leaves 44 pixels at its left and 16 at its right", () => {
  assert.equal(placeOf(0, 460), 44);
  assert.equal(placeOf(0.5, 460), 244);
  assert.equal(placeOf(1, 460), 444);
});

test("a place on the scale and its fraction are each other's inverse", () => {
  for (const width of [200, 460, 1203]) {
    for (const part of [0, 0.125, 0.5, 1]) {
      assert.ok(Math.abs(fractionAt(placeOf(part, width), width) - part) < 1e-12);
    }
  }
  assert.equal(fractionAt(244, 460), 0.5);
  assert.equal(fractionAt(-356, 460), -1); // left of the chart
});

test("0 is low and 1 is high, both 7 pixels from the edge of 88", () => {
  assert.equal(heightOf(0), 81);
  assert.equal(heightOf(0.5), 44);
  assert.equal(heightOf(1), 7);
});

test("a line goes from the left end of the scale to the right one", () => {
  assert.deepEqual(pathOf([1, 0.5, 0], 460), [
    [44, 7],
    [244, 44],
    [444, 81],
  ]);
});

test("a fraction of pictures can be all or none", () => {
  assert.equal(wholePercent(1), "100 %");
  assert.equal(wholePercent(0), "0 %");
  assert.equal(wholePercent(0.876), "88 %");
});
