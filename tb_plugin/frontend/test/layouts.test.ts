import assert from "node:assert/strict";
import { test } from "node:test";
import { layoutOf, sliceIn, sliceRect } from "../src/analysis/layouts.ts";
import { attentionText, positionText, tokenName } from "../src/analysis/map-text.ts";
import { patchesOf } from "../src/analysis/patches.ts";
import { orderBySize } from "../src/analysis/statistics.ts";
import { wrap } from "../src/analysis/wrap.ts";
import type { Layout } from "../src/tables.ts";

const content = (shape: readonly number[], layout: Layout | "" = "") => ({
  unit: "",
  scoreUnit: "",
  signed: false,
  shape,
  input: "",
  channels: 0,
  settings: {},
  role: "" as const,
  layout,
  wordStep: 0,
  wordOffsets: [],
  wordNote: "",
});

test("older logs are told by the shape of their maps", () => {
  assert.equal(layoutOf("map", content([30])), "features");
  assert.equal(layoutOf("map", content([4, 4])), "plane");
  assert.equal(layoutOf("map", content([2, 4, 4])), "volume");
  assert.equal(layoutOf("map", content([30], "tokens")), "tokens");
  const spread = { ...content([26], "line"), wordStep: 1, wordOffsets: [0, 1, 2] };
  assert.equal(layoutOf("map", spread), "tokens");
  assert.equal(layoutOf("channels", { ...spread, shape: [4, 1, 26] }), "line");
  assert.equal(layoutOf("matrix", content([2, 4, 4])), "plane");
  assert.equal(layoutOf("channels", content([2, 4, 4])), "plane");
});

test("one slider serves volumes of several depths", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((slice) => sliceIn(6, slice, 6)),
    [0, 1, 2, 3, 4, 5],
  );
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5].map((slice) => sliceIn(2, slice, 6)),
    [0, 0, 0, 1, 1, 1],
  );
  assert.deepEqual(
    [sliceIn(3, 9, 6), sliceIn(3, -4, 6), sliceIn(1, 5, 6), sliceIn(4, 1, 0)],
    [2, 0, 0, 0],
  );
});

test("a slice lies in its sheet where the writer put it", () => {
  assert.deepEqual(sliceRect([5, 4, 6, 1], 3), { x: 0, y: 4, width: 6, height: 4 });
  assert.deepEqual(sliceRect([5, 4, 6, 1], 2), { x: 12, y: 0, width: 6, height: 4 });
  assert.deepEqual(sliceRect([4, 4, 6, 1], 3), { x: 6, y: 4, width: 6, height: 4 });
});

test("features are ordered by their mean magnitude over all maps", () => {
  const rows = [
    [1, -5, 0, 4],
    [6, 0, Number.NaN, Number.NEGATIVE_INFINITY],
  ];
  assert.deepEqual(orderBySize(rows, 4), [0, 1, 3, 2]);
  assert.deepEqual(orderBySize([], 3), [0, 1, 2]);
});

test("words are set as a book sets them, without padding", () => {
  const { boxes, lines, padding } = wrap(
    ["aa", "", "bbb", "c", "dddddddddd", "e"],
    (w) => w.length,
    6,
    1,
  );
  assert.deepEqual(
    boxes.map(({ index, x, line, width }) => [index, x, line, width]),
    [
      [0, 0, 0, 2],
      [2, 3, 0, 3],
      [3, 0, 1, 1],
      [4, 0, 2, 6],
      [5, 0, 3, 1],
    ],
  );
  assert.deepEqual([lines, padding], [4, 1]);
  assert.deepEqual(
    wrap(["", ""], (w) => w.length, 6, 1),
    { boxes: [], lines: 0, padding: 2 },
  );
});

const input = (layout: "features" | "tokens" | "line", width = 1) => ({
  layout,
  values: Float32Array.of(17.9, -2, 3, 4),
  length: 4 / width,
  width,
  names: layout === "features" ? ["radius", "", "c", "d"] : [],
  words: layout === "tokens" ? ["good", "", "c", "d"] : [],
});

test("a position is told as its layout asks", () => {
  const at = (layout: Layout, index: number, more = {}) =>
    positionText({ layout, width: 4, input: undefined, ...more }, index);
  assert.equal(at("plane", 6), "row 1, column 2");
  assert.equal(at("volume", 6, { slice: 3 }), "slice 3, row 1, column 2");
  assert.equal(at("line", 3), "position 3");
  assert.equal(at("line", 3, { input: input("line") }), "position 3 (input 4.00)");
  const two = { width: 2, input: input("line", 2) };
  assert.equal(at("line", 0, two), "position 0 (input 0 17.9, 1 −2.00)");
  assert.equal(at("line", 1, { input: input("line", 2) }), "position 1");
  assert.equal(at("features", 2), "column 2");
  assert.equal(at("features", 0, { input: input("features") }), "radius = 17.9");
  assert.equal(at("features", 1, { input: input("features") }), "column 1 = −2.00");
  assert.equal(at("tokens", 0, { input: input("tokens") }), "“good” (word 0)");
  assert.equal(at("tokens", 1), "word 1");
});

test("attention is told from token to token", () => {
  const words = ["it", "", "sat"];
  assert.equal(attentionText(words, 3, 2, 5), "from “it” to “sat”, head 5");
  assert.equal(attentionText(words, 3, 5, 0), "from token 1 to “sat”, head 0");
  assert.equal(attentionText([], 4, 5, 0), "from token 1 to token 1, head 0");
  assert.equal(tokenName(words, 4, 0), "token 0");
});

test("tokens are patches where they have the picture's proportions", () => {
  assert.deepEqual(patchesOf(16, 32, 32), { rows: 4, columns: 4, before: 0 });
  assert.deepEqual(patchesOf(17, 32, 32), { rows: 4, columns: 4, before: 1 });
  assert.deepEqual(patchesOf(24, 30, 20), { rows: 4, columns: 6, before: 0 });
  assert.equal(patchesOf(15, 32, 32), undefined);
  assert.equal(patchesOf(1, 32, 32), undefined);
});
