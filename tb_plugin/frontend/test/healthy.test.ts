import assert from "node:assert/strict";
import { test } from "node:test";
import "../src/format/healthy.ts";
import { decode } from "../src/format/records.ts";
import { RecordError } from "../src/format/safetensors.ts";
import { packHealth, packUnits } from "./support.ts";

test("health is rows of words, numbers by metric, of each weight, and totals", () => {
  const record = decode("health", packHealth());
  assert.ok(record.kind === "health");
  assert.deepEqual(
    record.rows.map(({ path, activation, state }) => [path, activation, state]),
    [
      ["conv", "relu", "trainable"],
      ["flat", "", ""],
    ],
  );
  assert.deepEqual([...record.values], [0.5, 0, Number.NaN, Number.POSITIVE_INFINITY]);
  assert.deepEqual([...record.weightRows, ...record.weightNames], [0, 0, "kernel", "bias"]);
  assert.deepEqual([...record.weightValues], [3, Number.NaN, 4, Number.NaN]);
  assert.deepEqual([...record.totals], [["gradient_norm", 0.5]]);
  assert.deepEqual([record.steps, record.moment, record.weights], [120, "epoch", 3]);
});

test("units keep their counts and since when they are dead", () => {
  const record = decode("units", packUnits());
  assert.ok(record.kind === "units");
  const { activations, gradients, deadSince } = record;
  assert.deepEqual(activations, { counts: [1, 2 ** 40], low: -1, high: 2, zeros: 7, nonfinite: 1 });
  assert.deepEqual(gradients.counts, []);
  assert.deepEqual([...deadSince], [Number.NaN, 4]);
});

const HOSTILE: readonly (readonly [string, () => Uint8Array])[] = [
  ["rows of five texts", () => packHealth({ rows: '[["a", "b", "c", ""], ["a", "b", "c", ""]]' })],
  ["rows as many as values", () => packHealth({ rows: '[["a", "b", "c", "", ""]]' })],
  [
    "states that there are",
    () => packHealth({ rows: '[["a", "", "", "ill", ""], ["", "", "", "", ""]]' }),
  ],
  ["each metric once", () => packHealth({ metrics: '["a", "a"]' })],
  ["a name for each weight", () => packHealth({ weight_names: '["kernel"]' })],
  ["a name for each total", () => packHealth({ total_metrics: "[]" })],
  ["a count of steps", () => packHealth({ steps: "-1" })],
  ["four numbers", () => packUnits({ activations: "[0, 1, 2]" })],
  ["numbers", () => packUnits({ activations: '[0, 1, 2, "3"]' })],
  ["rising ends", () => packUnits({ gradients: "[1, 0, 0, 0]" })],
  ["counts of zeros", () => packUnits({ gradients: "[0, 0, -1, 0]" })],
  ["whole counts", () => packUnits({ gradients: "[0, 0, 0.5, 0]" })],
];

for (const [what, data] of HOSTILE) {
  test(`a record of health without ${what} is refused`, () => {
    const kind = new TextDecoder().decode(data()).includes('"health"') ? "health" : "units";
    assert.throws(() => decode(kind, data()), RecordError);
  });
}
