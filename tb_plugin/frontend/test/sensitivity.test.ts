/** What compressing kernels costs: by hand, of the golden records. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Measure } from "../src/analysis/sensitivity.ts";
import {
  cellText,
  costOf,
  curveOf,
  isCost,
  measuresOf,
  planJson,
  settingsAt,
  shareOf,
  worst,
} from "../src/analysis/sensitivity.ts";
import { decode } from "../src/format/records.ts";
import type { Plan, Sensitivity } from "../src/format/sensitive.ts";
import "../src/format/sensitive.ts";

const FOLDER = new URL("../../../tests/golden/records/", import.meta.url);

function golden(kind: "sensitivity" | "plan") {
  return decode(kind, new Uint8Array(readFileSync(new URL(`${kind}.safetensors`, FOLDER))));
}

const RECORD = golden("sensitivity") as Sensitivity;
const PLAN = golden("plan") as Plan;
const [KL, ACCURACY, MAPS] = measuresOf(RECORD) as [Measure, Measure, Measure];

test("each measure is found where the record has it", () => {
  assert.deepEqual(
    measuresOf(RECORD).map(({ name }) => name),
    ["kl", "accuracy", "GradCAM at conv: spearman"],
  );
  assert.equal(KL.at(0, 0), 0.5);
  assert.equal(ACCURACY.at(1, 0), 1);
  assert.equal(MAPS.at(1, 1), -0.25);
});

test("a cost is what is worse than the model, and none where controls differ as much", () => {
  assert.equal(costOf(KL, 0.5), 0.5);
  assert.equal(costOf(ACCURACY, 0.5), 0.375);
  assert.equal(costOf(ACCURACY, 1), 0);
  assert.equal(costOf(MAPS, 0.5), 0.5);
  assert.equal(ACCURACY.chance, 0.375); // the control's 0.5 beside 0.875
  assert.deepEqual([isCost(ACCURACY, 0.5), isCost(ACCURACY, 0.25)], [false, true]);
  assert.equal(isCost(KL, Number.NaN), undefined);
});

test("colours of KL go by powers of ten, of others evenly", () => {
  assert.equal(worst(RECORD, KL), 0.5);
  assert.equal(shareOf(KL, 0.5, 0.5), 1);
  assert.ok(Math.abs(shareOf(KL, 0.005, 0.5) - 0.6) < 1e-9);
  assert.equal(shareOf(KL, 0, 0.5), 0);
  assert.equal(shareOf(MAPS, 0.5, 1), 0.5);
  assert.ok(Number.isNaN(shareOf(KL, Number.NaN, 1)));
});

test("a cell says what stores it", () => {
  assert.match(cellText(RECORD, 0, 0), /25.0% of its bits, stored by keras and tflite/);
  assert.match(cellText(RECORD, 1, 1), /60.0% of its bits, simulated/);
  assert.match(cellText(RECORD, 0, 1), /cannot have this setting/);
});

test("points of a plan add up steps", () => {
  assert.deepEqual([...settingsAt(PLAN, 0)], []);
  assert.deepEqual(Object.fromEntries(settingsAt(PLAN, 2)), { größe: "8bit", conv: "50%" });
  const { added, joint } = curveOf(PLAN, "kl");
  assert.deepEqual(added, [0, 0.25, 0.75]);
  assert.equal(joint[2], 0.5);
  const told = JSON.parse(planJson(PLAN, "nonzero", 2));
  assert.deepEqual(told.sparsity, { conv: 0.5 });
  assert.deepEqual(told.pruning, [{ sparsity: { conv: 0.5 }, structure: "unstructured" }]);
  assert.equal(told.simulated, true);
  assert.equal(told.share, 96.5 / 480);
});

test("a point's JSON holds what prune takes, by structure", () => {
  const settings = ["filters-25%", "2:4", "8bit"];
  const layers = ["a", "b", "c", "d"];
  const [layer, setting] = [Int32Array.of(-1, 0, 1, 2, 3), Int32Array.of(-1, 0, 1, 1, 2)];
  const plan = { ...PLAN, layers, settings, layer, setting };
  assert.deepEqual(JSON.parse(planJson(plan, "nonzero", 4)).pruning, [
    { sparsity: { a: 0.25 }, structure: "filters" },
    { structure: "n:m", pattern: [2, 4], layers: ["b", "c"] },
  ]);
});
