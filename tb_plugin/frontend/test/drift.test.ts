import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bandFor,
  bandsOf,
  chooseLayer,
  controlsOf,
  driftChoice,
  driftCurves,
  explainedLayers,
  movedAt,
  referencePredictions,
  startOf,
} from "../src/analysis/drift.ts";
import { unwrapped } from "../src/analysis/wrappers.ts";
import type { Group } from "../src/data/listing.ts";
import type { Series } from "../src/data/series.ts";
import type { Store } from "../src/data/store.ts";
import type { Drift } from "../src/format/compressed.ts";
import type { Predictions, TfRecord } from "../src/format/records.ts";
import { isControl, type ShownRun } from "../src/state/runs.ts";
import type { Role } from "../src/tables.ts";

const CONTENT = {
  unit: "",
  scoreUnit: "",
  signed: false,
  shape: [],
  input: "",
  channels: 0,
  settings: {},
  layout: "" as const,
  role: "" as const,
  wordStep: 0,
  wordOffsets: [],
  wordNote: "",
};

function group(explainer: string, layer: string): Group {
  const name = `drift/${explainer}/${layer}`;
  const fixed = { samples: [], lastStep: 9, stamp: "", content: CONTENT };
  return { group: name, kind: "drift", explainer, layer, ...fixed };
}

function run(name: string, ...groups: Group[]): ShownRun {
  return {
    id: `${name}/explain`,
    name,
    colour: "",
    run: { run: `${name}/explain`, groups, inputs: [], problems: [] },
    compression: undefined,
    health: undefined,
    predictions: undefined,
    samples: undefined,
  };
}

/** How alike samples are to a run, or to the epoch `reference`. */
function drift(
  values: number[],
  reference: string | number = "dense",
  role: Role = "model",
): Drift {
  const agrees = Uint8Array.from(values, (_, i) => (i === 0 ? 0 : 1));
  return {
    kind: "drift",
    values: Float64Array.from(values),
    agrees,
    measures: ["spearman"],
    reference: String(reference),
    referenceStep: typeof reference === "number" ? reference : undefined,
    role,
  };
}

/** A store that holds records by run, group and step. */
function storeOf(held: Record<string, Record<number, TfRecord>>): Store {
  const get = (run: string, group: string): Series | undefined => {
    const records = held[`${run} ${group}`];
    if (!records) return undefined;
    const points = Object.entries(records).map(([step, record]) => ({
      step: Number(step),
      wallTime: 0,
      record,
      error: "",
    }));
    return { kind: "drift", points, bytes: 0 };
  };
  return { get } as Store;
}

test("wrappers are no layers of their own", () => {
  assert.equal(unwrapped("backbone/prune_low_magnitude_conv/conv"), "backbone/conv");
  assert.equal(unwrapped("quant_conv/conv@1"), "conv@1");
  assert.equal(unwrapped("prune_low_magnitude_conv"), "prune_low_magnitude_conv");
  assert.equal(unwrapped("quant_a/b"), "quant_a/b");
});

test("one entry for a layer with and without its wrapper", () => {
  const dense = run("dense", group("IntegratedGradients", "image"), group("GradCAM", "conv"));
  const pruned = run("pruned", group("GradCAM", "prune_low_magnitude_conv/conv"));
  const layers = explainedLayers([dense, pruned]);
  assert.deepEqual(
    layers.map(({ key }) => key),
    ["IntegratedGradients/image", "GradCAM/conv"],
  );
  assert.equal(chooseLayer(layers, "")?.explainer, "GradCAM");
  assert.equal(chooseLayer(layers, "IntegratedGradients/image")?.layer, "image");
  assert.equal(chooseLayer([], ""), undefined);
  const [, cam] = layers;
  assert.ok(cam);
  const store = storeOf({
    "dense/explain drift/GradCAM/conv": { 0: drift([1]) },
    "pruned/explain drift/GradCAM/prune_low_magnitude_conv/conv": { 0: drift([0.5]) },
  });
  assert.deepEqual(
    movedAt([dense, pruned], store, cam, "spearman", 0).map(({ maps }) => maps),
    ["map/GradCAM/conv", "map/GradCAM/prune_low_magnitude_conv/conv"],
  );
});

test("what is known at an epoch, and when it starts", () => {
  const dense = run("dense", group("GradCAM", "conv"));
  const store = storeOf({
    "dense/explain drift/GradCAM/conv": {
      12: drift([1, 1], 12),
      14: drift([0.5, 0.25], 12),
    },
  });
  const [explained] = explainedLayers([dense]);
  assert.ok(explained);
  assert.deepEqual(startOf([dense], explained, store), { step: 12, isReference: true });
  assert.deepEqual(movedAt([dense], store, explained, "spearman", 11), []);
  const [moved] = movedAt([dense], store, explained, "spearman", 20);
  assert.equal(moved?.step, 14);
  assert.equal(moved?.maps, "map/GradCAM/conv");
  assert.deepEqual(
    moved?.scores.map(({ value }) => value),
    [0.5, 0.25],
  );
});

test("a choice of what there is", () => {
  const dense = run("dense", group("GradCAM", "conv"));
  const store = storeOf({ "dense/explain drift/GradCAM/conv": { 0: drift([1]) } });
  const choice = driftChoice([dense], store, { drift: "gone/away", measure: "ssim" });
  assert.equal(choice?.explained.key, "GradCAM/conv");
  assert.equal(choice?.measure, "spearman");
  assert.equal(driftChoice([run("bare")], store, { drift: "", measure: "" }), undefined);
});

test("curves are means over agreeing samples, of models only", () => {
  const shown = ["dense", "seed"].map((name) => run(name, group("GradCAM", "conv")));
  const store = storeOf({
    "dense/explain drift/GradCAM/conv": {
      0: drift([-1, 1, 1], 0),
      3: drift([-1, 0.5, 0.25], 0),
      5: drift([-1, Number.NaN, 0.75], 0),
    },
    "seed/explain drift/GradCAM/conv": { 0: drift([0, 0, 0], "dense", "control") },
  });
  const [explained] = explainedLayers(shown);
  assert.ok(explained);
  const curves = driftCurves(shown, store, explained, "spearman");
  assert.equal(curves.length, 1);
  assert.deepEqual(curves[0]?.points, [
    [0, 1],
    [3, 0.375],
    [5, 0.75],
  ]);
  assert.deepEqual(curves[0]?.references, ["0"]);
});

test("a model of which nothing but its reference has a value has no curve", () => {
  const shown = [run("dense", group("GradCAM", "conv"))];
  const [explained] = explainedLayers(shown);
  assert.ok(explained);
  const curvesFor = (...values: number[]) => {
    const series = Object.fromEntries(values.map((value, step) => [step, drift([-1, value], 0)]));
    const store = storeOf({ "dense/explain drift/GradCAM/conv": series });
    return driftCurves(shown, store, explained, "spearman").map(({ points }) => points);
  };
  assert.deepEqual(curvesFor(1, Number.NaN, Number.NaN), []);
  assert.deepEqual(curvesFor(Number.NaN), []);
  assert.deepEqual(curvesFor(0.5), [[[0, 0.5]]]);
  assert.deepEqual(curvesFor(1, Number.NaN, 0.5)[0]?.length, 3);
});

test("bands pool the controls of one reference in one folder, where predictions stayed", () => {
  const names = ["a", "b", "other", "model", "there/a"];
  const shown = names.map((name) => run(name, group("GradCAM", "conv")));
  const series = (record: Drift) => ({ 0: record });
  const control = (values: number[], agrees: number[]): Drift => ({
    ...drift(values, "dense", "control"),
    agrees: Uint8Array.from(agrees),
  });
  const five = [9, 9, 9, 9, 9];
  const store = storeOf({
    "a/explain drift/GradCAM/conv": series(control([0, 1, 2, 90], [1, 1, 1, 0])),
    "b/explain drift/GradCAM/conv": series(control([3, 4, 5], [1, 1, 1])),
    "other/explain drift/GradCAM/conv": series(drift([9, 9], 3, "control")),
    "model/explain drift/GradCAM/conv": series(drift([-9, -9, -9, -9, -9], "dense")),
    "there/a/explain drift/GradCAM/conv": series(control(five, [1, 1, 1, 1, 1])),
  });
  const [explained] = explainedLayers(shown);
  assert.ok(explained);
  const bands = bandsOf(controlsOf(movedAt(shown, store, explained, "spearman", 0)));
  assert.deepEqual([...bands.keys()], ["dense", "there/dense"]);
  const ofDense = { low: 0.5, high: 4.5, count: 6, names: ["a", "b"] };
  const ofThere = { low: 9, high: 9, count: 5, names: ["there/a"] };
  assert.deepEqual(bands.get("dense"), { ...ofDense, from: "" });
  assert.deepEqual(bands.get("there/dense"), { ...ofThere, from: "" });
  assert.equal(bandFor(bands, "b"), bands.get("dense"), "a training among those of the band");
  assert.equal(bandFor(bands, "model"), undefined);
  const later = bandsOf(controlsOf(movedAt(shown, store, explained, "spearman", 3)));
  assert.deepEqual(later.get("dense"), { ...ofDense, from: "from epoch 0" });
});

test("the reference's predictions: of an epoch of the run, or of another run", () => {
  const shown = ["dense", "pruned"].map((name) => run(name, group("GradCAM", "conv")));
  const predictions = (predicted: number): Predictions => ({
    kind: "predictions",
    outputs: new Float32Array(1),
    width: 1,
    predicted: Int32Array.of(predicted),
    explained: 0,
    activation: "none",
    moment: "epoch",
    weights: undefined,
  });
  const store = storeOf({
    "dense/explain predictions": { 0: predictions(7) },
    "pruned/explain predictions": { 0: predictions(1), 2: predictions(2), 4: predictions(3) },
    "pruned/explain drift/GradCAM/conv": {
      0: drift([1], "dense"),
      4: drift([1], 2),
    },
  });
  const [explained] = explainedLayers(shown);
  assert.ok(explained);
  const at = (step: number): number | undefined => {
    const [moved] = movedAt(shown, store, explained, "spearman", step);
    return moved && referencePredictions(moved, shown, store)?.predicted[0];
  };
  assert.equal(at(0), 7);
  assert.equal(at(4), 2);
});

test("a control is told by what never changes about its drift", () => {
  const made = group("GradCAM", "conv");
  assert.ok(isControl(run("seed", { ...made, content: { ...CONTENT, role: "control" } })));
  assert.ok(!isControl(run("pruned", made)));
});
