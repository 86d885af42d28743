import assert from "node:assert/strict";
import { test } from "node:test";
import { outputKernels, stateOf, stateText, stateWord } from "../src/analysis/channels.ts";
import {
  fractionOn,
  grouped,
  metricOf,
  metricText,
  rangeOf,
  shareText,
  spoken,
} from "../src/analysis/compression.ts";
import { factsOfKernel, listed } from "../src/analysis/kernel-facts.ts";
import {
  belongs,
  cellText,
  isCompressed,
  kernelRow,
  mergeNames,
  tableValue,
} from "../src/analysis/kernels.ts";
import { unwrapped } from "../src/analysis/wrappers.ts";
import type { Series } from "../src/data/series.ts";
import type { Kernel, Kernels } from "../src/format/compressed.ts";
import { decode } from "../src/format/records.ts";
import { packChannels, packKernel, packKernels } from "./support.ts";

const NAN = Number.NaN;

function kernels(): Kernels {
  return decode("kernels", packKernels()) as Kernels;
}

test("numbers in their units", () => {
  assert.equal(metricText("share", 0.8), "80.0%");
  assert.equal(metricText("bytes", 512), "512 B");
  assert.equal(metricText("bytes", 1536), "1.50 KiB");
  assert.equal(metricText("bytes", 102.5 * 2 ** 20), "103 MiB");
  assert.equal(metricText("bits", 4.5), "4.5 bit");
  assert.equal(metricText("dB", -3.25), "−3.3 dB");
  assert.equal(metricText("count", 2359296), "2,359,296");
  assert.equal(metricText("number", 0.00012), "1.20e−4");
});

test("what is not known and what is infinite is said", () => {
  assert.equal(metricText("dB", NAN), "–");
  assert.equal(spoken("dB", NAN), "not known");
  assert.equal(metricText("dB", Number.POSITIVE_INFINITY), "∞ dB");
  assert.equal(spoken("dB", Number.POSITIVE_INFINITY), "infinite (no error)");
  assert.equal(metricText("number", Number.NEGATIVE_INFINITY), "−∞");
});

test("a share is 0% or 100% only where it is", () => {
  const shares = [0, 0.0001, 0.000001, 0.001, 0.0005, 0.5, 0.9994, 0.9999, 0.9999999, 1];
  assert.deepEqual(shares.map(shareText), [
    ...["0%", "0.01%", "<0.001%", "0.1%", "0.1%", "50.0%", "99.9%", "99.990%", ">99.999%", "100%"],
  ]);
});

test("unknown metrics keep their names and come last", () => {
  const found = grouped(["novelty", "size_csr", "sparsity", "weights"]);
  assert.deepEqual(
    found.map(([group, metrics]) => [group, metrics.map(({ name }) => name)]),
    [
      ["Sparsity", ["sparsity", "weights"]],
      ["Size", ["size_csr"]],
      ["Other", ["novelty"]],
    ],
  );
  assert.deepEqual([metricOf("novelty").label, metricOf("novelty").unit], ["novelty", "number"]);
});

test("shares have one scale, other numbers that of what is shown", () => {
  assert.deepEqual(rangeOf(metricOf("sparsity"), [0.2]), { low: 0, high: 1 });
  const found = rangeOf(metricOf("sqnr"), [NAN, 20, Number.POSITIVE_INFINITY, 48]);
  assert.deepEqual(found, { low: 20, high: 48 });
  assert.deepEqual(
    [20, 34, 48, Number.POSITIVE_INFINITY].map((v) => fractionOn(found, v)),
    [0, 0.5, 1, 1],
  );
  assert.ok(Number.isNaN(fractionOn(found, NAN)));
  assert.equal(fractionOn(rangeOf(metricOf("bits_stored"), [8, 8]), 8), 0.5);
  assert.deepEqual(rangeOf(metricOf("bits_stored"), [NAN]), { low: 0, high: 0 });
});

test("norms of gradients have a scale of powers of ten, at least four of them", () => {
  const norm = metricOf("gradient_norm");
  const found = rangeOf(norm, [NAN, 0, 1e-8, 1e-4, 1, Number.POSITIVE_INFINITY]);
  assert.deepEqual(found, { low: 1e-8, high: 1, isLog: true });
  assert.deepEqual(
    [0, 1e-9, 1e-8, 1e-4, 1, Number.POSITIVE_INFINITY].map((v) => fractionOn(found, v)),
    [0, 0, 0, 0.5, 1, 1],
  );
  assert.ok(Number.isNaN(fractionOn(found, NAN)));
  assert.equal(fractionOn(rangeOf(norm, [1, 2]), 1).toFixed(2), "0.92");
  assert.deepEqual(rangeOf(norm, [0, NAN]), { low: 0, high: 0 });
});

test("a kernel's numbers are found by its name", () => {
  const record = kernels();
  assert.equal(tableValue(record, "conv", "sparsity"), 0.5);
  assert.equal(tableValue(record, "rnn.kernel", "sqnr"), Number.POSITIVE_INFINITY);
  for (const [name, metric] of [
    ["rnn.kernel", "sparsity"],
    ["rnn", "sqnr"],
    ["conv", "mse"],
  ] as const) {
    assert.ok(Number.isNaN(tableValue(record, name, metric)));
  }
  assert.equal(kernelRow(record, "rnn.kernel")?.note, "with a note");
  assert.equal(kernelRow(undefined, "conv"), undefined);
});

test("cells in words", () => {
  assert.equal(cellText(kernels(), "conv", "sparsity"), "sparsity 50.0%");
  assert.equal(cellText(kernels(), "rnn.kernel", "sparsity"), "sparsity not known");
  assert.equal(cellText(kernels(), "gone", "sqnr"), "SQNR not known: no such kernel here");
});

test("names of several runs keep the order of each", () => {
  assert.deepEqual(mergeNames([["a", "b", "d"], ["a", "c", "d", "e"], []]), [
    "a",
    "c",
    "b",
    "d",
    "e",
  ]);
  assert.deepEqual(mergeNames([["x"], ["x"]]), ["x"]);
});

test("which kernels belong to the layer of a map", () => {
  for (const [kernel, layer, expected] of [
    ["conv1", "conv1", true],
    ["conv10", "conv1", false],
    ["wrapped/conv1", "wrapped", true],
    ["conv1", "wrapped", false],
    ["lstm.recurrent_kernel", "lstm", true],
    ["block/lstm.kernel", "block/lstm", true],
    ["shared", "shared@1", true],
    ["shared/inner", "shared@12", true],
    ["v1.5/conv", "v1", false],
    ["conv", "prune_low_magnitude_conv", true],
    ["conv", "prune_low_magnitude_conv/conv", true],
    ["prune_low_magnitude_conv/conv", "conv", true],
    ["net/conv", "net/quant_conv@1", true],
    ["conv", "net/quant_conv", false],
  ] as const) {
    assert.equal(belongs(kernel, layer), expected, `${kernel} in ${layer}`);
  }
});

test("a wrapped kernel is called as without its wrapper, where that is one kernel", () => {
  for (const [path, plain] of [
    ["prune_low_magnitude_conv/conv", "conv"],
    ["net/quant_lstm/lstm.kernel", "net/lstm.kernel"],
    ["cluster_a/cluster_b/b", "cluster_a/b"],
    ["quant_dense", "quant_dense"],
    ["quant_dense/conv", "quant_dense/conv"],
    ["my_conv/conv", "my_conv/conv"],
  ] as const) {
    assert.equal(unwrapped(path), plain);
  }
  const rows = (...names: string[]): string =>
    JSON.stringify(names.map((name) => [name, name, "", "", "", "", "", "", ""]));
  const wrapped = packKernels({ rows: rows("quant_a/a", "b") });
  const record = decode("kernels", wrapped) as Kernels;
  assert.equal(kernelRow(record, "a")?.name, "quant_a/a");
  assert.equal(tableValue(record, "a", "sparsity"), 0.5);
  assert.equal(factsOfKernel("a").at(-1)?.tell({ kernels: record }), "quant_a/a");
  const both = decode("kernels", packKernels({ rows: rows("quant_a/a", "a") })) as Kernels;
  assert.equal(kernelRow(both, "a")?.name, "a");
  assert.equal(kernelRow(both, "quant_a/a")?.name, "quant_a/a");
});

test("a layer's channels are the outputs of its own kernel, or of the only one inside", () => {
  const names = ["sep.depthwise", "sep.pointwise", "wrapped/conv", "net/a", "net/b", "net"];
  assert.deepEqual(outputKernels(names, "sep"), ["sep.depthwise", "sep.pointwise"]);
  assert.deepEqual(outputKernels(names, "wrapped@1"), ["wrapped/conv"]);
  assert.deepEqual(outputKernels(names, "net"), ["net"]);
  assert.deepEqual(outputKernels(names.slice(0, -1), "net"), []);
});

test("a channel is pruned by its kernel, and dead by either record", () => {
  const record = decode("channels", packChannels([1, 4], [0, 1]));
  const kernel = { pruned: Uint8Array.of(0, 1, 0, 0, 0), dead: Uint8Array.of(0, 1, 0, 0, 0) };
  assert.ok(record.kind === "channels");
  const found = [1, 4].map((channel) => stateOf(record, channel, kernel as unknown as Kernel));
  assert.deepEqual(found, [
    { pruned: true, dead: true, was: 0 },
    { pruned: false, dead: true, was: 0 },
  ]);
  assert.deepEqual(found.map(stateWord), ["pruned", "dead"]);
  assert.equal(
    found[0] && stateText(found[0]),
    "pruned, all its weights are zero; dead, never above zero on the validation batch",
  );
  assert.deepEqual(stateOf(record, 1, undefined), { pruned: false, dead: false, was: 0 });
  assert.equal(stateText({ pruned: false, dead: false, was: 0 }), "");
});

test("facts of a kernel", () => {
  const kernel = decode("kernel", packKernel());
  assert.ok(kernel.kind === "kernel");
  const facts = new Map(
    factsOfKernel("rnn.kernel").map(({ name, tell }) => [
      name,
      tell({ kernels: kernels(), kernel }),
    ]),
  );
  assert.equal(facts.get("mode"), "int8");
  assert.equal(facts.get("sqnr"), "∞ dB");
  assert.equal(facts.get("sparsity"), "");
  assert.equal(facts.get("pruned"), "1 of 2: 1");
  assert.equal(facts.get("dead"), "");
  assert.equal(listed(new Uint8Array(3)), "0 of 3");
});

test("a model is compressed where any epoch has pruned or quantized weights", () => {
  const record = kernels();
  const rows = record.rows.map((row) => ({ ...row, mode: "float" }));
  const zeros = (sparsity: number): Kernels => ({
    ...record,
    rows,
    totals: new Map([["", new Map([["sparsity", sparsity]])]]),
  });
  const series = (...records: Kernels[]): Series => ({
    kind: "kernels",
    points: records.map((one, step) => ({ step, wallTime: step, record: one, error: "" })),
    bytes: 0,
  });
  assert.equal(isCompressed(series(zeros(0), zeros(0.001))), false);
  assert.equal(isCompressed(series(zeros(NAN))), false);
  assert.equal(isCompressed(series(zeros(0), zeros(0.5))), true);
  // One of its kernels is of int8.
  assert.equal(isCompressed(series({ ...record, totals: new Map() })), true);
});
