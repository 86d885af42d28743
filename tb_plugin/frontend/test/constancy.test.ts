import assert from "node:assert/strict";
import { test } from "node:test";
import { areSameMaps, areSameOutputs } from "../src/analysis/constancy.ts";
import type { readMap } from "../src/format/maps.ts";
import { decode } from "../src/format/records.ts";
import { packMap } from "./support.ts";

type Map = ReturnType<typeof readMap>;

function map(halves: readonly number[], scale = "2.0"): Map {
  return decode("map", packMap(halves, [1, halves.length], { scale })) as Map;
}

test("maps are the same where no value differs by more than a thousandth of the largest", () => {
  const one = [0x3c00, 0x3800, 0];
  assert.equal(areSameMaps([map(one), map(one), map([0x3c00, 0x3801, 0])]), true);
  assert.equal(areSameMaps([map(one), map([0x3c00, 0x3810, 0])]), false);
  assert.equal(areSameMaps([map(one), map(one, "2.1")]), false);
  assert.equal(areSameMaps([map(one), map([0x3c00, 0x3800])]), false);
  assert.equal(areSameMaps([map(one)]), false);
  assert.equal(areSameMaps([map([0x7e00]), map([0x7e00])]), false);
});

test("a model predicts the same where all rows of its outputs agree", () => {
  const same = Float32Array.from([0.3, 0.7, 0.3004, 0.6996, 0.3, 0.7]);
  assert.equal(areSameOutputs(same, 2), true);
  assert.equal(areSameOutputs(Float32Array.from([0.3, 0.7, 0.31, 0.69]), 2), false);
  assert.equal(areSameOutputs(Float32Array.from([0.3, 0.7]), 2), false);
  assert.equal(areSameOutputs(new Float32Array(0), 0), false);
});
