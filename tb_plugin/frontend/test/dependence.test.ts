/** How outputs follow single features: which curve is whose, and where rows are few. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { curveOf, outputOf, sparseParts } from "../src/analysis/dependence.ts";
import type { Dependence } from "../src/format/dependent.ts";

const floats = (...values: number[]): Float32Array => Float32Array.from(values);

const RECORD: Dependence = {
  ...{ kind: "dependence", names: ["age", ""], features: Int32Array.from([3, 0]), width: 3 },
  ...{ grid: floats(20, 40, Number.NaN, 0, 1, 2), counts: [7, 2, 0, 3, 9, 2] },
  ...{ categories: Uint8Array.from([0, 1]), outputs: Int32Array.from([0, 7]) },
  partial: floats(1, 2, Number.NaN, 3, 4, Number.NaN, 5, 6, 7, 8, 9, 10),
  ...{ low: new Float32Array(12), high: new Float32Array(12).fill(99) },
  single: floats(11, 12, Number.NaN, 13, 14, Number.NaN, 15, 16, 17, 18, 19, 20),
  ...{ singleOutputs: Int32Array.from([7, 0]), rows: [4, 9], averaged: 9, unit: "logit" },
  ...{ moment: "epoch", weights: 1 },
};

test("a curve is of a feature and an output, its single rows of that output", () => {
  assert.deepEqual(curveOf(RECORD, 0, 1), {
    ...{ name: "age", isCategory: false, values: [20, 40], rows: [7, 2] },
    mean: [3, 4].map((value) => ({ value, low: 0, high: 99 })),
    single: [[11, 12]],
  });
  const other = curveOf(RECORD, 1, 0);
  assert.equal(other.name, "column 0");
  assert.ok(other.isCategory);
  assert.deepEqual(other.values, [0, 1, 2]);
  assert.deepEqual(
    other.mean.map(({ value }) => value),
    [5, 6, 7],
  );
  assert.deepEqual(other.single, [[18, 19, 20]]);
  assert.deepEqual(other.rows, [3, 9, 2]);
});

test("a class that has no output of its own shows the first", () => {
  assert.equal(outputOf(RECORD, 7), 1);
  assert.equal(outputOf(RECORD, 3), 0);
  assert.equal(outputOf(RECORD, undefined), 0);
});

test("few rows are near stretches that reach half-way to the next value", () => {
  const parts = (...rows: number[]): [number, number][] =>
    sparseParts({ ...curveOf(RECORD, 1, 0), values: [0, 1, 3, 4], rows });
  assert.deepEqual(parts(9, 9, 9, 9), []);
  assert.deepEqual(parts(9, 4, 9, 0), [
    [0.5, 2],
    [3.5, 4],
  ]);
  assert.deepEqual(parts(0, 1, 5, 9), [[0, 2]]);
});
