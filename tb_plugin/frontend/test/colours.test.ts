import assert from "node:assert/strict";
import { test } from "node:test";
import {
  colourAt,
  colourTable,
  DIVERGING_NAMES,
  type Rgb,
  SEQUENTIAL_NAMES,
  strength,
} from "../src/analysis/colours.ts";

/** Oklab lightness, after Björn Ottosson. */
function lightness([r, g, b]: Rgb): number {
  const [x, y, z] = [r, g, b].map((c) => {
    const share = c / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * x + 0.5363325363 * y + 0.0514459929 * z);
  const m = Math.cbrt(0.2119034982 * x + 0.6806995451 * y + 0.1073969566 * z);
  const s = Math.cbrt(0.0883024619 * x + 0.2817188376 * y + 0.6299787005 * z);
  return 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s;
}

test("viridis has matplotlib's ends and middle", () => {
  assert.deepEqual(colourAt("viridis", 0), [68, 1, 84]);
  assert.deepEqual(colourAt("viridis", 1), [253, 231, 37]);
  assert.deepEqual(colourAt("viridis", 125 / 255), [33, 142, 141]);
});

test("sequential maps never get darker", () => {
  for (const name of SEQUENTIAL_NAMES) {
    for (let i = 1; i < 64; i++) {
      const step = lightness(colourAt(name, i / 63)) - lightness(colourAt(name, (i - 1) / 63));
      assert.ok(step > 0, `${name} at ${i}: ${step}`);
    }
  }
});

test("diverging maps are lightest at zero and equally strong on both sides", () => {
  for (const name of DIVERGING_NAMES) {
    for (let i = 0; i <= 32; i++) {
      const [left, right] = [colourAt(name, (32 - i) / 64), colourAt(name, (32 + i) / 64)];
      assert.ok(Math.abs(lightness(left) - lightness(right)) < 0.012, `${name} at ${i}`);
      assert.ok(lightness(left) <= lightness(colourAt(name, 0.5)) + 1e-9);
    }
  }
});

test("tables are opaque pixels in ABGR; fading ones are clear at zero", () => {
  assert.equal(colourTable("viridis")[0], 0xff540144);
  assert.equal((colourTable("viridis", true)[0] ?? 1) >>> 24, 0);
  assert.equal((colourTable("viridis", true)[255] ?? 0) >>> 24, 255);
  assert.equal(strength("blueRed", 0.5), 0);
  assert.equal(strength("blueRed", 0), 1);
});
