import assert from "node:assert/strict";
import { test } from "node:test";
import { isNoise, scaleOf } from "../src/analysis/magnitudes.ts";
import { halfToNumber } from "../src/format/half.ts";

const ONE = 0x3c00;
const HALF = 0x3800;
const NAN = 0x7e00;

function map(halves: readonly number[], scale: number) {
  return { halves: Uint16Array.from(halves), scale };
}

test("the scale of coarse maps is their largest magnitude", () => {
  assert.deepEqual(scaleOf([map([ONE, HALF], 2), map([ONE | 0x8000], 3)], false), {
    limit: 3,
    above: 0,
  });
  assert.deepEqual(scaleOf([], true), { limit: 0, above: 0 });
});

test("the scale of pixel maps leaves the largest hundredth out, zeros and NaN not counted", () => {
  const rising = Array.from({ length: 1000 }, (_, i) => 0x3000 + i);
  const sizes = rising.map((half) => 2 * halfToNumber(half));
  const outlier = map([0x5640], 1); // 100
  const zeros = map([...Array.from({ length: 5000 }, () => 0), NAN], 0);
  const { limit, above } = scaleOf([map(rising, 2), outlier, zeros], true);
  const exact = sizes[Math.ceil(0.99 * 1001) - 1] as number;
  assert.ok(limit >= exact && limit < exact * 1.01, `${limit}, ${exact}`);
  const larger = sizes.filter((size) => size > limit).length + 1;
  assert.ok(Math.abs(above - larger / 1001) < 2e-3, `${above}`);
  assert.ok(above > 0 && above <= 0.01);
});

test("a scale that reaches the largest leaves nothing out", () => {
  assert.deepEqual(scaleOf([map([ONE, ONE | 0x8000], 0.7)], true), { limit: 0.7, above: 0 });
});

test("evidence below the rounding error of its score is none; gradients have no such measure", () => {
  const logit = { unit: "logit", scoreUnit: "logit" };
  assert.equal(isNoise({ scale: 6e-12, score: 0.2 }, logit), true);
  assert.equal(isNoise({ scale: 1e-6, score: 0.2 }, logit), false);
  const gradient = { unit: "logit per unit of input", scoreUnit: "logit" };
  assert.equal(isNoise({ scale: 6e-12, score: 0.2 }, gradient), false);
  assert.equal(isNoise({ scale: 0, score: Number.NaN }, gradient), true);
});
