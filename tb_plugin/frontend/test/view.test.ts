import assert from "node:assert/strict";
import { test } from "node:test";
import { joinNames, readHash, splitNames, writeHash } from "../src/state/hash.ts";
import { DEFAULT_VIEW, decodeView, encodeView, type View } from "../src/state/view.ts";

test("only our keys are read and replaced", () => {
  const hash = "#tfexplain&p.tfexplain.step=3&p.other.step=9&runSelectionState=abc";
  assert.deepEqual([...readHash(hash)], [["step", "3"]]);
  assert.equal(
    writeHash(hash, new Map([["step", "4"]])),
    "#tfexplain&p.other.step=9&runSelectionState=abc&p.tfexplain.step=4",
  );
});

test("names may hold anything a run may be called", () => {
  const names = ["a,b", "50%", "x&y=z", "ü/explain", "%2C"];
  assert.deepEqual(splitNames(joinNames(names)), names);
  const hash = writeHash("#tfexplain", new Map([["runs", joinNames(names)]]));
  assert.deepEqual(splitNames(readHash(hash).get("runs") ?? ""), names);
});

test("the default view needs no keys, every other one comes back", () => {
  assert.equal(encodeView(DEFAULT_VIEW).size, 0);
  const view: View = {
    view: "model",
    beside: "samples",
    share: 40,
    bottom: 30,
    across: 60,
    runs: ["a/explain", "b,c"],
    groups: ["map/GradCAM/conv1"],
    samples: [0, 7],
    filter: "changed",
    classIndex: 2,
    sequential: "cividis",
    diverging: "purpleGreen",
    scale: "map",
    classes: "difference",
    pixels: "smooth",
    slice: 3,
    head: 2,
    curve: 1,
    order: "given",
    size: 256,
    difference: [],
    step: 0,
    zoom: [3, 9],
    tracks: ["loss", "a,b"],
    opened: { run: "a/explain", group: "map/GradCAM/conv1", sample: 7 },
    panel: "table",
    layer: "block/conv,1.kernel",
    metric: "size_csr",
    sort: { column: "mean, or so", descending: true },
    drift: "GradCAM/block/conv,1",
    cost: ["4bit", "GradCAM at block/conv,1: ssim", ""],
    plan: ["keras", "kl", "3"],
    measure: "top10_iou",
    evidence: "map/GradCAM/conv1",
    boxes: [
      [
        [2, 4],
        [0, 1.5],
      ],
      [[3, 2]],
    ],
    wall: "loss",
    given: 0,
    data: "curves",
    cells: "difference",
    cell: { run: "a,b/predictions", label: 3, predicted: 5 },
    ranked: 4,
    threshold: 70,
    row: 12,
  };
  assert.deepEqual(decodeView(encodeView(view)), view);
  const none: View = { ...DEFAULT_VIEW, runs: [], samples: [] };
  assert.deepEqual(decodeView(encodeView(none)), none);
});

test("a link holds parts of epochs", () => {
  const view = { ...DEFAULT_VIEW, step: -0.25, zoom: [-0.5, 1.333333] as const };
  assert.deepEqual(decodeView(encodeView(view)), view);
});

test("a mangled link opens with defaults", () => {
  const values = new Map([
    ["opacity", "80"],
    ["scale", "shared"],
    ["classes", "both"],
    ["step", "-1"],
    ["sequential", "jet"],
    ["opened", "a,b"],
    ["size", "1e9"],
    ["unknown", "x"],
    ["view", "everything"],
    ["boxes", "1x2x3_0x0_-1x2"],
    ["panel", "everything"],
    ["sort", "sparsity,upwards"],
    ["metric", ""],
    ["measure", ""],
    ["beside", "everything"],
    ["share", "99"],
    ["bottom", "0"],
    ["across", "-5"],
    ["zoom", "9-3"],
  ]);
  assert.deepEqual(decodeView(values), DEFAULT_VIEW);
  assert.deepEqual([...readHash("#tfexplain&p.tfexplain.step=%E0%A4%A")], []);
});
