import assert from "node:assert/strict";
import { test } from "node:test";
import { originText, weightsText, whenText } from "../src/analysis/moments.ts";
import { decode } from "../src/format/records.ts";
import { RecordError } from "../src/format/safetensors.ts";
import type { RecordKind } from "../src/tables.ts";
import { f64, i64, pack, packKernel, packKernels, u8 } from "./support.ts";

const DRIFT = { measures: '["pearson"]', reference: "epoch 3", role: "model" };
const FIDELITY = { names: '["agreement"]', reference: "dense", role: "control" };

test("kernels are rows of words, numbers by metric, and totals by part", () => {
  const record = decode("kernels", packKernels());
  assert.ok(record.kind === "kernels");
  assert.deepEqual(
    record.rows.map(({ name, mode }) => [name, mode]),
    [
      ["conv", "float"],
      ["rnn.kernel", "int8"],
    ],
  );
  assert.deepEqual([...record.values], [0.5, 8, Number.NaN, Number.POSITIVE_INFINITY]);
  assert.deepEqual([...(record.totals.get("") ?? [])], [["sparsity", 0.25]]);
  assert.equal(record.denominators.get(""), "12 weights");
  assert.deepEqual([record.moment, record.weights], ["end", undefined]);
});

test("a record says of which weights it is, and nothing is said of its own epoch's", () => {
  const texts = [
    ...[{ weights: "7" }, { weights: "3" }, { weights: "" }, {}],
    { moment: "epoch", weights: "3" },
    { moment: "epoch", weights: "" },
  ].map((header) => {
    const record = decode("kernels", packKernels(header));
    assert.ok(record.kind === "kernels");
    assert.ok(whenText(record, 7).endsWith(weightsText(record, 7)));
    assert.equal(originText({ record, step: 7, isNow: true }), weightsText(record, 7));
    const older = originText({ record, step: 7, isNow: false });
    assert.equal(older, ["from epoch 7", weightsText(record, 7)].filter(Boolean).join(", "));
    return whenText(record, 7);
  });
  assert.deepEqual(texts, [
    "epoch 7, after training",
    "epoch 7, after training, with the weights of epoch 3",
    "epoch 7, after training, with weights that no epoch ended with",
    "epoch 7, after training",
    "epoch 7, with the weights of epoch 3",
    "epoch 7",
  ]);
});

test("a kernel keeps its counts and which channels are gone", () => {
  const record = decode("kernel", packKernel());
  assert.ok(record.kind === "kernel");
  assert.deepEqual(record.counts, [1, 0, 2 ** 40]);
  assert.deepEqual([record.low, record.high, record.zeros, record.nonfinite], [-0.5, 0.25, 7, 0]);
  assert.deepEqual([[...record.pruned], [...record.dead]], [[0, 1], []]);
});

test("drift and fidelity say what they compare with", () => {
  const drift = decode(
    "drift",
    pack("drift", { values: f64([0.5, 1], [2, 1]), agrees: u8([1, 0]) }, DRIFT),
  );
  assert.ok(drift.kind === "drift");
  assert.deepEqual(
    [[...drift.values], [...drift.agrees]],
    [
      [0.5, 1],
      [1, 0],
    ],
  );
  assert.deepEqual(
    [drift.measures, drift.reference, drift.role],
    [["pearson"], "epoch 3", "model"],
  );

  const arrays = { values: f64([0.9]), flips: i64([1, 0]), counts: i64([5, 4]) };
  const fidelity = decode("fidelity", pack("fidelity", arrays, FIDELITY));
  assert.ok(fidelity.kind === "fidelity");
  assert.deepEqual([...fidelity.numbers], [["agreement", 0.9]]);
  assert.deepEqual([fidelity.flips, fidelity.counts, fidelity.role], [[1, 0], [5, 4], "control"]);
});

test("drift names the epoch that it is measured from; older logs do so in words", () => {
  const arrays = { values: f64([1], [1, 1]), agrees: u8([1]) };
  const stepOf = (header: Record<string, string>): number | undefined => {
    const drift = decode("drift", pack("drift", arrays, { ...DRIFT, ...header }));
    assert.ok(drift.kind === "drift");
    return drift.referenceStep;
  };
  const best = "epoch 12, the best so far by val_loss";
  assert.equal(stepOf({ version: "1.1", reference: best }), 12);
  assert.equal(stepOf({ version: "1.0", reference: "epoch 3" }), 3);
  assert.equal(stepOf({ version: "1.1", reference: "model epoch 3" }), undefined);
  assert.equal(stepOf({ version: "1.2", reference: best, reference_step: "7" }), 7);
  // A run may be named like an epoch.
  assert.equal(stepOf({ version: "1.2", reference: "epoch 3", reference_step: "" }), undefined);
  for (const wrong of ["-1", "0.5", "x"]) {
    assert.throws(() => stepOf({ reference_step: wrong }), RecordError);
  }
});

test("whatever is not of the format is refused", () => {
  const agrees = u8([1]);
  const hostile: [string, RecordKind, Uint8Array][] = [
    ["rows that are no JSON", "kernels", packKernels({ rows: "x" })],
    ["rows of eight texts", "kernels", packKernels({ rows: '[["a","","","","","","",""]]' })],
    ["fewer rows than numbers", "kernels", packKernels({ rows: "[]" })],
    ["more metrics than numbers", "kernels", packKernels({ metrics: '["a", "b", "c"]' })],
    ["a metric twice", "kernels", packKernels({ metrics: '["sparsity", "sparsity"]' })],
    ["totals of no part", "kernels", packKernels({ parts: "[]", denominators: "[]" })],
    ["no denominator", "kernels", packKernels({ denominators: "[]" })],
    ["another moment", "kernels", packKernels({ moment: "noon" })],
    ["no epoch", "kernels", packKernels({ weights: "-1" })],
    ["half an epoch", "kernels", packKernels({ weights: "0.5" })],
    ["low above high", "kernel", packKernel({ low: "1.0" })],
    ["an infinite range", "kernel", packKernel({ high: "inf" })],
    ["half a zero", "kernel", packKernel({ zeros: "0.5" })],
    ["fewer than no zeros", "kernel", packKernel({ zeros: "-1" })],
    ["more zeros than a number holds", "kernel", packKernel({ zeros: "1e17" })],
    ["counts below zero", "kernel", packKernel({}, { counts: i64([1, -1]) })],
    ["counts of rank 2", "kernel", packKernel({}, { counts: i64([1, 2], [1, 2]) })],
    [
      "two samples, one answer",
      "drift",
      pack("drift", { values: f64([1, 1], [2, 1]), agrees }, DRIFT),
    ],
    [
      "another role",
      "drift",
      pack("drift", { values: f64([1], [1, 1]), agrees }, { ...DRIFT, role: "x" }),
    ],
    [
      "more flips than samples",
      "fidelity",
      pack("fidelity", { values: f64([1]), flips: i64([3]), counts: i64([2]) }, FIDELITY),
    ],
    [
      "flips without counts",
      "fidelity",
      pack("fidelity", { values: f64([1]), flips: i64([3]), counts: i64([]) }, FIDELITY),
    ],
  ];
  for (const [what, kind, data] of hostile) {
    assert.throws(() => decode(kind, data), RecordError, what);
  }
});
