import assert from "node:assert/strict";
import { test } from "node:test";
import { moveInPlane, moveInRow } from "../src/analysis/cursor.ts";
import {
  channelName,
  featureName,
  inputOfSample,
  sameInput,
  tellingInput,
} from "../src/analysis/input-values.ts";
import { asMap } from "../src/format/maps.ts";
import type { Values } from "../src/format/records.ts";

const record: Values = {
  kind: "values",
  values: Float32Array.of(1, 2, 3, 4, 5, 6),
  count: 3,
  length: 2,
  width: 1,
  layout: "tokens",
  names: [],
  words: ["a", "b", "c", "", "e", "f"],
};

test("a sample's input is its own part, the same object each time", () => {
  const found = inputOfSample(record, 1);
  assert.deepEqual([...(found?.values ?? [])], [3, 4]);
  assert.deepEqual(found?.words, ["c", ""]);
  assert.equal(inputOfSample(record, 1), found);
  assert.equal(inputOfSample(record, 3), undefined);
  assert.equal(inputOfSample(undefined, 0), undefined);
});

test("of tokens the input of the most different words stands for a sample", () => {
  const segments = { ...record, words: ["#0", "#0", "#0", "#1", "#1", "#0"] };
  const features: Values = { ...record, layout: "features", words: [] };
  assert.equal(tellingInput([segments, record]), record);
  assert.equal(tellingInput([record, segments]), record);
  assert.equal(tellingInput([features, record]), features);
  assert.equal(tellingInput([]), undefined);
});

test("inputs are the same where all their numbers are", () => {
  const [a, b] = [inputOfSample(record, 0), inputOfSample(record, 1)];
  assert.ok(sameInput(a, a));
  assert.ok(!sameInput(a, b));
  assert.ok(!sameInput(a, undefined));
  assert.ok(sameInput(undefined, undefined));
  assert.ok(sameInput(a, inputOfSample({ ...record }, 0)));
});

test("what has no name is numbered", () => {
  assert.equal(featureName(undefined, 4), "column 4");
  assert.equal(channelName(inputOfSample({ ...record, names: ["x"] }, 0), 0), "x");
});

test("the cursor of a row goes from word to word, that of a plane in four ways", () => {
  const order = [0, 2, 5];
  assert.equal(moveInRow(-1, [1, 0], order), 0);
  assert.equal(moveInRow(2, [1, 0], order), 5);
  assert.equal(moveInRow(2, [0, -1], order), 0);
  assert.equal(moveInRow(5, [0, 1], order), 5);
  assert.equal(moveInRow(0, [0, 1], []), -1);
  assert.equal(moveInPlane(-1, [1, 0], { width: 3, height: 2 }), 0);
  assert.equal(moveInPlane(1, [0, 1], { width: 3, height: 2 }), 4);
  assert.equal(moveInPlane(5, [1, 1], { width: 3, height: 2 }), 5);
});

test("attention is a volume whose slices are heads", () => {
  const halves = Uint16Array.of(1, 2, 3, 4);
  const matrix = {
    kind: "matrix",
    halves,
    heads: Int32Array.of(0, 7),
    height: 1,
    width: 2,
    scale: 3,
  } as const;
  const map = asMap(matrix);
  assert.deepEqual([map.depth, map.height, map.width, map.scale], [2, 1, 2, 3]);
  assert.equal(asMap(matrix), map);
});
