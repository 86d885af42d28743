import assert from "node:assert/strict";
import { test } from "node:test";
import { targetText } from "../src/analysis/filters.ts";
import { shareAbove } from "../src/analysis/magnitudes.ts";
import {
  choiceNames,
  hasTwoClasses,
  ONE_CLASS,
  ofClass,
  otherMap,
  pairsOf,
} from "../src/analysis/two-classes.ts";
import type { Group } from "../src/data/listing.ts";
import type { Series } from "../src/data/series.ts";
import { numberToHalf, widen } from "../src/format/half.ts";
import type { AttributionMap } from "../src/format/maps.ts";
import type { Column } from "../src/state/columns.ts";
import type { Dashboard } from "../src/state/dashboard.ts";
import type { ShownRun } from "../src/state/runs.ts";
import { Scales } from "../src/state/scales.ts";
import { shownSeries } from "../src/state/shown-classes.ts";
import { DEFAULT_VIEW } from "../src/state/view.ts";

const halves = (...values: number[]): Uint16Array => Uint16Array.from(values, numberToHalf);

function map(others?: { values: number[]; target: number }): AttributionMap {
  const other = others && {
    ...{ halves: halves(...others.values.map((value) => value / 4)), scale: 4 },
    ...{ score: 1.5, target: others.target },
  };
  return {
    ...{ kind: "map", halves: halves(1, 0.5, 0), scale: 2, rank: 1, depth: 1, height: 1, width: 3 },
    ...{ score: -0.5, target: 3, gap: 0.1, error: 0.2, passes: 9, other },
  };
}

const ONE = map();
const TWO = map({ values: [1, 3, 0], target: 8 });
const series = (...records: AttributionMap[]): Series => ({
  kind: "map",
  bytes: 0,
  points: records.map((record, step) => ({ step, wallTime: 0, record, error: "" })),
});
const recordOf = (one: Series | undefined, step: number): AttributionMap | undefined =>
  one?.points[step]?.record as AttributionMap | undefined;

test("the other class's map and the difference are those of its numbers", () => {
  const both = series(ONE, TWO);
  const other = recordOf(ofClass(both, "other"), 1);
  assert.ok(other);
  assert.deepEqual([...widen(other.halves, other.scale)], [1, 3, 0]);
  assert.deepEqual([other.target, other.score, other.minus], [8, 1.5, undefined]);
  const difference = recordOf(ofClass(both, "difference"), 1);
  assert.ok(difference);
  const found = widen(difference.halves, difference.scale);
  for (const [i, expected] of [1, -2, 0].entries()) {
    assert.ok(Math.abs((found[i] as number) - expected) < 2 ** -10, `${found}`);
  }
  assert.deepEqual([difference.target, difference.minus, difference.score], [3, 8, -2]);
  // What the method tells of the logged map is not told of others.
  for (const one of [other, difference]) {
    assert.deepEqual([one.gap, one.error, one.passes], [undefined, undefined, undefined]);
  }
});

test("an epoch with one class has no map beside others that have two, and says why", () => {
  const both = series(ONE, TWO);
  assert.equal(hasTwoClasses(both), true);
  assert.equal(ofClass(both, "explained"), both);
  for (const choice of ["other", "difference"] as const) {
    const shown = ofClass(both, choice);
    assert.equal(shown?.points[0]?.record, undefined);
    assert.equal(shown?.points[0]?.error, ONE_CLASS);
    assert.equal(shown?.points[1]?.error, "");
    assert.equal(ofClass(both, choice), shown, "the same object each time");
  }
  assert.equal(hasTwoClasses(series(ONE, ONE)), false);
  assert.equal(otherMap(ONE), null);
});

test("a run that is right shows no map beside one that shows a difference, and its own alone", () => {
  const [right, wrong] = [series(ONE), series(TWO)];
  const dashboard = (...shown: string[]) =>
    ({
      store: { get: (run: string) => (run === "wrong" ? wrong : right) },
      view: { ...DEFAULT_VIEW, classes: "difference" },
      scene: { shown: shown.map((id) => ({ id })) },
    }) as unknown as Dashboard;
  const both = dashboard("right", "wrong");
  assert.equal(shownSeries(both, "right", "g", 0)?.points[0]?.error, ONE_CLASS);
  assert.equal(recordOf(shownSeries(both, "wrong", "g", 0), 0)?.minus, 8);
  assert.equal(shownSeries(dashboard("right"), "right", "g", 0), right);
});

test("choices are called by their classes where these are the same in all shown maps", () => {
  const nameOf = (index: number): string => ["a", "b", "c"][index] ?? String(index);
  const pairs = pairsOf([series(ONE, TWO), series(map({ values: [1, 1, 1], target: 5 }))]);
  assert.deepEqual(pairs, [
    [3, 8],
    [3, 5],
  ]);
  assert.deepEqual(pairsOf([series(ONE, TWO)], 0), []);
  assert.deepEqual(choiceNames(pairs, nameOf), {
    explained: "3",
    other: "predicted class",
    difference: "3 − predicted class",
  });
  assert.equal(choiceNames([[2, 0]], nameOf).difference, "c − a");
  const predicted = [5, 8].map((index) => [index, 3] as const);
  assert.equal(choiceNames(predicted, nameOf).difference, "predicted class − 3");
  const mixed = [[3, 8] as const, [8, 3] as const];
  assert.equal(choiceNames(mixed, nameOf).difference, "explained class − other class");
  const samples = undefined;
  assert.equal(targetText(samples, { target: 3, minus: 8 }), "class 3 − class 8");
  assert.equal(targetText(samples, { target: 3 }), "class 3");
});

test("both classes and the difference are on one scale, which tells what lies beyond it", () => {
  const column = { group: "g", ofPixels: false, unit: "logit", scoreUnit: "logit" } as Column;
  const run = { id: "r", run: { groups: [] as Group[] } } as unknown as ShownRun;
  const wide = map({ values: [-4, 3, 0], target: 8 });
  const scales = new Scales([run], [0], { get: () => series(ONE, wide) });
  const own = () => ({ limit: 0, above: 0 });
  const scaleFor = (classes: "explained" | "other" | "difference") =>
    scales.of({ ...DEFAULT_VIEW, classes }, column, 0, own);
  assert.deepEqual(scaleFor("explained"), { limit: 4, above: 0 });
  assert.deepEqual(scaleFor("other"), { limit: 4, above: 0 });
  // 2 − −4, 1 − 3 and 0: of the two that are not zero one is beyond.
  assert.deepEqual(scaleFor("difference"), { limit: 4, above: 0.5 });
  assert.equal(shareAbove([ONE], 1.5), 0.5);
  assert.equal(shareAbove([], 1), 0);
});
