import assert from "node:assert/strict";
import { test } from "node:test";
import { keptEpochs } from "../src/analysis/epochs.ts";
import {
  changedMind,
  className,
  confidence,
  labelsOf,
  labelText,
  predictedSet,
  verdict,
} from "../src/analysis/filters.ts";
import { percent, short } from "../src/analysis/numbers.ts";
import type { Predictions, Samples } from "../src/format/records.ts";
import type { Activation } from "../src/tables.ts";

const samples: Samples = {
  kind: "samples",
  labels: Float64Array.of(0, 1, Number.NaN),
  rows: [5, 6, 7],
  labelKind: "class",
  classNames: ["cat", "dog"],
  settings: {},
  layers: {},
  hashes: undefined,
  labelSets: undefined,
};

function predictions(
  predicted: number[],
  outputs: number[],
  width: number,
  activation: Activation = "softmax",
) {
  return {
    kind: "predictions",
    predicted: Int32Array.from(predicted),
    outputs: Float32Array.from(outputs),
    width,
    explained: 3,
    activation,
    moment: "epoch",
    weights: undefined,
  } satisfies Predictions;
}

test("verdicts need a label and a class", () => {
  const now = predictions([0, 0, 1], [1, 0, 1, 0, 0, 1], 2);
  assert.deepEqual(
    [0, 1, 2, 9].map((sample) => verdict(samples, now, sample)),
    ["right", "wrong", "unknown", "unknown"],
  );
  assert.equal(verdict({ ...samples, labelKind: "value" }, now, 0), "unknown");
  assert.equal(verdict(samples, predictions([-1], [3], 1, "none"), 0), "unknown");
});

test("who changed their mind", () => {
  const history = [predictions([0, 1], [], 0), predictions([0, 0], [], 0)];
  assert.equal(changedMind(history, 0), false);
  assert.equal(changedMind(history, 1), true);
  assert.equal(changedMind([], 0), false);
});

test("labels that do not exclude each other are right together", () => {
  const several: Samples = { ...samples, labelSets: [[0, 1], [], [1]] };
  const now = predictions([0, 1, 0], [0.9, 0.6, 0.4, 0.45, 0.8, 0.7], 2, "sigmoid");
  assert.deepEqual(
    [0, 1, 2].map((sample) => predictedSet(now, sample)),
    [[0, 1], [], [0, 1]],
  );
  assert.deepEqual(
    [0, 1, 2].map((sample) => verdict(several, now, sample)),
    ["right", "right", "wrong"],
  );
  assert.equal(predictedSet(predictions([0], [0.9, 0.1], 2), 0), undefined);
  assert.equal(predictedSet(predictions([1], [0.9], 1, "sigmoid"), 0), undefined);
  assert.deepEqual([labelText(several, 0), labelText(several, 1)], ["cat, dog", ""]);
  assert.deepEqual(
    [labelsOf(several, 0), labelsOf(samples, 1), labelsOf(samples, 2)],
    [[0, 1], [1], []],
  );
  // One more label above 0.5 is a change, though the likeliest one stays.
  const later = predictions([0, 1, 0], [0.9, 0.4, 0.4, 0.45, 0.8, 0.7], 2, "sigmoid");
  assert.deepEqual([changedMind([now, later], 0), changedMind([now, later], 2)], [true, false]);
  // Of classes that exclude each other, any of the labels is right.
  assert.equal(verdict(several, predictions([1], [0.1, 0.9], 2), 0), "right");
});

test("confidence of softmax, of one sigmoid and of a regression", () => {
  assert.equal(confidence(predictions([1], [0.25, 0.75], 2), 0), 0.75);
  assert.equal(confidence(predictions([0], [0.25], 1, "sigmoid"), 0), 0.75);
  assert.equal(confidence(predictions([1], [0.75], 1, "sigmoid"), 0), 0.75);
  assert.equal(confidence(predictions([-1], [3.5], 1, "none"), 0), 3.5);
});

test("names", () => {
  assert.equal(className(samples, 1), "dog");
  assert.equal(className(samples, 12), "class 12");
  assert.equal(labelText(samples, 2), "");
  assert.equal(
    labelText({ ...samples, labelKind: "value", labels: Float64Array.of(2.5) }, 0),
    "2.5",
  );
});

test("kept epochs against the explained ones", () => {
  const counted = (...counts: number[]) =>
    counts.map((explained) => ({ ...predictions([], [], 0), explained }));
  assert.deepEqual(keptEpochs([0, 2], counted(1, 3)), { kept: 2, explained: 3 });
  // Three fits, of which TensorBoard kept two epochs, one and one: 4, 1 and 2 were explained.
  assert.deepEqual(keptEpochs([1, 3, 4, 6], counted(2, 4, 1, 2)), { kept: 4, explained: 6 });
  assert.deepEqual(keptEpochs([0, 1, 2], counted(1, 1, 1)), { kept: 3, explained: 3 });
  assert.deepEqual(keptEpochs([], []), { kept: 0, explained: 0 });
});

test("numbers as people read them", () => {
  assert.equal(short(0), "0");
  assert.equal(short(-0.01234), "−0.0123");
  assert.equal(short(-0.0055, 2), "−0.0055");
  assert.equal(short(1234567), "1.23e6");
  assert.equal(short(1.5e-7), "1.50e−7");
  assert.equal(short(12.345), "12.3");
  assert.equal(short(Number.NaN), "NaN");
  assert.equal(short(Number.NEGATIVE_INFINITY), "−∞");
  assert.equal(percent(0.917), "91.7%");
});
