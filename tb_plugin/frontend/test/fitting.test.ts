import assert from "node:assert/strict";
import { test } from "node:test";
import { fittingSize, linesOf } from "../src/analysis/fitting.ts";

test("blocks that do not fit beside the others begin a line", () => {
  assert.deepEqual(linesOf([], 500, 10), []);
  assert.deepEqual(linesOf([240, 250], 500, 10), [1, 0]);
  assert.deepEqual(linesOf([240, 251], 500, 10), [1, 1]);
  assert.deepEqual(linesOf([1001, 100], 500, 10), [3, 1]);
});

test("maps grow until one had to stand on another line, or the room is too low", () => {
  const two = (size: number): number[] => [3 * size, 3 * size];
  const size = fittingSize(two, 1000, 10, 1000);
  assert.ok(6 * size + 10 <= 1000 && 6 * (size + 4) + 10 > 1000);
  assert.equal(fittingSize(two, 1000, 10, 120), 120);
  assert.equal(fittingSize(two, 1000, 10, 20), 112);
});

test("what stands beside each other stays so", () => {
  const three = (size: number): number[] => [3 * size, 3 * size, 2.6 * size];
  const size = fittingSize(three, 1000, 10, 1000);
  assert.deepEqual(linesOf(three(112), 1000, 10), [1, 0, 0]);
  assert.deepEqual(linesOf(three(size), 1000, 10), [1, 0, 0]);
  assert.deepEqual(linesOf(three(size + 4), 1000, 10), [1, 0, 1]);
});

test("a single map is no larger than helps to see it", () => {
  assert.equal(
    fittingSize((size) => [size], 4000, 10, 4000),
    288,
  );
});
