import assert from "node:assert/strict";
import { test } from "node:test";
import { kernelRow, namesOf, tableValue } from "../src/analysis/kernels.ts";
import { CalledRows } from "../src/data/called-rows.ts";
import { readSeries, recordsOf, type Series } from "../src/data/series.ts";
import { packKernels } from "./support.ts";

/** A run's two kernels, by their names. */
function seriesOf(...names: readonly [string, string]): Series {
  const rows = names.map((name) => [name, name, "", "Dense", "", "float", "float32", "3 × 4", ""]);
  const data = packKernels({ rows: JSON.stringify(rows) });
  return readSeries("kernels", {
    group: "kernels",
    sample: -1,
    points: [{ step: 0, wallTime: 0, data }],
  });
}

test("kernels that only counting tells apart have one name, numbers and logged name stay", () => {
  const [first, second] = [seriesOf("conv2d", "dense"), seriesOf("conv2d_4", "dense_2")];
  const called = new CalledRows();
  const runs = new Map([
    ["a", first],
    ["b", second],
  ]);
  called.match(runs);
  assert.equal(called.of("a", first), first);
  const same = called.of("b", second);
  assert.deepEqual(namesOf(same), ["conv2d", "dense"]);
  const [record] = recordsOf(same, "kernels");
  assert.equal(kernelRow(record, "conv2d")?.name, "conv2d_4");
  assert.equal(tableValue(record, "conv2d", "sparsity"), 0.5);
  assert.ok(Number.isNaN(tableValue(record, "conv2d_4", "sparsity")));
  // Nothing is made anew for what says the same.
  called.match(runs);
  assert.equal(called.of("b", second), same);
});

test("kernels that somebody named stay apart", () => {
  const [first, second] = [seriesOf("stem", "head"), seriesOf("trunk", "head")];
  const called = new CalledRows();
  called.match(
    new Map([
      ["a", first],
      ["b", second],
    ]),
  );
  assert.equal(called.of("b", second), second);
});
