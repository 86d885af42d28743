/** A student beside its teacher: what is said of it, and whose scale a map has. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { relativeDifference } from "../src/analysis/compare.ts";
import { referenceOf } from "../src/analysis/drift.ts";
import { looksOf, looksText, measuredText, verdictOf } from "../src/analysis/teacher.ts";
import type { Group, Listing } from "../src/data/listing.ts";
import { knownAt, type Series } from "../src/data/series.ts";
import type { Store } from "../src/data/store.ts";
import type { Drift } from "../src/format/compressed.ts";
import { numberToHalf } from "../src/format/half.ts";
import type { AttributionMap, Predictions } from "../src/format/records.ts";
import type { Column } from "../src/state/columns.ts";
import { isTeacher, runsOf } from "../src/state/runs.ts";
import { Scales } from "../src/state/scales.ts";
import { DEFAULT_VIEW } from "../src/state/view.ts";

function map(...values: number[]): AttributionMap {
  const scale = Math.max(...values);
  const halves = Uint16Array.from(values, (value) => numberToHalf(value / scale));
  return {
    ...{ kind: "map", halves, scale, rank: 1, depth: 1, height: 1, width: values.length },
    ...{ score: 1, target: 0 },
  } as AttributionMap;
}

const scores = (...values: number[]) =>
  values.map((value, sample) => ({ sample, value, agrees: sample !== 3 }));

test("the verdict is that of the interval of differences, of samples predicted alike", () => {
  const same = scores(0.5, 0.7, 0.6, -1, Number.NaN);
  const looks = looksOf(same, scores(0.1, 0.2, 0.3, 1, 0));
  assert.ok(looks);
  assert.equal(looks.count, 3);
  assert.ok(Math.abs(looks.same - 0.6) < 1e-12 && Math.abs(looks.others - 0.2) < 1e-12);
  // numpy: differences 0.4, 0.5, 0.3; 0.4 +- 4.302653 * 0.1 / sqrt(3)
  assert.ok(Math.abs(looks.difference.low - 0.15158) < 1e-4);
  assert.equal(verdictOf(looks), "more than by chance");
  assert.equal(looksText(looks), "similarity 0.60, to its maps of other samples 0.20");
  const told = "Spearman, GradCAM, 3 samples, difference 0.15 to 0.65 (95%)";
  assert.equal(measuredText(looks, "GradCAM"), told);
  const reversed = looksOf(scores(0.1, 0.2, 0.3), same);
  assert.equal(reversed && verdictOf(reversed), "less than by chance");
  const mixed = looksOf(scores(0.5, 0.1), scores(0.1, 0.5));
  assert.equal(mixed && verdictOf(mixed), "no more than by chance");
  const one = looksOf(scores(0.5), scores(0.1));
  assert.equal(one && verdictOf(one), "no more than by chance");
  assert.equal(one && measuredText(one, "GradCAM"), "Spearman, GradCAM, 1 sample");
  assert.equal(looksOf(scores(Number.NaN), scores(0)), undefined);
});

test("what holds until the next record is the playhead's", () => {
  const record = { kind: "predictions" } as Predictions;
  const points = [0, 4].map((step) => ({ step, wallTime: 0, record, error: "" }));
  const series: Series = { kind: "predictions", points, bytes: 0 };
  const at = (one: Series, step: number) => knownAt(one, "predictions", step).isNow;
  assert.deepEqual([at(series, 0), at(series, 3)], [true, false]);
  const held = { ...series, holds: true };
  assert.deepEqual([at(held, 3), at(held, 9), at(held, -1)], [true, true, false]);
});

const groupOf = (role: string) =>
  ({ group: "g", kind: "map", content: { role, settings: {} } }) as unknown as Group;

const runsNamed = (...names: string[]) => {
  const runs = names.map((run) => {
    const groups = [groupOf(run.includes("teacher") ? "teacher" : "")];
    return { run, groups, inputs: [], problems: [] };
  });
  return runsOf({ runs } as unknown as Listing, { get: () => undefined } as unknown as Store);
};

test("a teacher's run is found from its student's, which has a name where it lies alone", () => {
  const drift = { reference: "the teacher" } as Drift;
  const below = runsNamed("a/explain", "a/teacher/explain");
  assert.deepEqual(below.map(isTeacher), [false, true]);
  assert.deepEqual(below.map((run) => referenceOf({ run, drift }))[0], below[1]?.name);
  const alone = runsNamed("explain", "teacher/explain");
  assert.deepEqual(
    alone.map(({ name }) => name),
    ["student", "teacher"],
  );
  assert.deepEqual(alone.map((run) => referenceOf({ run, drift }))[0], "teacher");
});

test("maps of teachers have a scale of their own, and differences are of both scales", () => {
  const column = { group: "g", ofPixels: false, unit: "logit", scoreUnit: "logit" } as Column;
  const runs = runsNamed("explain", "teacher/explain");
  const [own, theirs] = [map(4, 0, 2), map(0, 0.5, 1)];
  const store = {
    get: (run: string) => {
      const record = run === "explain" ? own : theirs;
      return { kind: "map", bytes: 0, points: [{ step: 0, wallTime: 0, record, error: "" }] };
    },
  } as unknown as Store;
  const scales = new Scales(runs, [0], store);
  const of = (i?: number) => {
    const run = i === undefined ? undefined : runs[i];
    return scales.of(DEFAULT_VIEW, column, 0, () => ({ limit: 0, above: 0 }), run).limit;
  };
  assert.deepEqual([of(0), of(1), of()], [4, 1, 4]);
  assert.deepEqual([scales.largest(column, runs[0]), scales.largest(column, runs[1])], [4, 1]);
  const sides: [[AttributionMap, number], [AttributionMap, number]] = [
    [own, 4],
    [theirs, 1],
  ];
  assert.deepEqual([...relativeDifference(...sides)], [1, -0.5, -0.5]);
});
