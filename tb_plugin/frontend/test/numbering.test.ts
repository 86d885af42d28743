import assert from "node:assert/strict";
import { test } from "node:test";
import { scoresOf } from "../src/analysis/drift-scores.ts";
import { numberSamples } from "../src/analysis/numbering.ts";
import { renumberedSeries } from "../src/data/renumber.ts";
import type { Series } from "../src/data/series.ts";
import type { Drift } from "../src/format/compressed.ts";
import type { Predictions, Samples, TfRecord, Values } from "../src/format/records.ts";

function numbersOf(...runs: (string | undefined)[]): (readonly number[] | undefined)[] {
  const hashes = runs.map((run) => run?.split(""));
  return numberSamples(
    hashes,
    runs.map((run) => run?.length ?? 4),
  ).map((one) => one?.shared);
}

test("samples that hold the same have one number, others come after all of the first run", () => {
  assert.deepEqual(numbersOf("abc", "abc"), [undefined, undefined]);
  assert.deepEqual(numbersOf("abc", "cab"), [undefined, [2, 0, 1]]);
  assert.deepEqual(numbersOf("abc", "bx"), [undefined, [1, 3]]);
  assert.deepEqual(numbersOf("ab", "xa", "ax"), [undefined, [2, 0], [0, 2]]);
  assert.deepEqual(numbersOf("ab", "a"), [undefined, undefined]);
});

test("samples that hold the same twice are told apart by their order", () => {
  assert.deepEqual(numbersOf("aab", "baaa"), [undefined, [2, 0, 1, 3]]);
});

test("older logs keep their places, which no other sample takes", () => {
  assert.deepEqual(numbersOf(undefined, "ab", "bc"), [undefined, undefined, [1, 4]]);
});

test("what records hold of each sample goes with its number", () => {
  const [, numbering] = numberSamples(
    [
      ["a", "b"],
      ["x", "a"],
    ],
    [2, 2],
  );
  assert.ok(numbering);
  assert.deepEqual(numbering.own, [1, undefined, 0]);
  const renumbered = <R extends TfRecord>(record: Partial<R>): R => {
    const point = { step: 0, wallTime: 0, record: record as R, error: "" };
    const series: Series = { kind: "samples", points: [point], bytes: 0 };
    return renumberedSeries(series, numbering).points[0]?.record as R;
  };
  const samples = renumbered<Samples>({
    kind: "samples",
    labels: Float64Array.of(7, 8),
    rows: [70, 80],
    hashes: ["x", "a"],
    labelSets: [[7], [8]],
  });
  assert.deepEqual([...samples.labels], [8, Number.NaN, 7]);
  assert.deepEqual(samples.rows, [80, undefined, 70]);
  assert.deepEqual(samples.hashes, ["a", undefined, "x"]);
  assert.deepEqual(samples.labelSets, [[8], [], [7]]);
  const predictions = renumbered<Predictions>({
    kind: "predictions",
    outputs: Float32Array.of(1, 2, 3, 4),
    width: 2,
    predicted: Int32Array.of(0, 1),
  });
  assert.deepEqual([...predictions.predicted], [1, -1, 0]);
  assert.deepEqual([...predictions.outputs], [3, 4, Number.NaN, Number.NaN, 1, 2]);
  const values = renumbered<Values>({
    kind: "values",
    values: Float32Array.of(1, 2, 3, 4),
    count: 2,
    length: 2,
    width: 1,
    words: ["a", "b", "c", "d"],
  });
  assert.deepEqual([values.count, values.words], [3, ["c", "d", "", "", "a", "b"]]);
  const drift = renumbered<Drift>({
    kind: "drift",
    values: Float64Array.of(0.5, 0.25),
    agrees: Uint8Array.of(1, 0),
    measures: ["spearman"],
  });
  assert.deepEqual(
    scoresOf(drift, "spearman").map(({ sample, value }) => [sample, value]),
    [
      [2, 0.5],
      [0, 0.25],
    ],
  );
});
