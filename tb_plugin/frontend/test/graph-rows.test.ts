import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_CURVES, type Structure } from "../src/format/structured.ts";
import { callsChosen, textOf } from "../src/parts/kernels/graph-rows.ts";
import type { Dashboard } from "../src/state/dashboard.ts";
import type { ShownRun } from "../src/state/runs.ts";

function structureOf(...names: readonly string[]): Structure {
  return {
    kind: "structure",
    rows: names.map((name) => ({
      ...{ name, kind: "call", type: "Dense", shape: "4", dtype: "float32" },
      ...{ activation: "", state: "", mode: "" },
    })),
    parents: new Int32Array(names.length).fill(-1),
    edges: new Int32Array(),
    numbers: new Float64Array(2 * names.length),
    training: new Map(),
    curves: NO_CURVES,
  };
}

const [a, b] = ["a", "b"].map((id) => ({ id, name: id }) as ShownRun) as [ShownRun, ShownRun];
const withLayer = (layer: string): Dashboard =>
  ({
    scene: {
      ...{ layer, metric: "sparsity" },
      structures: new Map([
        ["a", structureOf("conv", "attend/query")],
        ["b", structureOf("conv", "dense")],
      ]),
    },
  }) as unknown as Dashboard;

test("a run calls the chosen layer, or the layer of the chosen kernel", () => {
  const called = (layer: string): boolean[] =>
    [a, b].map((run) => callsChosen(withLayer(layer), run));
  assert.deepEqual(called("conv"), [true, true]);
  assert.deepEqual(called("dense"), [false, true]);
  assert.deepEqual(called("attend/query.kernel"), [true, false]);
});

test("where a run lacks the chosen layer its graph says so", () => {
  assert.equal(textOf(withLayer("dense"), a, {}), "dense: no layer of a");
  assert.match(textOf(withLayer("dense"), b, {}), /^weights that are zero/);
});
