import assert from "node:assert/strict";
import { test } from "node:test";
import { readListing } from "../src/data/listing.ts";
import { readSeries, type Series } from "../src/data/series.ts";
import { Store } from "../src/data/store.ts";
import { notesOf } from "../src/state/notes.ts";
import { deriveScene } from "../src/state/scene.ts";
import { DEFAULT_VIEW } from "../src/state/view.ts";
import { f64, pack } from "./support.ts";

interface Problem {
  readonly kind: string;
  readonly count: number;
  readonly message: string;
  readonly step: number;
  readonly left_out?: boolean;
}

function leftOut(what: string, message: string): Problem {
  return { kind: what, count: 1, message, step: 0, left_out: true };
}

/** A status as it is before anything was explained: no seconds of any explainer. */
function statusOf(problems: readonly Problem[]): Series {
  const data = pack(
    "status",
    { seconds: f64([]) },
    { explainers: "[]", problems: JSON.stringify(problems) },
  );
  return readSeries("status", {
    group: "status",
    sample: -1,
    points: [{ step: 0, wallTime: 0, data }],
  });
}

function notes(runs: Readonly<Record<string, readonly Problem[]>>) {
  const store = new Store(() => undefined);
  const held = new Map(Object.entries(runs).map(([run, problems]) => [run, statusOf(problems)]));
  store.get = (run, group) => (group === "status" ? held.get(run) : undefined);
  const groups = [{ group: "status", kind: "status" }];
  const listing = readListing({ runs: Object.keys(runs).map((run) => ({ run, groups })) });
  return notesOf(deriveScene(listing, store, DEFAULT_VIEW), store);
}

test("a part that was left out is no failure, and comes first with its reason", () => {
  const failed = { kind: "GradCAM: ValueError", count: 2, message: "no layer", step: 3 };
  const told = notes({ "a/explain": [failed, leftOut("IG", "the input is integers. Pass at=.")] });
  assert.deepEqual(told, [
    { level: "left out", run: "a", text: "IG is left out: the input is integers. Pass at=." },
    {
      level: "warning",
      run: "a",
      text: "GradCAM: ValueError, 2 times, last at epoch 3: no layer",
    },
  ]);
});

test("what several runs leave out for one reason is said once", () => {
  const names = ["a", "b", "c", "d"];
  const same = leftOut("IG", "because");
  const told = notes({
    ...Object.fromEntries(names.map((name) => [`${name}/explain`, [same]])),
    "a/compression": [leftOut("val", "no data")],
  });
  assert.deepEqual(told, [
    { level: "left out", run: "a, b, c and 1 more", text: "IG is left out: because" },
    { level: "left out", run: "a", text: "val is left out: no data" },
  ]);
});
