import assert from "node:assert/strict";
import { test } from "node:test";
import { fittingSize, linesOf } from "../src/analysis/fitting.ts";

test("blocks that do not fit beside the others begin a line", () => {
  assert.equal(linesOf([], 500, 10), 0);
  assert.equal(linesOf([240, 250], 500, 10), 1);
  assert.equal(linesOf([240, 251], 500, 10), 2);
  assert.equal(linesOf([1001, 100], 500, 10), 4);
});

test("maps grow until a line more were needed, or the room is too low", () => {
  const two = (size: number): number[] => [3 * size, 3 * size];
  const size = fittingSize(two, 1000, 10, 1000);
  assert.ok(6 * size + 10 <= 1000 && 6 * (size + 4) + 10 > 1000);
  assert.equal(fittingSize(two, 1000, 10, 120), 120);
  assert.equal(fittingSize(two, 1000, 10, 20), 112);
});

test("a single map is no larger than helps to see it", () => {
  assert.equal(
    fittingSize((size) => [size], 4000, 10, 4000),
    288,
  );
});
