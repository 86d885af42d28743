import assert from "node:assert/strict";
import { test } from "node:test";
import { caption } from "../src/draw/caption.ts";
import { PLATE_PALETTE } from "../src/draw/palette.ts";

const LETTER = 6;

/** The texts that are written, by the room that they take. */
function written(width: number, name: string, values: readonly string[]) {
  const texts: [text: string, left: number, right: number][] = [];
  const context = {
    textAlign: "left",
    fillStyle: "",
    measureText: (text: string) => ({ width: LETTER * text.length }),
    fillText(text: string, x: number): void {
      const length = LETTER * text.length;
      const left = this.textAlign === "right" ? x - length : x;
      texts.push([text, left, left + length]);
    },
  };
  const box = { x: 100, y: 0, width, height: width };
  caption(context as unknown as CanvasRenderingContext2D, box, name, values, PLATE_PALETTE);
  return texts;
}

test("the texts under a tile never overlap, nor leave it", () => {
  const values = ["0.00188", "0.0019", "0.002"];
  for (let width = 8; width < 120; width++) {
    for (const name of ["4", "171", "12345"]) {
      const texts = written(width, name, values);
      for (const [, left, right] of texts) assert.ok(left >= 100 && right <= 100 + width);
      const [number, value] = texts;
      if (number && value) assert.ok(number[2] < value[1], `${width}: ${number} ${value}`);
    }
  }
});

test("a value has as many digits as there is room for", () => {
  const values = ["0.00188", "0.0019", "0.002"];
  const texts = [80, 60, 54, 40].map((width) =>
    written(width, "171", values).map(([text]) => text),
  );
  assert.deepEqual(texts, [["171", "0.00188"], ["171", "0.0019"], ["171", "0.002"], ["171"]]);
});
