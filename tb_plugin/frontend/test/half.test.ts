import assert from "node:assert/strict";
import { test } from "node:test";
import { HALF, halfToNumber, widen } from "../src/format/half.ts";

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
