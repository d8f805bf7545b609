import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { contour, Plane, regions } from "../../views/stage/plane.js";

const POINTS = 3;
// Two classes; the right column is of the second.
const PREDICTIONS = [0, 0, 1, 0, 0, 1, 0, 0, 1];

function packed() {
  const losses = Uint16Array.from(PREDICTIONS, (predicted, i) => 100 * i + predicted);
  const probabilities = PREDICTIONS.flatMap((predicted) => (predicted ? [51, 204] : [255, 0]));
  const parts = [Buffer.from(losses.buffer), Buffer.from(PREDICTIONS), Buffer.from(probabilities)];
  return gzipSync(Buffer.concat(parts)).toString("base64");
}

const along = Buffer.from(Int8Array.from({ length: 784 }, (_, i) => (i % 2 ? 1 : -1)).buffer).toString("base64");

/** @param {string | null} track */
async function open(track = null) {
  return Plane.open({ points: POINTS, packed: packed(), along, unit: 1, track }, 0.3, 2);
}

test("a plane is unpacked", async () => {
  const plane = await open();
  assert.deepEqual([...plane.predictions], PREDICTIONS);
  assert.ok(Math.abs(plane.losses[5] - 0.501) < 1e-6);
  assert.equal(plane.probability(2, 1), 0.8);
  assert.equal(plane.gap, 0.3);
});

test("a place is that of the nearest point, and stays inside", async () => {
  const plane = await open();
  assert.deepEqual(plane.snap([0.2, -0.9]), [0.3, -0.3]);
  assert.deepEqual(plane.snap([0.1, 0.14]), [0, 0]);
  assert.equal(plane.at([0.3, -0.3]), 2);
  assert.equal(plane.at([0, 0.3]), 7);
});

test("a grid without a point in its middle is followed, too", async () => {
  const plane = await open();
  plane.points = 16; // as the coarse one has
  const near = (/** @type {number[]} */ found, /** @type {number[]} */ expected) =>
    found.forEach((value, i) => void assert.ok(Math.abs(value - expected[i]) < 1e-9, `${found}`));
  near(plane.snap([0.3, 0.3]), [0.3, 0.3]);
  near(plane.snap([0.5, 0.01]), [0.3, 0.02]);
  assert.equal(plane.at([0.3, 0.3]), 255);
  assert.equal(plane.at([0.3, -0.3]), 15);
  assert.equal(plane.at([0.5, 0]), 15 + 16 * 8);
  for (let point = 0; point < 256; point++) {
    const place = plane.snap([-0.3 + 0.04 * (point % 16), -0.3 + 0.04 * Math.floor(point / 16)]);
    assert.equal(plane.at(place), point);
  }
});

test("a picture moves along both directions, and is clipped", async () => {
  const plane = await open();
  const across = new Float32Array(784).fill(1);
  const moved = plane.nudged(new Float32Array(784).fill(255 * 0.5), across, [0.3, 0.3]);
  assert.ok(Math.abs(moved[0] - 255 * 0.5) < 1e-3);
  assert.equal(moved[1], 255);
});

test("the steps of an attack are those of the epsilon", async () => {
  const steps = Int16Array.from([0, 0, 0, 0, 1000, -500, 2000, 0]);
  const plane = await open(Buffer.from(steps.buffer).toString("base64"));
  assert.deepEqual(plane.trackAt(1, 2), [
    [0.1, -0.05],
    [0.2, 0],
  ]);
  assert.deepEqual((await open()).trackAt(1, 2), []);
});

test("a class leads where it is predicted", async () => {
  const lead = (await open()).lead(0);
  assert.deepEqual(
    [...lead].map((value) => value > 0),
    PREDICTIONS.map((predicted) => predicted === 0),
  );
});

test("a contour runs between the points on its either side", () => {
  const segments = contour([0, 0, 2, 0, 0, 2, 0, 0, 2], POINTS, 1);
  assert.equal(segments.length, 2);
  for (const [fromX, , toX] of segments) assert.deepEqual([fromX, toX], [1.5, 1.5]);
  assert.deepEqual(contour(new Array(9).fill(3), POINTS, 1), []);
});

test("a region's name stands deepest inside it", () => {
  const ring = Array.from({ length: 49 }, (_, i) => {
    const [row, column] = [Math.floor(i / 7), i % 7];
    return Math.max(Math.abs(row - 3), Math.abs(column - 3)) <= 2 ? 1 : 0;
  });
  const [first, second] = regions(ring, 7);
  assert.deepEqual([first.label, first.count, first.point, first.depth], [1, 25, 24, 3]);
  assert.deepEqual([second.label, second.count], [0, 24]);
});
