import assert from "node:assert/strict";
import { test } from "node:test";
import { mapColour, SEQUENTIAL_NAMES, SIGNED_NAMES, strength } from "../src/analysis/colours.ts";
import { blend, contrast, rgbOf, textColourOn } from "../src/analysis/contrast.ts";
import { PLATE } from "../src/tables.ts";

test("contrast is that of WCAG", () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]), 21);
  assert.ok(Math.abs(contrast([119, 119, 119], [255, 255, 255]) - 4.48) < 0.01);
});

test("letters can be read on every colour of every map, however clear it is", () => {
  const black = [0, 0, 0] as const;
  const white = [255, 255, 255] as const;
  let least = 21;
  for (const name of [...SEQUENTIAL_NAMES, ...SIGNED_NAMES]) {
    for (let share = -1; share <= 1; share += 1 / 128) {
      const colour = blend(mapColour(name, share), PLATE, strength(share));
      const text = textColourOn(colour) === "#000" ? black : white;
      least = Math.min(least, contrast(colour, text));
    }
  }
  assert.ok(least >= 4.5, `${least}`);
});

test("colours of the theme are read", () => {
  assert.deepEqual(rgbOf(" #1c2026"), [28, 32, 38]);
  assert.deepEqual(rgbOf("none"), [0, 0, 0]);
});
