import assert from "node:assert/strict";
import { test } from "node:test";
import { sanityOf, sanityText, stepText } from "../src/analysis/sanity.ts";
import type { Sanity } from "../src/format/trusted.ts";

const RECORD: Sanity = {
  kind: "sanity",
  layers: ["head", "conv"],
  counts: Int32Array.of(1, 4),
  values: Float64Array.of(0.75, 0.25, 0.5, Number.NaN),
  chance: Float64Array.of(0.125, Number.NaN, 0.25, 0),
  passes: 64,
  moment: "end",
  weights: 3,
};

test("a curve begins at the map itself, and its steps are those of the sample", () => {
  const steps = sanityOf(RECORD, 0);
  assert.deepEqual(
    steps.map(({ count, value }) => [count, value]),
    [
      [0, 1],
      [1, 0.75],
      [4, 0.25],
    ],
  );
  assert.equal(sanityOf({ ...RECORD, numbers: [4, 2] }, 2)[1]?.value, 0.5);
  assert.deepEqual(sanityOf({ ...RECORD, numbers: [4, 2] }, 1), []);
  assert.deepEqual(sanityOf(RECORD, 2), []);
});

test("it is told with its level of chance, and what is not defined is no number", () => {
  const [first, second] = [sanityOf(RECORD, 0), sanityOf(RECORD, 1)];
  assert.match(sanityText(first), /^With the weights of all 4 layers re-drawn .* is 0\.25\. One/);
  assert.match(
    sanityText(first.slice(0, 2)),
    /the one layer .* 0\.75, and to another sample’s 0\.13\./,
  );
  assert.match(sanityText(second), /not defined/);
  assert.equal(sanityText([]), "");
  assert.deepEqual(first.map(stepText), [
    "nothing re-drawn: the map itself",
    "re-drawn down to head: 0.75 (chance 0.13)",
    "re-drawn down to conv: 0.25",
  ]);
  assert.equal(second.map(stepText)[2], "re-drawn down to conv: not defined (chance 0.00)");
});
