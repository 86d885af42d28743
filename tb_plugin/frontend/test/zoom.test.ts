import assert from "node:assert/strict";
import { test } from "node:test";
import { zoomAt, zoomTo, zoomWith } from "../src/state/zoom.ts";

const ALL = [0, 20] as const;

test("a part of the epochs is whole ones within them, and all of them are none", () => {
  assert.deepEqual(zoomTo(ALL, 3.4, 8.6), [3, 8]);
  assert.deepEqual(zoomTo(ALL, 5, 5.2), [5, 7]);
  assert.deepEqual(zoomTo(ALL, 19, 30), [9, 20]);
  assert.equal(zoomTo(ALL, -5, 25), undefined);
  assert.equal(zoomTo([0, 2], 0, 1), undefined);
});

test("nearer and farther keep the epoch that is pointed at where it is", () => {
  assert.deepEqual(zoomAt(ALL, ALL, 10, 2), [5, 15]);
  assert.deepEqual(zoomAt(ALL, ALL, 0, 2), [0, 10]);
  assert.deepEqual(zoomAt(ALL, [5, 15], 10, 1 / 2), undefined);
  assert.deepEqual(zoomAt(ALL, [8, 10], 9, 1 / 1.3), [8, 11]);
});

test("what is zoomed to moves no farther than an epoch needs", () => {
  assert.deepEqual(zoomWith(ALL, [5, 9], 7), [5, 9]);
  assert.deepEqual(zoomWith(ALL, [5, 9], 10), [6, 10]);
  assert.deepEqual(zoomWith(ALL, [5, 9], 2), [2, 6]);
});

test("within epochs, a part is of the parts they are measured in", () => {
  const all = [-0.9, 0] as const;
  assert.deepEqual(zoomTo(all, -0.62, -0.28, 0.1), [-0.6, -0.3]);
  assert.deepEqual(zoomTo(all, -0.5, -0.49, 0.1), [-0.5, -0.3]);
  assert.equal(zoomTo(all, -1, 1, 0.1), undefined);
  assert.deepEqual(zoomAt(all, all, -0.9, 3, 0.1), [-0.9, -0.6]);
});
