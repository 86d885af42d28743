import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axisOf,
  bandOf,
  chooseMeasure,
  lanesOf,
  meanOf,
  percentile,
  ranked,
  type Score,
  scoresOf,
  sideOf,
  splitOf,
} from "../src/analysis/drift-scores.ts";
import type { Drift } from "../src/format/compressed.ts";

const scores = (...values: number[]): Score[] =>
  values.map((value, sample) => ({ sample, value, agrees: sample % 2 === 0 }));

const DRIFT: Drift = {
  kind: "drift",
  values: Float64Array.of(0.9, 0.5, 0.2, Number.NaN, -0.4, 0.1),
  agrees: Uint8Array.of(1, 0, 1),
  measures: ["pearson", "spearman"],
  reference: "dense",
  referenceStep: undefined,
  role: "model",
};

test("one measure of a record, sample by sample", () => {
  assert.deepEqual(scoresOf(DRIFT, "spearman"), [
    { sample: 0, value: 0.5, agrees: true },
    { sample: 1, value: Number.NaN, agrees: false },
    { sample: 2, value: 0.1, agrees: true },
  ]);
  assert.ok(scoresOf(DRIFT, "ssim").every(({ value }) => Number.isNaN(value)));
});

test("agreeing and flipped apart, their means without what cannot be compared", () => {
  const { agreeing, flipped } = splitOf(scoresOf(DRIFT, "spearman"));
  assert.deepEqual(
    agreeing.map(({ sample }) => sample),
    [0, 2],
  );
  assert.equal(meanOf(agreeing), 0.3);
  assert.equal(flipped.length, 1);
  assert.ok(Number.isNaN(meanOf(flipped)));
  assert.ok(Number.isNaN(meanOf([])));
  assert.equal(meanOf(scores(1, Number.NaN, 3)), 2);
});

test("the least alike come first, NaN nowhere, ties in their order", () => {
  const order = ranked(scores(0.5, Number.NaN, -1, 0.5, 0)).map(({ sample }) => sample);
  assert.deepEqual(order, [2, 4, 0, 3]);
});

test("percentiles by hand", () => {
  // Five values: the 10th percentile is 0.4 of the way from the first to the second.
  assert.ok(Math.abs(percentile([5, 1, 4, 2, 3], 10) - 1.4) < 1e-12);
  assert.ok(Math.abs(percentile([5, 1, 4, 2, 3], 90) - 4.6) < 1e-12);
  assert.equal(percentile([10, 20], 50), 15);
  assert.equal(percentile([7], 10), 7);
  assert.ok(Number.isNaN(percentile([], 10)));
});

test("a band needs five values that can be compared", () => {
  assert.equal(bandOf(scores(1, 2, 3, 4, Number.NaN)), undefined);
  const band = bandOf(scores(0, 10, Number.NaN, 20, 30, 40));
  assert.deepEqual(band, { low: 4, high: 36, count: 5 });
  assert.deepEqual(
    [3.9, 4, 36, 36.1].map((value) => sideOf({ low: 4, high: 36, count: 5 }, value)),
    ["below", "within", "within", "above"],
  );
});

test("the measure: the wanted one, else Spearman, else the first", () => {
  assert.equal(chooseMeasure(["pearson", "spearman"], "pearson"), "pearson");
  assert.equal(chooseMeasure(["pearson", "spearman"], "ssim"), "spearman");
  assert.equal(chooseMeasure(["mine"], "spearman"), "mine");
});

test("the axis stands still, and leaves nothing out", () => {
  assert.deepEqual(axisOf("spearman", scores(0.5, 0.6)), [-1, 1]);
  assert.deepEqual(axisOf("top10_iou", scores(0.5)), [0, 1]);
  assert.deepEqual(axisOf("ssim", scores(-0.2, 0.5)), [-1, 1]);
  assert.deepEqual(axisOf("mine", scores(2.5, Number.NaN)), [0, 3]);
  assert.deepEqual(axisOf("ssim", []), [0, 1]);
});

test("marks that would hide each other go to lanes of their own", () => {
  assert.deepEqual(lanesOf([0, 3, 100, 6], 8, 3), [0, 1, 0, -1]);
  // A fourth at one position finds all three lanes taken.
  assert.deepEqual(lanesOf([0, 0, 0, 0], 8, 3), [0, 1, -1, 0]);
  assert.deepEqual(lanesOf([], 8, 3), []);
  assert.deepEqual(lanesOf([0, 8, 15], 8, 3), [0, 0, 1]);
});
