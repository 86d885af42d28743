import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chanceOf,
  exchangeText,
  gridOf,
  isAboveChance,
  largestShare,
  placeText,
  wideCells,
} from "../src/analysis/exchange-facts.ts";
import type { Exchange, Grid } from "../src/format/exchanged.ts";

function grid(values: readonly number[], shape: readonly number[] = [2, 2]): Grid {
  return { shape, values: Float64Array.from(values) };
}

const RECORD: Exchange = {
  kind: "exchange",
  shares: grid([0.4, 0.1, 0.5, 0.1]),
  chance: grid([0.05, 0.02, 0.03, 0.01]),
  low: grid([0.35, 0.04, 0.45, 0.02]),
  high: grid([0.45, 0.3, 0.55, 0.12]),
  sides: [8, 8],
  cell: [4, 4],
  step: [1, 1],
  byWindow: grid([0.64]),
  corner: [2, 0],
  size: [4, 4],
  share: 0.64,
  pairs: 200,
  rows: 200,
  passes: 15000,
  classes: Int32Array.of(3, 7),
  byClass: [Float32Array.of(0, 0, 0, 0.25), Float32Array.of(0, 0.75, 0, 0)],
  mean: undefined,
  isOfValues: false,
  moment: "epoch",
  weights: undefined,
};

const NONE = { unit: "position", names: [] };

test("the strongest window in words", () => {
  const at = (corner: number[], size = [4, 4]): string =>
    placeText({ ...RECORD, corner, size }, NONE);
  assert.equal(at([2, 0]), "the left edge");
  assert.equal(at([2, 4]), "the right edge");
  assert.equal(at([0, 2]), "the top edge");
  assert.equal(at([4, 4]), "the bottom right corner");
  assert.equal(at([2, 2]), "the middle");
  assert.equal(at([0, 0], [8, 4]), "the left edge");
  const row = { ...RECORD, sides: [5], corner: [1], size: [1] };
  assert.equal(placeText(row, { unit: "column", names: ["age", "site"] }), "column “site”");
  assert.equal(placeText(row, { unit: "column", names: ["", ""] }), "column 1");
  assert.equal(placeText(row, { unit: "word", names: [] }), "word 1");
  assert.equal(placeText({ ...row, size: [2] }, NONE), "positions 1 to 2");
});

test("what is followed, chance and pairs in one sentence, and where pairs are few", () => {
  assert.equal(
    exchangeText({ ...RECORD, high: RECORD.shares }, NONE),
    "64% follow the left edge · chance 5% · 200 pairs",
  );
  // 0.04 to 0.3 is 0.13 either way.
  assert.deepEqual(wideCells(RECORD), [1]);
  assert.ok(exchangeText(RECORD, NONE).endsWith("few pairs where hatched"));
  assert.match(exchangeText({ ...RECORD, isOfValues: true }, NONE), /^64% of the gap moves with/);
});

test("a place is above chance where its whole interval is", () => {
  assert.equal(chanceOf(RECORD), 0.05);
  assert.equal(isAboveChance(RECORD), true);
  assert.equal(isAboveChance({ ...RECORD, low: grid([0.05, 0.04, 0.03, 0.02]) }), false);
});

test("shares of a class, and of all where it was not exchanged", () => {
  assert.deepEqual([...gridOf(RECORD, 7).values], [0, 0.75, 0, 0]);
  assert.equal(gridOf(RECORD, 5), RECORD.shares);
  assert.equal(largestShare([RECORD, { ...RECORD, shares: grid([0.9, 0, 0, 0]) }], undefined), 0.9);
  assert.equal(largestShare([RECORD], 7), 0.75);
});
