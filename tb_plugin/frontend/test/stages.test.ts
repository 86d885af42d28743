import assert from "node:assert/strict";
import { test } from "node:test";
import { halfArea, stagesOf } from "../src/analysis/stages.ts";
import { type AttributionMap, decode } from "../src/format/records.ts";
import { NO_CURVES, type Structure } from "../src/format/structured.ts";
import { packMap } from "./support.ts";

/** Rows of (name, shape, the call that it is a part of). */
function structureOf(
  rows: readonly (readonly [name: string, shape: string, parent?: number])[],
): Structure {
  return {
    kind: "structure",
    rows: rows.map(([name, shape], i) => ({
      ...{ name, shape, type: "Layer", dtype: "float32", activation: "", state: "", mode: "" },
      kind: i === 0 ? "input" : "call",
    })),
    parents: Int32Array.from(rows, ([, , parent = -1]) => parent),
    edges: new Int32Array(0),
    numbers: new Float64Array(2 * rows.length),
    training: new Map(),
    curves: NO_CURVES,
  };
}

const MODEL = structureOf([
  ["image", "8 × 8 × 1"],
  ["conv@0", "8 × 8 × 4"],
  ["relu@0", "8 × 8 × 4"],
  ["block/conv", "4 × 4 × 16", 5],
  ["block/branch", "4 × 4 × 16", 5],
  ["block", "4 × 4 × 16"],
  ["net/out", "32 × 2 × 2", 7],
  ["net", "32 × 2 × 2"],
]);

test("a stage holds the layers since the one before, without the models around them", () => {
  const ends = [
    { layer: "relu@0", sides: [8, 8] },
    { layer: "block", sides: [4, 4] },
    { layer: "net/out", sides: [2, 2] },
  ];
  assert.deepEqual(stagesOf(MODEL, ends), [
    { layer: "relu@0", channels: 4, layers: ["conv", "relu"] },
    // A block that adds something to what its last layer gives is a layer of its own.
    { layer: "block", channels: 16, layers: ["block/conv", "block/branch", "block"] },
    // Channels stand first.
    { layer: "net/out", channels: 32, layers: ["net/out"] },
  ]);
});

test("of logs without a structure, and of layers that it does not have, the name is known", () => {
  const unknown = { layer: "conv@1", channels: Number.NaN, layers: ["conv"] };
  assert.deepEqual(stagesOf(undefined, [{ layer: "conv@1", sides: [8] }]), [unknown]);
  const ends = ["block", "conv@1", "net/out"].map((layer) => ({ layer, sides: [] }));
  assert.deepEqual(
    stagesOf(MODEL, ends).map(({ channels }) => channels),
    [16, Number.NaN, 2],
  );
});

test("layers in wrappers of pruning are those of the maps", () => {
  const wrapped = structureOf([
    ["image", "8 × 8 × 1"],
    ["prune_low_magnitude_conv/conv", "8 × 8 × 4", 2],
    ["prune_low_magnitude_conv", "8 × 8 × 4"],
  ]);
  assert.deepEqual(stagesOf(wrapped, [{ layer: "conv", sides: [8, 8] }]), [
    { layer: "conv", channels: 4, layers: ["prune_low_magnitude_conv/conv"] },
  ]);
});

test("half of a map's magnitudes lie in so much of it, by hand", () => {
  const [one, two, zero, minusOne, nan] = [0x3c00, 0x4000, 0, 0xbc00, 0x7e00];
  const share = (...halves: number[]): number =>
    halfArea(decode("map", packMap(halves, [halves.length])) as AttributionMap);
  assert.equal(share(one, one, one, one), 0.5);
  assert.equal(share(two, one, zero, minusOne), 0.25);
  assert.equal(share(one, minusOne, zero, nan), 0.25);
  assert.ok(Number.isNaN(share(zero, zero)));
});
