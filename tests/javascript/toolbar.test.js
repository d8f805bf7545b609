import assert from "node:assert/strict";
import { test } from "node:test";

import { csv } from "../../views/stage/toolbar.js";

test("rows end as RFC 4180 has them, and only what needs it is quoted", () => {
  const rows = [
    ["network", "T-shirt, top", 'a "b"'],
    ["two\nlines", "", "0.1000"],
  ];
  assert.equal(csv(rows), 'network,"T-shirt, top","a ""b"""\r\n"two\nlines",,0.1000\r\n');
});
