import assert from "node:assert/strict";
import { test } from "node:test";

import { bytes, fill, inBothUnits, percent, signedBytes, words16 } from "../../views/stage/dom.js";

test("bytes come back from base64 as they were, all 256 of them", () => {
  const all = Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual([...bytes(Buffer.from(all).toString("base64"))], all);
  assert.deepEqual([...bytes("")], []);
});

test("signed bytes are two's complement", () => {
  assert.deepEqual([...signedBytes(Buffer.from([0, 1, 255, 127, 128]).toString("base64"))], [0, 1, -1, 127, -128]);
});

test("words are little-endian", () => {
  assert.deepEqual([...words16("AQAAAf//AAA=")], [1, 256, 65535, 0]);
});

test("a template is filled by name, as often as a name stands in it", () => {
  assert.equal(fill("{a}, {b} and {a}", { a: "one", b: 2 }), "one, 2 and one");
  assert.equal(fill("{a}", { a: "{b}", b: "never" }), "{b}");
  assert.equal(fill("no names", {}), "no names");
});

test("a probability is never said to be all or nothing", () => {
  assert.equal(percent(1), "> 99 %");
  assert.equal(percent(0.995), "> 99 %");
  assert.equal(percent(0.9949), "99 %");
  assert.equal(percent(0.125), "13 %");
  assert.equal(percent(0.005), "1 %");
  assert.equal(percent(0.0049), "< 1 %");
  assert.equal(percent(0), "< 1 %");
});

test("epsilon is told in both units", () => {
  assert.equal(inBothUnits(0), "0");
  assert.equal(inBothUnits(0.1), "0.100 ≈ 26/255");
  assert.equal(inBothUnits(1 / 255), "0.004 ≈ 1/255");
});
