import assert from "node:assert/strict";
import { test } from "node:test";
import { between } from "../../views/parts/dots.js";

test("an epsilon lies between two that are stored, or on one", () => {
  const stored = [0, 0.01, 0.03];
  assert.deepEqual(between(stored, 0), { low: 0, part: 0 });
  assert.deepEqual(between(stored, 0.01), { low: 1, part: 0 });
  assert.ok(Math.abs(between(stored, 0.02).part - 0.5) < 1e-9);
  const { low, part } = between(stored, 0.03);
  assert.equal(low, 1);
  assert.ok(Math.abs(part - 1) < 1e-9);
});
