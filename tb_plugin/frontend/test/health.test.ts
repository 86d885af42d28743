/** What the page makes of the health of layers. */

import assert from "node:assert/strict";
import { test } from "node:test";
import "../src/format/healthy.ts";
import { deadText, factsOfHealth } from "../src/analysis/health-facts.ts";
import {
  cellText,
  layerRow,
  namesOf,
  sameLayer,
  tableValue,
  weightsOf,
} from "../src/analysis/kernels.ts";
import { metricsIn, rowsWith } from "../src/analysis/strip-rows.ts";
import { CalledRows } from "../src/data/called-rows.ts";
import { readListing } from "../src/data/listing.ts";
import { readSeries, recordsOf, type Series } from "../src/data/series.ts";
import { Store } from "../src/data/store.ts";
import { densest } from "../src/draw/histogram.ts";
import { spreadsOf } from "../src/draw/spreads.ts";
import { cellsOf } from "../src/draw/strip.ts";
import type { Health } from "../src/format/healthy.ts";
import { deriveScene } from "../src/state/scene.ts";
import { DEFAULT_VIEW, type View } from "../src/state/view.ts";
import { wantsOf } from "../src/state/wants.ts";
import { packHealth, packKernels, packUnits } from "./support.ts";

function seriesOf(kind: "health" | "units" | "kernels", ...records: Uint8Array[]): Series {
  const points = records.map((data, step) => ({ step, wallTime: 0, data }));
  return readSeries(kind, { group: kind, sample: -1, points });
}

function rows(...paths: readonly [path: string, state: string][]): string {
  return JSON.stringify(paths.map(([path, state]) => [path, "Dense", "relu", state, ""]));
}

test("a layer's numbers are found by its name, and those of each of its weights", () => {
  const [record] = recordsOf(seriesOf("health", packHealth()), "health");
  assert.equal(tableValue(record, "conv", "gradient_norm"), 0.5);
  assert.equal(tableValue(record, "flat", "activation_nonfinite"), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(tableValue(record, "flat", "gradient_norm")));
  assert.equal(layerRow(record, "conv")?.activation, "relu");
  const weights = [...weightsOf(record, "conv")];
  assert.deepEqual(
    weights.map(([name, numbers]) => [name, numbers.get("gradient_norm")]),
    [
      ["kernel", 3],
      ["bias", 4],
    ],
  );
  assert.deepEqual([...weightsOf(record, "flat")], []);
});

test("a cell of health says that a layer is frozen", () => {
  const told = rows(["conv", "trainable"], ["body", "frozen"]);
  const [record] = recordsOf(seriesOf("health", packHealth({ rows: told })), "health");
  assert.equal(cellText(record, "conv", "gradient_norm"), "gradient norm 0.500");
  assert.equal(cellText(record, "body", "gradient_norm"), "frozen, gradient norm not known");
  assert.equal(cellText(record, "gone", "gradient_norm"), "no such layer here");
});

test("a strip has the layers that know its metric, and those that are frozen", () => {
  const shown = (metric: string, state: string): string[] => {
    const series = seriesOf("health", packHealth({ rows: rows(["a", "trainable"], ["b", state]) }));
    const names = namesOf(series);
    const { names: shown, frozen } = rowsWith(
      metric,
      names,
      [cellsOf(series, names, metric)],
      [series],
    );
    assert.deepEqual(frozen, []);
    return [...shown];
  };
  assert.deepEqual(shown("gradient_norm", ""), ["a"]);
  assert.deepEqual(shown("gradient_norm", "frozen"), ["a", "b"]);
  assert.deepEqual(shown("activation_nonfinite", ""), ["a", "b"]);
  assert.deepEqual(shown("saturated", "frozen"), []);
  const both = [seriesOf("kernels", packKernels()), seriesOf("health", packHealth()), undefined];
  const expected = ["sparsity", "sqnr", "gradient_norm", "activation_nonfinite"];
  assert.deepEqual(metricsIn(both), expected);
});

test("many frozen layers have no rows", () => {
  const paths = ["a", "b", "c", "d", "e"];
  const record = {
    ...recordsOf(seriesOf("health", packHealth()), "health")[0],
    rows: paths.map((path) => ({ path, type: "", activation: "", state: "frozen", note: "" })),
    metrics: ["gradient_norm"],
    values: Float64Array.of(Number.NaN, Number.NaN, 0.5, Number.NaN, Number.NaN),
  } as Health;
  const points = [{ step: 0, wallTime: 0, record, error: "" }];
  const series: Series = { kind: "health", points, bytes: 0 };
  const cells = cellsOf(series, paths, "gradient_norm");
  const found = rowsWith("gradient_norm", paths, [cells], [series]);
  assert.deepEqual(found, { names: ["c"], frozen: ["a", "b", "d", "e"] });
});

test("a kernel and its layer are the same row", () => {
  assert.equal(sameLayer(["conv", "lstm"], "lstm.kernel"), "lstm");
  assert.equal(sameLayer(["conv", "lstm.kernel", "lstm.bias"], "lstm"), "lstm.kernel");
  assert.equal(sameLayer(["block.a", "block"], "block.a"), "block.a");
  assert.equal(sameLayer(["conv"], "relu"), undefined);
  assert.equal(sameLayer(["conv"], undefined), undefined);
});

test("layers that only counting tells apart have one name", () => {
  const two = (first: string, second: string): Series =>
    seriesOf("health", packHealth({ rows: rows([first, "trainable"], [second, "frozen"]) }));
  const called = new CalledRows();
  const [a, b] = [two("conv2d", "dense"), two("conv2d_3", "dense_1")];
  called.match(
    new Map([
      ["a", a],
      ["b", b],
    ]),
  );
  const same = called.of("b", b);
  assert.deepEqual(namesOf(same), ["conv2d", "dense"]);
  assert.equal(layerRow(recordsOf(same, "health")[0], "dense")?.path, "dense_1");
});

test("dead units and since when", () => {
  const text = (...since: number[]): string =>
    deadText({ deadSince: Float64Array.from(since) } as Parameters<typeof deadText>[0]);
  assert.equal(text(), "");
  const no = Number.NaN;
  assert.equal(text(no, no), "");
  assert.equal(text(no, 2.5, -0.9), "2 of 3 dead: 2 since epoch 0 at 10%; 1 since epoch 3 at 50%");
  assert.equal(text(no, 3, 0, 0, no), "3 of 5 dead: 2, 3 since epoch 0; 1 since epoch 3");
  const many = text(...Array.from({ length: 9 }, () => 0));
  assert.equal(many, "9 of 9 dead: 0, 1, 2, 3, 4, 5, … since epoch 0");
});

test("facts of a layer: what it is, how it learns, each of its weights, its activations", () => {
  const [health] = recordsOf(seriesOf("health", packHealth()), "health");
  const [units] = recordsOf(seriesOf("units", packUnits()), "units");
  const told = factsOfHealth("conv", ["kernel", "bias"])
    .map(({ section, label, tell }) => [section, label, tell({ health, units })])
    .filter(([, , text]) => text);
  assert.deepEqual(told, [
    ["", "type", "Conv2D"],
    ["", "activation function", "relu"],
    ["", "state", "trainable"],
    ["Learning", "gradient norm", "0.500"],
    ["Learning: kernel", "gradient norm", "3.00"],
    ["Learning: bias", "gradient norm", "4.00"],
    ["Activations", "dead units", "1 of 2 dead: 1 since epoch 4"],
  ]);
  assert.ok(
    factsOfHealth("conv", ["kernel"]).every(({ section }) => section !== "Learning: kernel"),
  );
  const odd = factsOfHealth("flat", []).find(({ name }) => name === "activation_nonfinite");
  assert.equal(odd?.tell({ health }), "∞");
});

test("histograms are of what was counted", () => {
  const series = seriesOf("units", packUnits(), packUnits({ gradients: "[0.0, 0.0, 8, 0]" }));
  const known = (name: "activations" | "gradients" | "weights"): unknown[] =>
    spreadsOf(series, name).map(({ step, spread }) => [step, spread?.zeros]);
  assert.deepEqual(known("activations"), [
    [0, 7],
    [1, 7],
  ]);
  assert.deepEqual(known("gradients"), [
    [0, undefined],
    [1, 8],
  ]);
  assert.deepEqual(spreadsOf(undefined, "weights"), []);
});

/** A log with the health of `conv` and `flat`, and with the kernel `conv` where that is asked for. */
function storeOf(withKernels: boolean) {
  const runs = [
    {
      run: "a/health",
      groups: [
        { group: "health", kind: "health" },
        { group: "units/conv", kind: "units", layer: "conv" },
        { group: "units/flat", kind: "units", layer: "flat" },
      ],
    },
    ...(withKernels
      ? [{ run: "a/compression", groups: [{ group: "kernels", kind: "kernels" }] }]
      : []),
  ];
  const store = new Store(() => undefined);
  const tables: Record<string, Series> = {
    health: seriesOf("health", packHealth()),
    kernels: seriesOf("kernels", packKernels()),
  };
  store.get = (run, group) =>
    run.endsWith(group) || group === "kernels" ? tables[group] : undefined;
  const listing = readListing({ runs });
  return (view: Partial<View> = {}) => {
    const scene = deriveScene(listing, store, { ...DEFAULT_VIEW, ...view });
    return { scene, wants: wantsOf(scene, store).map(({ group }) => group.group) };
  };
}

test("a log of health alone has layers, epochs and a metric, and fetches the chosen layer's units", () => {
  const open = storeOf(false);
  const { scene, wants } = open();
  const { layers, layer, metric, steps, has } = scene;
  assert.deepEqual(
    [layers, layer, metric, steps],
    [["conv", "flat"], "conv", "gradient_norm", [0]],
  );
  assert.deepEqual([has.health, has.kernels, has.maps], [true, false, false]);
  assert.deepEqual(wants, ["health", "units/conv"]);
  assert.deepEqual(open({ layer: "flat" }).wants, ["health", "units/flat"]);
  assert.equal(open({ layer: "gone" }).scene.layer, "conv");
});

test("what was compressed is looked at first", () => {
  // One of its kernels is of int8.
  assert.equal(storeOf(true)().scene.metric, "sparsity");
  assert.equal(storeOf(true)({ metric: "dead_share" }).scene.metric, "dead_share");
});

test("what is spread over little of a range is in one part of it", () => {
  const range = { low: -1, high: 1 };
  const spread = { counts: [1, 4, 2, 3], low: -1, high: 1, zeros: 0, nonfinite: 0 };
  assert.deepEqual(densest(spread, range, 4), [1, 4, 2, 3]);
  assert.deepEqual(densest(spread, range, 8), [1, 1, 4, 4, 2, 2, 3, 3]);
  assert.deepEqual(densest(spread, range, 2), [4, 3]);
  assert.deepEqual(densest({ ...spread, low: 1e-9, high: 2e-9 }, range, 4), [0, 0, 4, 0]);
  assert.deepEqual(densest({ ...spread, low: 1, high: 1 }, range, 4), [0, 0, 0, 4]);
});
