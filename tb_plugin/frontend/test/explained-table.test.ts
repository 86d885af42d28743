import assert from "node:assert/strict";
import { test } from "node:test";
import { areaHolding } from "../src/analysis/explained-table.ts";

const area = (...values: readonly number[]): number => areaHolding(Float32Array.from(values));

test("the positions that hold 90% of a map are counted, whatever their signs", () => {
  assert.equal(area(0.25, 0.25, 0.25, 0.25), 1);
  assert.equal(area(0, 9.5, 0.3, 0.2), 0.25);
  assert.equal(area(-5, 1, 4, 0), 0.5);
  // Padding is no position.
  assert.equal(area(Number.NaN, 1, 0), 0.5);
});

test("a map without evidence has no area", () => {
  assert.ok(Number.isNaN(area(0, 0)));
});
