import assert from "node:assert/strict";
import { test } from "node:test";
import { type Listing, readListing } from "../src/data/listing.ts";
import { readSeries } from "../src/data/series.ts";
import { Store } from "../src/data/store.ts";
import { axisOf, middleOf, stepAt, ticksOf, xOf } from "../src/draw/strip.ts";
import { groupsWith } from "../src/state/columns.ts";
import { sourcesOf } from "../src/state/runs.ts";
import { deriveScene } from "../src/state/scene.ts";
import { DEFAULT_VIEW, type View } from "../src/state/view.ts";
import { wantsOf } from "../src/state/wants.ts";
import { f64, i64, pack } from "./support.ts";

const MAPS = [
  "samples",
  "map/GradCAM/conv1",
  "map/GradCAM/conv2",
  "channels/FeatureMaps/conv1",
  "channels/FeatureMaps/conv2",
  "map/IG/image",
];
const KERNELS = ["kernels", "status", "kernel/conv1", "kernel/conv2", "kernel/head"];

/** What the server says of runs with these groups. */
function listing(runs: Readonly<Record<string, readonly string[]>>): Listing {
  const groupOf = (group: string): object => {
    const [kind = "", explainer = "", layer = ""] = group.split("/");
    const names = kind === "kernel" ? { explainer: "", layer: explainer } : { explainer, layer };
    return { group, kind, ...names, samples: layer ? [0] : [] };
  };
  return readListing({
    runs: Object.entries(runs).map(([run, groups]) => ({ run, groups: groups.map(groupOf) })),
  });
}

function sceneOf(runs: Readonly<Record<string, readonly string[]>>, view: Partial<View> = {}) {
  return deriveScene(listing(runs), new Store(() => undefined), { ...DEFAULT_VIEW, ...view });
}

test("maps and kernels of one folder are one run, with the explain run's id", () => {
  const scene = sceneOf({
    "a/compression": KERNELS,
    "a/explain": MAPS,
    "b/explain": MAPS,
    "c/compression": KERNELS,
    other: KERNELS,
  });
  assert.deepEqual(
    scene.runs.map(({ id, name, compression }) => [id, name, compression?.run]),
    [
      ["a/explain", "a", "a/compression"],
      ["b/explain", "b", undefined],
      ["c/compression", "c", "c/compression"],
      ["other", "other", "other"],
    ],
  );
  assert.deepEqual(
    scene.runs.map((run) => sourcesOf(run).length),
    [2, 1, 1, 1],
  );
  assert.equal(new Set(scene.runs.map(({ colour }) => colour)).size, 4);
});

test("health of layers belongs to the run beside it, in whatever order runs are listed", () => {
  const runs = {
    "a/health": ["health", "units/conv1"],
    "a/compression": KERNELS,
    "a/explain": MAPS,
    "b/health": ["health"],
    "c/healthy": ["health"],
  };
  const expected = [
    ["a/explain", "a", "a/compression", "a/health"],
    ["b/health", "b", undefined, "b/health"],
    ["c/healthy", "c/healthy", undefined, "c/healthy"],
  ];
  for (const names of [Object.keys(runs), Object.keys(runs).reverse()]) {
    const scene = sceneOf(Object.fromEntries(names.map((n) => [n, runs[n as keyof typeof runs]])));
    const found = scene.runs.map(({ id, name, compression, health }) => [
      ...[id, name, compression?.run, health?.run],
    ]);
    assert.deepEqual(found.sort(), expected);
    assert.deepEqual(scene.runs.map((run) => sourcesOf(run).length).sort(), [1, 1, 3]);
  }
});

test("runs of Windows are paired too, and shown as anywhere else", () => {
  const scene = sceneOf({
    "cmp\\a\\compression": KERNELS,
    "cmp\\a\\explain": MAPS,
    "cmp\\b": MAPS,
  });
  assert.deepEqual(
    scene.runs.map(({ id, name, compression }) => [id, name, compression?.run]),
    [
      ["cmp\\a\\explain", "cmp/a", "cmp\\a\\compression"],
      ["cmp\\b", "cmp/b", undefined],
    ],
  );
});

test("bare folders are one run too", () => {
  const names = (runs: Record<string, readonly string[]>): string[] =>
    sceneOf(runs).runs.map(({ name }) => name);
  assert.deepEqual(names({ compression: KERNELS, explain: MAPS }), ["run"]);
  assert.deepEqual(names({ explain: MAPS }), ["explain"]);
  assert.deepEqual(names({ compression: KERNELS }), ["compression"]);
  assert.deepEqual(names({ health: ["health"], compression: KERNELS }), ["run"]);
  assert.deepEqual(names({ health: ["health"] }), ["health"]);
});

test("what there is to show decides which views there are", () => {
  assert.deepEqual(sceneOf({ "a/explain": MAPS }).has, {
    kernels: false,
    health: false,
    compressed: false,
    drift: false,
    structure: false,
    predictions: false,
    maps: true,
    rows: false,
    evidence: true,
  });
  assert.deepEqual(sceneOf({ "a/compression": [...KERNELS, "drift/GradCAM/conv1"] }).has, {
    kernels: true,
    health: false,
    compressed: false,
    drift: true,
    structure: false,
    predictions: false,
    maps: false,
    rows: false,
    evidence: false,
  });
});

test("a link to a run opens it, by either of its names", () => {
  const runs = { "a/compression": KERNELS, "a/explain": MAPS, "b/explain": MAPS };
  for (const name of ["a/explain", "a/compression"]) {
    assert.deepEqual(
      sceneOf(runs, { runs: [name] }).shown.map(({ id }) => id),
      ["a/explain"],
    );
  }
});

test("layers that Keras counted on stand in one column, and are fetched as they were logged", () => {
  const runs = {
    "a/explain": ["samples", "map/GradCAM/conv2d", "map/GradCAM/conv2d_1", "map/IG/image"],
    "b/explain": ["samples", "map/GradCAM/conv2d_1", "map/GradCAM/conv2d_2", "map/IG/image"],
  };
  const store = new Store(() => undefined);
  const scene = deriveScene(listing(runs), store, DEFAULT_VIEW);
  assert.deepEqual(
    scene.columns.map(({ group }) => group),
    ["map/GradCAM/conv2d", "map/GradCAM/conv2d_1", "map/IG/image"],
  );
  const wanted = wantsOf(scene, store).map(({ run, group }) => `${run} ${group.group}`);
  assert.deepEqual(
    wanted.filter((want) => want.startsWith("b")),
    runs["b/explain"].map((group) => `b/explain ${group}`),
  );
  const alone = deriveScene(listing(runs), store, { ...DEFAULT_VIEW, runs: ["b/explain"] });
  assert.deepEqual(
    alone.columns.map(({ group }) => group),
    ["map/GradCAM/conv2d_1", "map/GradCAM/conv2d_2", "map/IG/image"],
  );
});

test("selecting a kernel switches the maps that exist of its layer, and no others", () => {
  const runs = { "a/compression": KERNELS, "a/explain": MAPS };
  const groups = ["map/GradCAM/conv2", "channels/FeatureMaps/conv2", "map/IG/image"];
  const scene = sceneOf(runs, { groups });
  assert.deepEqual(groupsWith(scene, "conv1"), [
    "map/GradCAM/conv1",
    "map/IG/image",
    "channels/FeatureMaps/conv1",
  ]);
  assert.equal(groupsWith(scene, "conv2"), undefined);
  assert.equal(groupsWith(scene, "head"), undefined);
});

test("single kernels are fetched only where they are shown", () => {
  const runs = { "a/compression": KERNELS, "a/explain": MAPS };
  const scene = sceneOf(runs, { groups: ["map/GradCAM/conv1", "channels/FeatureMaps/conv2"] });
  const wanted = wantsOf(scene, new Store(() => undefined)).map(
    ({ run, group }) => `${run} ${group.group}`,
  );
  assert.deepEqual(wanted, [
    "a/explain samples",
    "a/explain map/GradCAM/conv1",
    "a/explain channels/FeatureMaps/conv2",
    "a/compression kernels",
    "a/compression status",
    "a/compression kernel/conv2",
  ]);
});

test("of a map of each stage the last stands for all, and the others are fetched for one sample", () => {
  const groups = ["map/CAM/a", "map/CAM/b", "map/CAM/c"].map((group) => ({
    ...{ group, kind: "map", explainer: "CAM", layer: group.slice(-1), samples: [0, 1, 2] },
    content: { settings: { layer: "stages" }, shape: [1 << 12, 1 << 9] },
  }));
  const all = [...groups, { group: "kernels", kind: "kernels", explainer: "", layer: "" }];
  const given = readListing({ runs: [{ run: "a", groups: all }] });
  const store = new Store(() => undefined);
  const seen = (view: Partial<View>) => {
    const scene = deriveScene(given, store, { ...DEFAULT_VIEW, ...view });
    const wants = wantsOf(scene, store).filter(({ group }) => group.kind === "map");
    return { scene, wants: wants.map(({ group, samples }) => [group.layer, samples]) };
  };
  const { scene, wants } = seen({ view: "samples", samples: [1, 2] });
  assert.deepEqual(
    scene.shownColumns.map(({ layer }) => layer),
    ["c"],
  );
  assert.equal(scene.evidence?.layer, "c");
  assert.deepEqual(
    scene.ladder.map(({ layer }) => layer),
    ["a", "b", "c"],
  );
  assert.deepEqual(wants, [["c", [1, 2]]]);
  const stages = { panel: "stages", samples: [1, 2] } as const;
  assert.deepEqual(seen({ ...stages, view: "samples" }).wants, wants);
  assert.deepEqual(seen({ ...stages, view: "model" }).wants, [
    ["a", [1]],
    ["b", [1]],
    ["c", [1, 2]],
  ]);
});

test("one map each of two models are no stages", () => {
  const runs = { "a/explain": ["map/CAM/one"], "b/explain": ["map/CAM/two"] };
  assert.deepEqual(sceneOf(runs).ladder, []);
  assert.equal(sceneOf({ ...runs, "c/explain": ["map/CAM/one", "map/CAM/two"] }).ladder.length, 2);
});

test("layers stand in the order that the samples' record gives", () => {
  const groups = ["map/GradCAM/a", "map/GradCAM/b", "map/GradCAM/c (1, 2)", "samples"];
  const layers = { GradCAM: ["c (1, 2)", "a", "b"] };
  const arrays = { labels: f64([]), rows: i64([]) };
  const header = { label_kind: "none", class_names: "[]", settings: "{}" };
  const data = pack("samples", arrays, { ...header, layers: JSON.stringify(layers) });
  const points = [{ step: 0, wallTime: 0, data }];
  const samples = readSeries("samples", { group: "samples", sample: -1, points });
  const store = new Store(() => undefined);
  store.get = (_run, group) => (group === "samples" ? samples : undefined);
  const { columns } = deriveScene(listing({ "a/explain": groups }), store, DEFAULT_VIEW);
  assert.deepEqual(
    columns.map(({ layer }) => layer),
    layers.GradCAM,
  );
});

test("of long logs only the samples that are needed are fetched, and make the scales", () => {
  const fetched = (epochs: number, view: Partial<View>): unknown => {
    const group = { kind: "map", explainer: "IG", layer: "image", samples: [0, 1, 2, 3, 4] };
    const map = {
      ...group,
      group: "map/IG/image",
      last_step: epochs - 1,
      content: { shape: [100, 100] },
    };
    const runs = [{ run: "a/explain", groups: [map] }];
    const store = new Store(() => undefined);
    const scene = deriveScene(readListing({ runs }), store, {
      ...DEFAULT_VIEW,
      view: "samples",
      ...view,
    });
    return [scene.fetched, wantsOf(scene, store).map(({ samples }) => samples)];
  };
  // A map is 20 kB: 5 samples of 50 epochs are 5 MB, of 100 epochs 10 MB.
  assert.deepEqual(fetched(50, {}), [[0, 1, 2, 3, 4], [[]]]);
  assert.deepEqual(fetched(100, {}), [[0, 1], [[0, 1]]]);
  assert.deepEqual(fetched(100, { samples: [] }), [[], []]);
  const opened = { run: "a/explain", group: "map/IG/image", sample: 4 };
  assert.deepEqual(fetched(100, { samples: [2], opened }), [[2, 4], [[2, 4]]]);
  // The wall, and what lies inside of a box, are of all samples.
  assert.deepEqual(fetched(100, { view: "overview" }), [[0, 1], [[]]]);
  assert.deepEqual(fetched(100, { boxes: [[[0, 2]]] }), [[0, 1], [[]]]);
  // 110 MB are too much for that.
  assert.deepEqual(fetched(1100, { view: "overview" }), [[0, 1], [[0, 1]]]);
});

test("a score has a unit of its own; in older logs it is that of the map", () => {
  const groups = [
    { group: "map/Saliency/x", score_unit: "logit", unit: "logit per unit of input" },
    { group: "map/IG/x", unit: "probability" },
  ].map(({ group, ...content }) => ({ group, kind: "map", explainer: "", layer: "x", content }));
  const [run] = readListing({ runs: [{ run: "a", groups }] }).runs;
  assert.deepEqual(
    run?.groups.map(({ content }) => [content.unit, content.scoreUnit]),
    [
      ["logit per unit of input", "logit"],
      ["probability", "probability"],
    ],
  );
});

test("epochs along a strip", () => {
  const axis = axisOf([2, 3, 5], 80);
  assert.deepEqual([xOf(axis, 2), xOf(axis, 3), xOf(axis, 6)], [0, 20, 80]);
  assert.equal(middleOf(axis, 5), 70);
  assert.deepEqual(
    [-4, 0, 19.9, 20, 200].map((x) => stepAt(axis, x)),
    [2, 2, 2, 3, 5],
  );
  assert.deepEqual(ticksOf(axis, 20), [2, 3, 4, 5]);
  assert.deepEqual(ticksOf(axisOf([0, 99], 200), 44), [0, 50]);
  assert.deepEqual(ticksOf(axisOf([7], 200)), [7]);
});

test("parts of epochs along a strip", () => {
  const axis = axisOf([-0.75, -0.5, -0.25, 0], 400);
  assert.deepEqual([xOf(axis, -0.5), middleOf(axis, 0)], [100, 350]);
  assert.deepEqual(
    [-4, 99, 101, 399].map((x) => stepAt(axis, x)),
    [-0.75, -0.75, -0.5, 0],
  );
  assert.deepEqual(ticksOf(axis), [-0.5, 0]);
});
