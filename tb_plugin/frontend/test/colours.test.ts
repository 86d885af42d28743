import assert from "node:assert/strict";
import { test } from "node:test";
import {
  colourAt,
  colourTable,
  isSigned,
  levelOf,
  mapColour,
  mapTable,
  type Rgb,
  SEQUENTIAL_NAMES,
  SIGNED_NAMES,
  strength,
} from "../src/analysis/colours.ts";
import { luminance } from "../src/analysis/contrast.ts";

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

const GREY = 85;
const DIMMED: Rgb = [GREY, GREY, GREY];

test("a map is clear at zero and opaque from a quarter of the scale on", () => {
  assert.deepEqual([0, 0.125, 0.25, 0.5, 1, -0.125, -1].map(strength), [0, 0.5, 1, 1, 1, 0.5, 1]);
  for (const name of [...SEQUENTIAL_NAMES, ...SIGNED_NAMES]) {
    const signed = isSigned(name);
    const alpha = (share: number): number =>
      (mapTable(name)[levelOf(share, signed)] as number) >>> 24;
    assert.equal(alpha(0), 0, name);
    for (const share of [0.25, 0.2501, 0.6, 1, 7]) assert.equal(alpha(share), 255, name);
    assert.ok(alpha(0.249) < 255 || alpha(0.24) < 255, name);
    for (const share of [-0.25, -1, -7]) assert.equal(alpha(share), signed ? 255 : 0, name);
  }
});

test("no colour is darker than the brightest dimmed input, and larger values are brighter", () => {
  for (const name of [...SEQUENTIAL_NAMES, ...SIGNED_NAMES]) {
    for (const sign of isSigned(name) ? [-1, 1] : [1]) {
      let last = luminance(DIMMED);
      for (let i = 0; i <= 64; i++) {
        const now = luminance(mapColour(name, sign * Math.max(i / 64, 1e-6)));
        assert.ok(now > last - (i > 0 && isSigned(name) ? 1e-3 : 0), `${name} at ${i}`);
        last = now;
      }
    }
  }
});

test("signed maps are saturated, equally light on both sides, and have no white middle", () => {
  for (const name of SIGNED_NAMES) {
    for (let i = 0; i <= 32; i++) {
      const [left, right] = [mapColour(name, -(i + 1) / 33), mapColour(name, (i + 1) / 33)];
      assert.ok(Math.abs(lightness(left) - lightness(right)) < 0.012, `${name} at ${i}`);
      for (const side of [left, right]) assert.ok(Math.max(...side) - Math.min(...side) > 100);
    }
  }
  const [against, evidence] = [mapColour("blueRed", -0.8), mapColour("blueRed", 0.8)];
  assert.ok(against[2] > against[0] + 100);
  assert.ok(evidence[0] > evidence[2] + 100);
});

test("unsigned maps end with the ramp's own end; tables are pixels in ABGR", () => {
  assert.deepEqual(mapColour("inferno", 1), [252, 255, 164]);
  assert.equal(mapTable("inferno").at(-1), 0xffa4fffc);
  assert.equal(colourTable("viridis")[0], 0xff540144);
});
