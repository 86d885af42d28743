import assert from "node:assert/strict";
import { test } from "node:test";
import { memo, memoBy } from "../src/analysis/memo.ts";
import { Changes } from "../src/draw/changes.ts";

test("what was made of an object is made once, and anew for an equal one", () => {
  let calls = 0;
  const sizeOf = memo((list: number[]) => {
    calls++;
    return list.length;
  });
  const list = [5, 6];
  assert.deepEqual([sizeOf(list), sizeOf(list), calls], [2, 2, 1]);
  assert.deepEqual([sizeOf([5, 6]), calls], [2, 2]);
});

test("zero and the empty text are remembered too", () => {
  let calls = 0;
  const at = memoBy((texts: string[], index: number) => {
    calls++;
    return texts[index] ?? "";
  });
  const texts = ["", "b"];
  assert.deepEqual([at(texts, 0), at(texts, 0), at(texts, 1), calls], ["", "", "b", 2]);
  assert.deepEqual([at(["a"], 0), calls], ["a", 3]);
});

test("things differ at first, when one or their number changes, and once forgotten", () => {
  const changes = new Changes();
  const [a, b] = [{}, {}];
  assert.equal(changes.differ(a, undefined), true);
  assert.equal(changes.differ(a, undefined), false);
  assert.equal(changes.differ(a, b), true);
  assert.equal(changes.differ(a), true);
  assert.equal(changes.differ({}), true);
  changes.forget();
  assert.equal(changes.differ(), true);
  assert.equal(changes.differ(), false);
});
