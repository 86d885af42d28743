import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Curve,
  chooseTracks,
  endsOf,
  logRangeOf,
  rangeOf,
  type Track,
  trackOf,
} from "../src/draw/tracks.ts";

function curveOf(...values: number[]): Curve {
  const points = values.map((value, step) => [step, value] as const);
  return { run: { name: "a" } as Curve["run"], metric: "accuracy", points, dash: [] };
}

function trackNamed(name: string): Track {
  return { name, title: name, tell: String, curves: [] };
}

test("every track has a range, so that all axes are equally wide and epochs lie below one another", () => {
  assert.deepEqual(rangeOf([], null, null), [0, 1.1]);
});

test("what stays 0 or 1 is seen in 0 to 1, and all else as it is", () => {
  assert.deepEqual(rangeOf([], 0, 0), [0, 1.1]);
  assert.deepEqual(rangeOf([], 1, 1), [0, 1.1]);
  const [least, most] = rangeOf([], 0.9, 1);
  assert.ok(least !== null && most !== null && least > 0.85 && most < 1.05);
  const [low, high] = rangeOf([], 40, 90);
  assert.ok(low !== null && high !== null && low <= 40 && high >= 90 && high < 100);
});

test("a metric that soon is far better is seen as it is from then on, and whole where it is not", () => {
  const look = { range: [0, 9], isZoomed: false } as const;
  const curves = [curveOf(0.1, 0.5, 0.9, 0.92, 0.94, 0.96, 0.97, 0.98, 0.99, 0.99)];
  assert.deepEqual(endsOf({ curves, settles: true }, look), [0.9, 0.99]);
  assert.deepEqual(endsOf({ curves }, look), [0.1, 0.99]);
  assert.deepEqual(
    endsOf({ curves, settles: true }, { range: [0, 4], isZoomed: true }),
    [0.1, 0.94],
  );
  const steady = [curveOf(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)];
  assert.deepEqual(endsOf({ curves: steady, settles: true }, look), [0.1, 1]);
  assert.deepEqual(endsOf({ curves: [curveOf(0, 0, 0)], settles: true }, look), [0]);
  assert.deepEqual(endsOf({ curves: [curveOf(Number.NaN)] }, look), []);
});

test("the axis spans the range around a curve, and the level it is compared with", () => {
  const look = { range: [0, 9], isZoomed: false } as const;
  const ranged = { ...curveOf(0.2, 0.3), range: [[0, 0.1, 0.4] as const, [1, 0.2, 0.6] as const] };
  assert.deepEqual(endsOf({ curves: [ranged] }, look), [0.1, 0.6]);
  assert.deepEqual(endsOf({ curves: [ranged], level: 0.05 }, look), [0.05, 0.6]);
  assert.deepEqual(endsOf({ curves: [], level: 0.05 }, look), []);
});

test("metrics of training and validation share a track, and the loss is among the first three", () => {
  assert.equal(trackOf("val_loss"), "loss");
  const metrics = ["accuracy", "auc", "precision", "loss", "learning_rate"].map(trackNamed);
  const all = [...metrics, trackNamed("totals")];
  const names = (chosen?: readonly string[]): string[] =>
    chooseTracks(all, metrics, chosen).map(({ name }) => name);
  assert.deepEqual(names(), ["accuracy", "auc", "loss", "totals"]);
  assert.deepEqual(names(["learning_rate", "gone"]), ["learning_rate"]);
  assert.deepEqual(names([]), []);
});

test("on a logarithmic axis zero lies nowhere, and what stays the same in the middle", () => {
  const look = { range: [0, 3], isZoomed: false } as const;
  const curves = [curveOf(0, 1e-6, -1, 0.01)];
  assert.deepEqual(endsOf({ curves, isLog: true }, look), [1e-6, 0.01]);
  const [low, high] = logRangeOf(1e-6, 0.01);
  assert.ok(low !== null && high !== null && low < 1e-6 && low > 1e-7 && high > 0.01 && high < 0.1);
  assert.deepEqual(logRangeOf(2, 2), [1, 4]);
  assert.deepEqual(logRangeOf(null, null), [0.1, 1]);
});

test("an extra track is drawn where it is chosen", () => {
  const extra = { ...trackNamed("health-update_ratio"), isExtra: true };
  const all = [trackNamed("loss"), trackNamed("health-gradient_norm"), extra];
  const names = (chosen?: readonly string[]): string[] =>
    chooseTracks(all, all.slice(0, 1), chosen).map(({ name }) => name);
  assert.deepEqual(names(), ["loss", "health-gradient_norm"]);
  assert.deepEqual(names(["health-update_ratio"]), ["health-update_ratio"]);
});
