import assert from "node:assert/strict";
import { test } from "node:test";
import { readFindings } from "../src/analysis/findings.ts";
import { meanOfMaps } from "../src/analysis/mean-map.ts";
import { cellAt, placeOf, wallLayout } from "../src/analysis/wall-layout.ts";
import { leastSure, lossOf, orderBy } from "../src/analysis/wall-order.ts";
import type { AttributionMap, Predictions, Samples } from "../src/format/records.ts";
import { decode } from "../src/format/records.ts";
import { packMap } from "./support.ts";

test("the largest first, what has no value last, ties as they were", () => {
  const values = [0.2, Number.NaN, 0.9, 0.2];
  const told = (sample: number): number => values[sample] ?? Number.NaN;
  assert.deepEqual(orderBy([0, 1, 2, 3], told), [2, 0, 3, 1]);
  assert.deepEqual(orderBy([3, 2, 1, 0], told, true), [0, 3, 2, 1]);
});

const SAMPLES = { labels: Float64Array.of(1, 0, Number.NaN), labelKind: "class" } as Samples;
const PREDICTIONS = {
  outputs: Float32Array.of(0.75, 0.25, 0.5, 0.5, 0, 1),
  width: 2,
  predicted: Int32Array.of(0, 0, 1),
  activation: "softmax",
} as Predictions;

test("losses by hand", () => {
  assert.ok(Math.abs(lossOf(SAMPLES, PREDICTIONS, 0) - Math.log(4)) < 1e-6);
  assert.ok(Math.abs(lossOf(SAMPLES, PREDICTIONS, 1) - Math.log(2)) < 1e-6);
  assert.ok(Number.isNaN(lossOf(SAMPLES, PREDICTIONS, 2)));
  const values = { labels: Float64Array.of(3), labelKind: "value" } as Samples;
  const linear = { ...PREDICTIONS, width: 1, activation: "none" } as Predictions;
  assert.equal(lossOf(values, { ...linear, outputs: Float32Array.of(1) }, 0), 4);
  assert.equal(leastSure([PREDICTIONS], 0), 0.75);
});

test("all samples have room, as large as can be, or at least so large that they are seen", () => {
  const room = { width: 700, height: 500 };
  for (const [samples, runs] of [
    [1, 1],
    [8, 2],
    [64, 4],
    [13, 3],
  ] as const) {
    const layout = wallLayout(room, samples, runs, 1);
    const last = placeOf(layout, samples - 1, runs - 1, runs);
    assert.ok(layout.width >= 28);
    assert.ok(last.x + last.width <= room.width);
    if (layout.width > 28) assert.ok(last.y + last.height <= room.height);
  }
  const many = wallLayout(room, 1000, 4, 1);
  assert.ok(many.width === 28 && many.total > room.height);
});

test("under the middle of each map is that map, and between maps there is none", () => {
  const layout = wallLayout({ width: 400, height: 300 }, 5, 2, 1);
  for (let index = 0; index < 5; index++) {
    for (let run = 0; run < 2; run++) {
      const { x, y, width, height } = placeOf(layout, index, run, 2);
      assert.deepEqual(cellAt(layout, x + width / 2, y + height / 2, 5, 2), { index, run });
    }
  }
  assert.equal(cellAt(layout, 2, 10, 5, 2), undefined);
  const { x, y } = placeOf(layout, 4, 0, 2);
  // Its label stands below.
  assert.equal(cellAt(layout, x + 3, y + 2 * (layout.height + 2) + 5, 5, 2), undefined);
  assert.equal(cellAt(layout, x + layout.width * 1.5 + 8, y + 3, 5, 2), undefined);
});

test("findings are read field by field, and without a sentence there is none", () => {
  const box = [
    [2, 4],
    [0, 1],
  ];
  const sent = { kind: "place", run: "a", text: "a: b", step: 3, samples: [1], box, value: 0.5 };
  const [finding, ...others] = readFindings({ findings: [sent, { kind: "place" }, 7] });
  assert.deepEqual(others, []);
  assert.deepEqual(finding?.box, box);
  assert.equal(finding?.step, 3);
  assert.deepEqual(readFindings({ findings: [{ ...sent, box: [[-1, 0]] }] })[0]?.box, []);
  assert.deepEqual(readFindings(undefined), []);
});

test("the mean of maps counts each sample alike, by hand", () => {
  const map = (halves: number[], scale: string, shape = [1, 2]): AttributionMap =>
    decode("map", packMap(halves, shape, { scale })) as AttributionMap;
  const [one, two, minus] = [0x3c00, 0x4000, 0xbc00];
  // 1 : 2 and 1 : 1 of magnitudes, whatever their scales; the map of zeros has no shares.
  const mean = meanOfMaps([map([one, two], "7.0"), map([one, minus], "0.5"), map([0, 0], "0.0")]);
  assert.deepEqual([...(mean?.values ?? [])], [Math.fround(5 / 12), Math.fround(7 / 12)]);
  assert.equal(mean?.largest, Math.fround(7 / 12));
  const volume = meanOfMaps([map([one, 0, one, two], "1.0", [2, 1, 2])]);
  assert.deepEqual([...(volume?.values ?? [])], [0.5, 0.5]);
  assert.equal(meanOfMaps([]), undefined);
});
