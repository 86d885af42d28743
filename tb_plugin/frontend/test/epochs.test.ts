import assert from "node:assert/strict";
import { test } from "node:test";
import {
  differenceEpochs,
  epochText,
  fileText,
  fromText,
  lastUntil,
  timeText,
  unitOf,
  valueUntil,
  withEpoch,
} from "../src/analysis/epochs.ts";
import { knownAt, partsOf, readSeries } from "../src/data/series.ts";
import { packMap } from "./support.ts";

const READABLE = [2, 3, 7];
/** Maps at epochs 2, 3 and 7, and one at 5 that cannot be read. */
const SERIES = readSeries("map", {
  group: "",
  sample: 0,
  points: [2, 3, 5, 7].map((step) => ({
    step,
    wallTime: 0,
    data: step === 5 ? "damaged" : packMap([step], [1]),
  })),
});

test("what is known at the playhead is the last record until then, and says whether it is its", () => {
  for (let playhead = 2; playhead <= 9; playhead++) {
    const known = knownAt(SERIES, "map", playhead);
    const expected = [2, 3, 5, 7].filter((step) => step <= playhead).at(-1);
    assert.equal(known.step, expected);
    assert.equal(known.isNow, expected === playhead);
    assert.equal(known.record !== undefined, READABLE.includes(expected ?? -1));
    assert.equal(known.record?.halves[0], known.record && expected);
    assert.equal(known.error, expected === 5 ? "damaged" : "");
    assert.equal(fromText(known), expected === playhead ? "" : `from epoch ${expected}`);
  }
});

test("before the first record nothing is known, so nothing is of another epoch", () => {
  for (const series of [SERIES, undefined]) {
    const known = knownAt(series, "map", 1);
    assert.deepEqual(known, { record: undefined, error: "", step: undefined, isNow: false });
    assert.equal(fromText(known), "");
  }
  assert.equal(knownAt(SERIES, "channels", 3).record, undefined);
});

test("one record is drawn anew where it becomes one of another epoch, both ways", () => {
  const [at3, at4] = [3, 4].map((step) => partsOf(knownAt(SERIES, "map", step)));
  assert.equal(at3?.[0], at4?.[0]);
  assert.notDeepEqual(at3, at4);
});

test("sentences and differences say their epochs", () => {
  const now = { step: 4, isNow: true };
  const before = { step: 3, isNow: false };
  const none = { step: undefined, isNow: false };
  assert.equal(withEpoch("1 logit", now), "1 logit");
  assert.equal(withEpoch("1 logit", before), "1 logit, from epoch 3");
  assert.equal(withEpoch("1 logit", before, before, now), "1 logit, from epoch 3");
  assert.equal(differenceEpochs(now, now), "");
  assert.equal(differenceEpochs(before, before), "from epoch 3");
  assert.equal(differenceEpochs(now, before), "epoch 4 minus epoch 3");
  assert.equal(differenceEpochs(before, now), "epoch 3 minus epoch 4");
  assert.equal(differenceEpochs(now, none), "");
  // What holds until it changes, as a teacher, is the playhead's.
  assert.equal(differenceEpochs(now, { ...before, isNow: true }), "");
});

test("a curve's value at the playhead, and of which epoch it is", () => {
  const points = [
    [0, 0.5],
    [2, 0.75],
  ] as const;
  assert.deepEqual(valueUntil(points, 0), { value: 0.5, step: 0, isNow: true });
  assert.deepEqual(valueUntil(points, 1), { value: 0.5, step: 0, isNow: false });
  assert.deepEqual(valueUntil(points, 9), { value: 0.75, step: 2, isNow: false });
  assert.equal(valueUntil(points, -1), undefined);
  assert.equal(valueUntil([], 3), undefined);
  assert.equal(
    lastUntil([1, 1, 2], 1, (step) => step),
    1,
  );
});

test("within an epoch, its number and how much of it was trained are said", () => {
  assert.deepEqual([3, 0, 2.25, -0.5, -0.99, -0.666667].map(epochText), [
    "3",
    "0",
    "3 at 25%",
    "0 at 50%",
    "0 at 1%",
    "0 at 33.33%",
  ]);
  assert.equal(timeText(2.25, 4.5), "Epoch 3 of 5, at 25%");
  assert.equal(timeText(-0.5, 0), "Epoch 0 of 0, at 50%");
  assert.equal(timeText(3, 4), "Epoch 3 of 4");
  assert.equal(fileText(-0.5), "0-at-50");
  assert.equal(fromText({ step: -0.25, isNow: false }), "from epoch 0 at 75%");
});

test("steps lie an epoch apart, or as near as those within epochs do", () => {
  assert.equal(unitOf([]), 1);
  assert.equal(unitOf([0, 5, 10]), 1);
  assert.equal(unitOf([-0.75, -0.5, -0.25, 0]), 0.25);
  assert.equal(unitOf([-0.6, 0, 1]), 0.6);
});
