import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { overWords, spreadSeries } from "../src/analysis/spread.ts";
import { readSeries } from "../src/data/series.ts";
import { HALF } from "../src/format/half.ts";
import { packMap } from "./support.ts";

interface Case {
  readonly name: string;
  readonly values: readonly number[];
  readonly words: readonly string[];
  readonly step: number;
  readonly offsets: readonly number[];
  readonly expected: readonly number[];
}

/** By hand; the library reads the same. */
const CASES: readonly Case[] = JSON.parse(
  readFileSync(new URL("../../../tests/golden/spreading.json", import.meta.url), "utf-8"),
);

for (const { name, values, words, step, offsets, expected } of CASES) {
  test(`values of positions are divided among words: ${name}`, () => {
    const spread = overWords(values, words, { step, offsets });
    assert.deepEqual([...spread], [...Float32Array.from(expected)]);
  });
}

test("a series of positions becomes one of words, once", () => {
  const half = (value: number): number => HALF.indexOf(value);
  const data = packMap([half(1), half(0.5)], [2], { scale: "6.0" });
  const sent = { group: "map", sample: 0, points: [{ step: 3, wallTime: 0, data }] };
  const series = readSeries("map", sent);
  const [words, read] = [["a", "b", ""], { step: 1, offsets: [0, 1] }];
  const spread = spreadSeries(series, words, read);
  const record = spread.points[0]?.record;
  assert.ok(record?.kind === "map");
  // 6 over two words, and 3 for the last one, whose neighbour is padding.
  assert.deepEqual([record.width, record.scale, record.score], [3, 6, 1.5]);
  assert.deepEqual([...record.halves], [half(0.5), half(1), half(0)]);
  assert.equal(spreadSeries(series, words, read), spread);
});

test("a map of another rank, and one that would take too long, stay as they are", () => {
  const offsets = Array.from({ length: 1024 }, (_, i) => i);
  for (const shape of [[1, 8192], [8192]]) {
    const data = packMap(new Array(8192).fill(0), shape);
    const sent = { group: "map", sample: 0, points: [{ step: 3, wallTime: 0, data }] };
    const series = readSeries("map", sent);
    const spread = spreadSeries(series, ["a"], { step: 1, offsets });
    assert.equal(spread.points[0]?.record, series.points[0]?.record);
  }
});
