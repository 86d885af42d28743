import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areaOf,
  badgeOf,
  besideText,
  curveOf,
  faithful,
  meterOf,
  shortfall,
  type TrustNumber,
  trustOf,
  trustText,
} from "../src/analysis/trust.ts";
import { asksText, saysText } from "../src/analysis/trust-words.ts";
import type { Trust } from "../src/format/trusted.ts";

const RECORD: Trust = {
  kind: "trust",
  names: ["start similarity", "Deletion"],
  units: ["rank correlation", "probability"],
  better: ["lower", "lower"],
  values: Float64Array.of(0.5, 0.25, Number.NaN, 0.75),
  chance: Float64Array.of(0.125, Number.NaN, 0.25, 0.5),
  passes: 160,
  curves: [
    {
      ...{ metric: "Deletion", order: "map", shares: Float64Array.of(0, 0.5, 1) },
      values: Float32Array.of(1, 0.5, 0, 1, 1, 0.5),
    },
    {
      ...{ metric: "Deletion", order: "edges", shares: Float64Array.of(0, 0.5, 1) },
      values: Float32Array.of(1, 1, 0.5, 1, 0, 0),
    },
  ],
  moment: "epoch",
  weights: 3,
};

const number = (more: Partial<TrustNumber>): TrustNumber => ({
  ...{ name: "Deletion", value: 0.25, chance: 0.5, unit: "probability", better: "lower" },
  ...more,
});

test("a number is that of its sample, by the page's numbering too", () => {
  assert.deepEqual(
    trustOf(RECORD, 1).map(({ name, value, chance }) => [name, value, chance]),
    [
      ["start similarity", Number.NaN, 0.25],
      ["Deletion", 0.75, 0.5],
    ],
  );
  assert.equal(trustOf({ ...RECORD, numbers: [4, 2] }, 2)[1]?.value, 0.75);
  assert.deepEqual(trustOf({ ...RECORD, numbers: [4, 2] }, 1), []);
  assert.deepEqual(trustOf(RECORD, 2), []);
  assert.deepEqual(trustOf(undefined, 0), []);
});

test("a badge has likeness to the start, noise, and the most telling of what was asked for", () => {
  const all = ["Gini", "start similarity", "Insertion", "seed similarity", "Deletion"].map((name) =>
    number({ name }),
  );
  const names = badgeOf(all).map(({ name }) => name);
  assert.deepEqual(names, ["start similarity", "seed similarity", "Deletion"]);
  assert.equal(faithful(all.slice(0, 2))?.name, "Gini");
  assert.equal(faithful(all.slice(1, 2)), undefined);
});

test("the worst is the furthest on the wrong side of chance", () => {
  assert.equal(shortfall(number({})), -0.25);
  assert.equal(shortfall(number({ better: "higher" })), 0.25);
  assert.equal(shortfall(number({ chance: Number.NaN })), 0.25);
});

test("a line goes from 0 to 1, or as far as the values go", () => {
  assert.deepEqual(meterOf(number({})), { value: 0.25, chance: 0.5 });
  assert.deepEqual(meterOf(number({ value: 4, chance: 2.5 })), { value: 0.8, chance: 0.5 });
  assert.deepEqual(meterOf(number({ value: -1, chance: 1 })), { value: 0, chance: 1 });
  assert.ok(Number.isNaN(meterOf(number({ chance: Number.NaN })).chance));
});

test("sentences compare with the level of chance, and judge nothing else", () => {
  assert.equal(
    saysText(number({})),
    "Here 0.25 probability: lower is better, and this is better than a random order (0.50).",
  );
  assert.match(saysText(number({ value: 0.75 })), /worse than a random order \(0\.50\)/);
  assert.match(saysText(number({ better: "higher" })), /higher is better, and this is worse than/);
  assert.match(saysText(number({ value: 0.5 })), /the same as a random order/);
  assert.match(saysText(number({ chance: Number.NaN })), /no level of chance is known/);
  assert.equal(saysText(number({ value: Number.NaN })), "It is not defined for this map.");
  assert.match(asksText("start similarity"), /shows the input, not what was learnt/);
  assert.equal(asksText("of a newer writer"), "");
});

test("small numbers keep their digits", () => {
  assert.deepEqual([0.5, 0.004, 0, -0.25, Number.NaN].map(trustText), [
    "0.50",
    "0.004",
    "0.00",
    "−0.25",
    "not defined",
  ]);
});

test("curves are those of a sample, and their areas by the trapezoidal rule", () => {
  const [map] = RECORD.curves;
  assert.ok(map);
  const points = curveOf(RECORD, map, 1);
  assert.deepEqual(points, [
    [0, 1],
    [0.5, 1],
    [1, 0.5],
  ]);
  assert.equal(areaOf(points), 0.875);
  assert.deepEqual(curveOf({ ...RECORD, numbers: [7, 3] }, map, 3), points);
  assert.deepEqual(curveOf(RECORD, map, 2), []);
  assert.equal(besideText(RECORD, "Deletion", 0), "the input’s own edges reach 0.88");
  assert.equal(besideText(RECORD, "ROAD", 0), "");
});
