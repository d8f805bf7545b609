import assert from "node:assert/strict";
import test from "node:test";

import { keyIn, made } from "../../views/parts/memory.js";

test("names are long, and no two are the same", () => {
  const names = new Set(Array.from({ length: 1000 }, made));
  assert.equal(names.size, 1000);
  for (const name of names) assert.match(name, /^[0-9a-f]{32}$/);
});

test("a key is read from the part of an address that no server is sent", () => {
  assert.equal(keyIn("#key=abc-DEF_1"), "abc-DEF_1");
  assert.equal(keyIn("#other=1&key=a%20b"), "a b");
  assert.equal(keyIn("#"), "");
  assert.equal(keyIn(""), "");
  assert.equal(keyIn("#nothing"), "");
});
