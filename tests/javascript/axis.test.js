import assert from "node:assert/strict";
import { test } from "node:test";

import { curves, marksOf, pathsOfClasses, pathsOfTheTruth, stepOf } from "../../views/stage/axis.js";
import { DOTTED, FAINT, placeOf, STYLES } from "../../views/stage/charts.js";
import { path, words } from "./scenes.js";

const GRID = { count: 61, step: 0.005 };

test("every step is found at its own place, at any width", () => {
  for (const width of [280, 460, 1203]) {
    for (let step = 0; step < GRID.count; step++) {
      assert.equal(stepOf(placeOf(step / (GRID.count - 1), width), width, GRID), step);
    }
  }
});

test("between two steps the nearer one is taken", () => {
  // At this width a step takes 5 pixels, from 44 on.
  assert.equal(stepOf(44, 360, GRID), 0);
  assert.equal(stepOf(46, 360, GRID), 0);
  assert.equal(stepOf(47, 360, GRID), 1);
  assert.equal(stepOf(344, 360, GRID), 60);
});

test("beside the scale are steps outside of the grid", () => {
  assert.equal(stepOf(4, 360, GRID), -8);
  assert.equal(stepOf(360, 360, GRID), 63);
});

test("the scale is labelled at every tenth step", () => {
  assert.deepEqual(marksOf({ count: 31, step: 0.01 }), [
    { fraction: 0, label: "0" },
    { fraction: 1 / 3, label: "0.1" },
    { fraction: 2 / 3, label: "0.2" },
    { fraction: 1, label: "0.3" },
  ]);
  assert.deepEqual(
    marksOf(GRID).map(({ label }) => label),
    ["0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3"],
  );
});

test("of the classes the true one comes first, then the most probable; what never matters is faint", () => {
  const shown = path([1, 0, 0, 2], 5);
  const lines = pathsOfClasses({ shown, reference: 2 }, ["a", "b", "c", "d", "e"]);
  assert.deepEqual(
    lines.map(({ name, marked }) => [name, marked]),
    [
      ["c", true],
      ["a", true],
      ["b", true],
      ["d", false],
      ["e", false],
    ],
  );
  assert.deepEqual(
    lines.map(({ style }) => style),
    [STYLES[0], STYLES[1], STYLES[2], FAINT, FAINT],
  );
  const rest = 3277 / 65535;
  assert.deepEqual(lines[0].values, [rest, rest, rest, 0.8]);
});

test("no more classes are marked than there are styles", () => {
  const all = Array.from({ length: STYLES.length + 2 }, (_, i) => i);
  const lines = pathsOfClasses({ shown: path(all, all.length), reference: 0 }, all.map(String));
  assert.equal(lines.filter(({ marked }) => marked).length, STYLES.length);
});

test("of several networks each has the probability of its own reference", () => {
  const networks = [
    { name: "one", shown: path([0, 1], 2), reference: 0 },
    { name: "other", shown: path([0, 1], 2), reference: 1 },
  ];
  const low = 13107 / 65535;
  assert.deepEqual(pathsOfTheTruth(networks), [
    { name: "one", values: [0.8, low], style: STYLES[0], marked: true },
    { name: "other", values: [low, 0.8], style: STYLES[1], marked: true },
  ]);
});

const counts = { name: "CNN", total: 200, fgsm: [180, 20], random: [180, 170], pgd: null };
/** @type {"fgsm"} */
const method = "fgsm";
const grid = { count: 2, step: 0.1 };

test("one network has curves of FGSM, of random nudges, of what was counted here, and chance", () => {
  const accuracy = [{ ...counts, here: { total: 10, fgsm: [9, 0] } }];
  assert.deepEqual(curves({ accuracy, chance: 0.1, grid, method, words }), [
    { name: "fgsm_curve", values: [0.9, 0.1], style: STYLES[1], marked: true },
    { name: "random_curve", values: [0.9, 0.85], style: { ...STYLES[0], dash: [7, 4], width: 2 }, marked: true },
    { values: [0.9, 0], style: STYLES[1], points: true },
    { name: "chance", values: [0.1, 0.1], style: DOTTED },
  ]);
});

test("several networks have a curve each; nothing counted is nothing drawn", () => {
  const accuracy = [
    { ...counts, here: null },
    { ...counts, name: "MLP", here: { total: 0, fgsm: [0, 0] } },
  ];
  assert.deepEqual(curves({ accuracy, chance: 0.1, grid, method, words }), [
    { name: "CNN", values: [0.9, 0.1], style: STYLES[0], marked: true },
    { name: "MLP", values: [0.9, 0.1], style: STYLES[1], marked: true },
    { name: "chance", values: [0.1, 0.1], style: DOTTED },
  ]);
});

test("under twenty steps the curve of PGD stands beside FGSM's", () => {
  const accuracy = [{ ...counts, pgd: [180, 0], here: null }];
  const names = curves({ accuracy, chance: 0.1, grid, method, words }).map(({ name }) => name);
  assert.deepEqual(names, ["fgsm_curve", "pgd_curve", "random_curve", "chance"]);
});

test("several networks have PGD's curves where the picture is attacked so, and all were measured", () => {
  const measured = { ...counts, pgd: [180, 0], here: { total: 10, fgsm: [9, 0] } };
  /** @type {(accuracy: any[]) => number[][]} */
  const drawn = (accuracy) => curves({ accuracy, chance: 0.1, grid, method: "pgd", words }).map(({ values }) => values);
  assert.deepEqual(drawn([measured, measured]), [
    [0.9, 0],
    [0.9, 0],
    [0.1, 0.1],
  ]);
  assert.deepEqual(drawn([measured, { ...counts, here: null }])[0], [0.9, 0.1]);
});
