import assert from "node:assert/strict";
import { test } from "node:test";
import { rangeOf } from "../src/draw/tracks.ts";

test("every track has a range, so that all axes are equally wide and epochs lie below one another", () => {
  assert.deepEqual(rangeOf([], null, null), [0, 1.1]);
});

test("what stays 0 or 1 is seen in 0 to 1, and all else as it is", () => {
  assert.deepEqual(rangeOf([], 0, 0), [0, 1.1]);
  assert.deepEqual(rangeOf([], 1, 1), [0, 1.1]);
  const [least, most] = rangeOf([], 0.9, 1);
  assert.ok(least !== null && most !== null && least > 0.85 && most < 1.05);
  const [low, high] = rangeOf([], 40, 90);
  assert.ok(low !== null && high !== null && low <= 40 && high >= 90 && high < 100);
});
