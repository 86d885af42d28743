/** What stands in confusion matrices, and what of an answer is read. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  cellText,
  classesOf,
  drawnClasses,
  largest,
  minus,
  NONE,
  rowsIn,
  sharesOf,
  shortNames,
} from "../src/analysis/confusion.ts";
import { estimateText, pointAtThreshold, shareText } from "../src/analysis/estimates.ts";
import { type Evaluation, readEvaluation } from "../src/analysis/evaluation.ts";

const ANSWER = {
  ...{ rows: 5, total: 9, counted: 4, several: false, epochs: 2, left_out: 1 },
  accuracy: [0.75, 0.3, 0.95],
  classes: [0, 2].map((index) => ({
    ...{ class: index, name: `digit ${index}`, rows: 2 },
    ...{ precision: [null, null, null], recall: [0.5, 0.1, 0.9], f1: [0, 0, 0.4] },
  })),
  confusion: [
    [2, 0],
    [1, 1],
  ],
  curves: [{ class: 2, threshold: [0.9, 0.5, 0.1], auc: [0.8, 0.6, 0.9], precision: [1, 1, 0.5] }],
  each_row: {
    ...{ row: [7, 3, 4, 9], hash: ["00000000000000ff", "000000000000000a", "0", "1"] },
    ...{ label: [0, 2, 0, 2], predicted: [0, 0, 0, 2], chance: [0.9, 0.2, 0.6, 0.7] },
  },
};

test("shares are of the rows of a label, or of a prediction", () => {
  const matrix = [
    [3, 1],
    [0, 0],
  ];
  assert.deepEqual(sharesOf(matrix, "label"), [
    [0.75, 0.25],
    [Number.NaN, Number.NaN],
  ]);
  assert.deepEqual(sharesOf(matrix, "predicted"), [
    [1, 1],
    [0, 0],
  ]);
  assert.equal(largest([minus(matrix, [[1, 4]])]), 3);
});

test("cells say what they hold, nothing where they are empty", () => {
  assert.equal(cellText(0, "counts"), "");
  assert.equal(cellText(Number.NaN, "label"), "");
  assert.equal(cellText(12, "counts"), "12");
  assert.equal(cellText(0.256, "label"), "26%");
  assert.equal(cellText(0.001, "predicted"), "<1%");
  assert.equal(cellText(3, "difference"), "+3");
  assert.equal(cellText(-3, "difference"), "−3");
  assert.equal(cellText(1234567, "counts"), "1.23M");
  assert.equal(cellText(-98765.5, "difference"), "−98.8K");
});

test("names lose the words that all begin with", () => {
  assert.deepEqual(shortNames(["digit 0", "digit 10"]), ["0", "10"]);
  assert.deepEqual(shortNames(["digit ", "digit 1"]), ["digit ", "digit 1"]);
  assert.deepEqual(shortNames(["cat", "car"]), ["cat", "car"]);
  assert.deepEqual(shortNames(["only one"]), ["only one"]);
});

test("an answer is read field by field", () => {
  const read = readEvaluation(ANSWER);
  assert.equal(read.counted, 4);
  assert.equal(read.classes[1]?.name, "digit 2");
  assert.ok(Number.isNaN(read.classes[0]?.rates.precision?.value));
  assert.equal(read.classes[0]?.rates.iou, undefined);
  assert.equal(read.arePixels, false);
  const pixels = readEvaluation({ unit: "pixel", classes: [{ class: 0, iou: [0.5, 0.4, 0.6] }] });
  assert.deepEqual(pixels.classes[0]?.rates, { iou: { value: 0.5, low: 0.4, high: 0.6 } });
  assert.ok(pixels.arePixels);
  assert.deepEqual(read.rows[0]?.hash, "ff");
  assert.deepEqual(read.rows[2]?.hash, "0");
  const [curve] = read.curves;
  assert.ok(curve);
  assert.equal(pointAtThreshold(curve, 0.5), 1);
  assert.equal(pointAtThreshold(curve, 0.95), -1);
  assert.deepEqual(
    rowsIn(read.rows, 0, 0).map(({ row }) => row),
    [4, 7],
  );
  assert.equal(readEvaluation({}).accuracy, undefined);
  assert.deepEqual(readEvaluation({ confusion: "no" }).confusion, []);
});

test("rows of several labels are found by one that is missed, or one that is added", () => {
  const { rows } = readEvaluation({
    several: true,
    each_row: {
      ...{ row: [1, 2, 3], label: [0, -1, 0], predicted: [0, 0, 0] },
      labels: [[0, 2], [], [2]],
      labels_predicted: [[0], [2], [2]],
      label_chances: [[0.9, 0.25], [0.75], [0.5]],
    },
  });
  const numbersOf = (label: number, predicted: number): readonly number[] =>
    rowsIn(rows, label, predicted).map(({ row }) => row);
  assert.deepEqual(numbersOf(2, NONE), [1]);
  assert.deepEqual(numbersOf(NONE, 2), [2]);
  assert.deepEqual(numbersOf(2, 2), [3]);
  assert.deepEqual(rows[0]?.chances?.get(2), 0.25);
});

test("of very many classes those that are confused most often are drawn", () => {
  const read = readEvaluation({
    ...ANSWER,
    classes: [0, 1, 2].map((index) => ({ class: index })),
    confusion: [
      [9, 0, 2],
      [0, 9, 0],
      [0, 0, 9],
    ],
  });
  const indices = (most?: number) => drawnClasses([read], most).map(({ index }) => index);
  assert.deepEqual(indices(), [0, 1, 2]);
  assert.deepEqual(indices(2), [0, 2]);
});

test("runs in which other classes occur have one matrix each of all of them", () => {
  const more = readEvaluation({
    classes: [0, 1, 2].map((index) => ({ class: index })),
    confusion: [
      [3, 1, 0],
      [0, 0, 0],
      [0, 0, 5],
    ],
  });
  const both = [readEvaluation(ANSWER), more];
  const indices = classesOf(both).map(({ index }) => index);
  assert.deepEqual(indices, [0, 1, 2]);
  assert.deepEqual(cellsOf(both[0] as Evaluation, indices), [
    [2, 0, 0],
    [0, 0, 0],
    [1, 0, 1],
  ]);
  assert.deepEqual(cellsOf(more, indices), more.confusion);
});

test("intervals stand beside their numbers", () => {
  assert.equal(shareText({ value: 0.75, low: 0.3, high: 0.954 }), "75.0% [30.0–95.4]");
  assert.equal(estimateText({ value: 0.8, low: 0.6, high: 0.9 }), "0.80 [0.60–0.90]");
  assert.equal(estimateText({ value: Number.NaN, low: 0, high: 1 }), "not defined");
});
