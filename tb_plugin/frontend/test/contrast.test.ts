import assert from "node:assert/strict";
import { test } from "node:test";
import { colourAt, DIVERGING_NAMES, SEQUENTIAL_NAMES, strength } from "../src/analysis/colours.ts";
import { blend, contrast, rgbOf, textColourOn } from "../src/analysis/contrast.ts";

test("contrast is that of WCAG", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.ok(Math.abs(contrast([119, 119, 119], [255, 255, 255]) - 4.48) < 0.01);
});

test("letters can be read on every colour of every map, in both themes, however clear it is", () => {
  const black = [0, 0, 0] as const;
  const white = [255, 255, 255] as const;
  let least = 21;
  for (const card of [rgbOf("#eef0f3"), rgbOf("#272c34")]) {
    for (const name of [...SEQUENTIAL_NAMES, ...DIVERGING_NAMES]) {
      for (let i = 0; i < 256; i++) {
        for (const opacity of [0.2, 0.5, 0.8, 1]) {
          const alpha = strength(name, i / 255) * opacity;
          const colour = blend(colourAt(name, i / 255), card, alpha);
          const text = textColourOn(colour) === "#000" ? black : white;
          least = Math.min(least, contrast(colour, text));
        }
      }
    }
  }
  assert.ok(least >= 4.5, `${least}`);
});

test("colours of the theme are read", () => {
  assert.deepEqual(rgbOf(" #1c2026"), [28, 32, 38]);
  assert.deepEqual(rgbOf("none"), [0, 0, 0]);
});
