import assert from "node:assert/strict";
import { test } from "node:test";
import { countOthers, isSameSample } from "../src/analysis/same-samples.ts";

const older = { rows: [3, 7, 9] };

test("samples are the same where their rows hold the same, wherever these stand", () => {
  const a = { rows: [3, 7, 9], hashes: ["aa", "bb", "cc"] };
  const b = { rows: [4, 7, 9], hashes: ["aa", "xx", "cc"] };
  assert.deepEqual(
    [0, 1, 2, 3].map((sample) => isSameSample(a, b, sample)),
    [true, false, true, undefined],
  );
  assert.deepEqual(countOthers(a, b), { others: 1, known: 3 });
});

test("logs that do not say what rows hold are told apart by their numbers", () => {
  const newer = { rows: [3, 8], hashes: ["aa", "bb"] };
  for (const [a, b] of [
    [older, newer],
    [newer, older],
    [older, { rows: [3, 8] }],
  ] as const) {
    assert.deepEqual(
      [0, 1, 2].map((sample) => isSameSample(a, b, sample)),
      [true, false, undefined],
    );
    assert.deepEqual(countOthers(a, b), { others: 1, known: 2 });
  }
});

test("nothing is said of runs whose rows are not known", () => {
  assert.equal(isSameSample(older, undefined, 0), undefined);
  assert.equal(isSameSample(undefined, undefined, 0), undefined);
  assert.deepEqual(countOthers(undefined, older), { others: 0, known: 0 });
});
