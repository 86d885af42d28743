import assert from "node:assert/strict";
import { test } from "node:test";
import { HALF, halfToNumber, numberToHalf, toHalves, widen } from "../src/format/half.ts";

test("known float16 bit patterns", () => {
  // IEEE 754-2008 binary16, by hand: sign, five bits of exponent (bias 15), ten of fraction.
  assert.equal(halfToNumber(0x0000), 0);
  assert.ok(Object.is(halfToNumber(0x8000), -0));
  assert.equal(halfToNumber(0x3c00), 1);
  assert.equal(halfToNumber(0xc000), -2);
  assert.equal(halfToNumber(0x3555), 1365 / 4096);
  assert.equal(halfToNumber(0x7bff), 65504);
});

test("subnormals, infinities and NaN", () => {
  assert.equal(halfToNumber(0x0001), 2 ** -24);
  assert.equal(halfToNumber(0x03ff), 1023 * 2 ** -24);
  assert.equal(halfToNumber(0x0400), 2 ** -14);
  assert.equal(halfToNumber(0x7c00), Number.POSITIVE_INFINITY);
  assert.equal(halfToNumber(0xfc00), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(halfToNumber(0x7e01)));
});

test("the table holds every float16 exactly", () => {
  for (let bits = 0; bits < 65536; bits++) {
    assert.ok(Object.is(HALF[bits], halfToNumber(bits)), `bits ${bits}`);
  }
});

test("widening multiplies finite values only", () => {
  const wide = widen(Uint16Array.of(0x3c00, 0x7c00, 0x7e00, 0xb800), 4);
  assert.deepEqual([...wide], [4, Number.POSITIVE_INFINITY, Number.NaN, -2]);
  // In a map without any finite value the scale is 0, and infinity times 0 must not become NaN.
  assert.deepEqual([...widen(Uint16Array.of(0xfc00), 0)], [Number.NEGATIVE_INFINITY]);
});

test("every float16 is its own nearest, and numbers between go to the nearer one", () => {
  for (let bits = 0; bits < 65536; bits++) {
    const value = HALF[bits] as number;
    if (!Number.isNaN(value)) assert.equal(numberToHalf(value), bits, `bits ${bits}`);
  }
  // 1 is followed by 1 + 2 ** -10; halfway between, the even one wins.
  const step = 2 ** -10;
  assert.equal(numberToHalf(1 + 0.49 * step), 0x3c00);
  assert.equal(numberToHalf(1 + 0.5 * step), 0x3c00);
  assert.equal(numberToHalf(1 + 0.51 * step), 0x3c01);
  assert.equal(numberToHalf(1 + 1.5 * step), 0x3c02);
  // Up to the next power of two, below all normal numbers, and beyond the largest.
  assert.equal(numberToHalf(2 - 0.1 * step), 0x4000);
  assert.equal(numberToHalf(2 ** -14 - 2 ** -26), 0x0400);
  assert.equal(numberToHalf(2 ** -26), 0);
  assert.equal(numberToHalf(-70000), 0xfc00);
});

test("values become halves of their largest magnitude", () => {
  const { halves, scale } = toHalves(Float32Array.of(-8, 2, 0, Number.NaN));
  assert.equal(scale, 8);
  assert.deepEqual([...widen(halves, scale)], [-8, 2, 0, Number.NaN]);
  assert.deepEqual(toHalves(new Float32Array(2)), { halves: Uint16Array.of(0, 0), scale: 0 });
});
