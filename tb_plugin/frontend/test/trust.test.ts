import assert from "node:assert/strict";
import { test } from "node:test";
import { shortTrust, trustFact, trustOf } from "../src/analysis/trust.ts";
import type { Trust } from "../src/format/trusted.ts";

const RECORD: Trust = {
  kind: "trust",
  names: ["start similarity", "Deletion"],
  units: ["rank correlation", "probability"],
  better: ["lower", "lower"],
  values: Float64Array.of(0.5, 0.25, Number.NaN, 0.75),
  chance: Float64Array.of(0.125, Number.NaN, 0.25, 0.5),
  passes: 160,
  curves: [],
  moment: "epoch",
  weights: 3,
};

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

test("words stand beside their level of chance, and undefined is no number", () => {
  const [start, deletion] = trustOf(RECORD, 0);
  const [none] = trustOf(RECORD, 1);
  assert.ok(start && deletion && none);
  assert.equal(shortTrust(start), "0.50 (chance 0.13)");
  assert.equal(shortTrust(deletion), "0.25");
  assert.equal(shortTrust(none), "not defined");
  assert.deepEqual(trustFact(start), [
    "still as at the start",
    "0.50 rank correlation, lower is better. Another sample’s map at the start: 0.13.",
  ]);
  assert.deepEqual(trustFact(deletion), ["Deletion", "0.25 probability, lower is better."]);
  assert.deepEqual(trustFact(none), ["still as at the start", "not defined for this map"]);
});
