/** Activations of quantized models: what is lost where, by hand. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  decibelText,
  errorsOf,
  extentOf,
  lossText,
  mostDecibels,
  overEpochs,
  rangesText,
  shareOfMost,
  worstLosses,
} from "../src/analysis/activations.ts";
import type { Series } from "../src/data/series.ts";
import { type Activations, NUMBERS } from "../src/format/quantized.ts";
import { decode } from "../src/format/records.ts";

const FOLDER = new URL("../../../tests/golden/records/", import.meta.url);

/** Layers of these SQNR; whatever else is known of them is one number. */
function recordOf(...sqnr: number[]): Activations {
  return {
    kind: "activations",
    layers: sqnr.map((_, i) => `layer${i}`),
    values: Float64Array.from(sqnr.flatMap((value) => NUMBERS.map((_, i) => (i ? 0.5 : value)))),
    ...{ missing: [], rows: 4, reference: "floats", moment: "epoch", weights: 0 },
  };
}

test("the golden record has the numbers of its layers", () => {
  const data = new Uint8Array(readFileSync(new URL("activations.safetensors", FOLDER)));
  const [conv] = errorsOf(decode("activations", data) as Activations);
  assert.deepEqual(conv, {
    ...{ layer: "conv", sqnr: Number.POSITIVE_INFINITY, lost: 0, clipping: 0.25 },
    ...{ kernelSqnr: Number.NaN, reference: [-0.5, 6], range: [-1, 5.75], limits: [-1, 5.75] },
  });
  assert.deepEqual(conv && extentOf(conv), [-1, 6]);
  const told = conv ? rangesText(conv).split("\n") : [];
  assert.deepEqual(told, [
    ...["float −0.500 to 6.00", "quantized −1.00 to 5.75", "codes reach −1.00 to 5.75"],
    "25.0% clipped",
  ]);
});

test("what is lost is what a layer has less than the one before", () => {
  const exact = Number.POSITIVE_INFINITY;
  const record = recordOf(exact, exact, 48, 46, 30, 31, 24.5, 10);
  const lost = errorsOf(record).map((one) => one.lost);
  assert.deepEqual(lost, [0, 0, exact, 2, 16, -1, 6.5, 14.5]);
  assert.deepEqual(lost.map(lossText), [
    ...["", "", "first error", "", "−16.0 dB", "", "−6.5 dB", "−14.5 dB"],
  ]);
  assert.deepEqual([...worstLosses(record, 50)], ["layer4", "layer7", "layer6"]);
  // A first error that is large counts among them, from the longest bar on.
  assert.deepEqual([...worstLosses(recordOf(9, 8), 50)], ["layer0"]);
  assert.deepEqual([...worstLosses(recordOf(exact, exact), 50)], []);
});

test("bars have one scale over all epochs", () => {
  const points = [recordOf(31, 20), recordOf(28, 20)].map((record, step) => ({
    ...{ step, wallTime: 0, record, error: "" },
  }));
  const series: Series = { kind: "activations", points, bytes: 0 };
  assert.equal(mostDecibels([series, undefined]), 40);
  assert.equal(mostDecibels([]), 10);
  assert.deepEqual(overEpochs(series, "layer0"), [
    [0, 31],
    [1, 28],
  ]);
  assert.deepEqual([shareOfMost(30, 40), shareOfMost(-2, 40)], [0.75, 0]);
  assert.equal(shareOfMost(Number.POSITIVE_INFINITY, 40), 1);
  assert.equal(decibelText(Number.POSITIVE_INFINITY), "no error");
  assert.equal(decibelText(Number.NaN), "–");
});
