import assert from "node:assert/strict";
import { test } from "node:test";
import { sameByOrder } from "../src/analysis/automatic-names.ts";

const same = (first: string[], second: string[]): [string, string][] => [
  ...sameByOrder(first, second),
];

test("layers that Keras counted are matched by their order", () => {
  assert.deepEqual(same(["conv2d"], ["conv2d_4"]), [["conv2d_4", "conv2d"]]);
  assert.deepEqual(same(["conv2d", "conv2d_1"], ["conv2d_1", "conv2d_2"]), [
    ["conv2d_1", "conv2d"],
    ["conv2d_2", "conv2d_1"],
  ]);
  assert.deepEqual(same(["functional/dense"], ["functional_3/dense_2"]), [
    ["functional_3/dense_2", "functional/dense"],
  ]);
  assert.deepEqual(same(["lstm.recurrent_kernel"], ["lstm_1.recurrent_kernel"]), [
    ["lstm_1.recurrent_kernel", "lstm.recurrent_kernel"],
  ]);
});

test("names that somebody gave, and unequal numbers of layers, are left as they are", () => {
  assert.deepEqual(same(["conv1", "block_1"], ["conv2", "block_2"]), []);
  assert.deepEqual(same(["conv2d"], ["conv2d_1", "conv2d_2"]), []);
  assert.deepEqual(same(["conv2d"], ["dense_1"]), []);
  assert.deepEqual(same(["conv2d", "conv2d_1"], ["conv2d", "conv2d_1"]), []);
});
