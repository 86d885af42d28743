import assert from "node:assert/strict";
import { test } from "node:test";
import { costsOf, spentText } from "../src/analysis/costs.ts";
import { readSeries, type Series } from "../src/data/series.ts";
import { type Cost, decode } from "../src/format/records.ts";
import { f64, pack } from "./support.ts";

const COST: Cost = {
  training: 40,
  explaining: 2,
  setup: 3.5,
  epochs: 20,
  explained: 4,
  budget: 0.05,
  everySteps: 0,
};

/** `cost` as the file holds it; undefined for a log of before there was any. */
function status(spent: Readonly<Record<string, number>>, cost?: unknown): Uint8Array {
  const header = { explainers: JSON.stringify(Object.keys(spent)), problems: "[]" };
  const said = cost === undefined ? {} : { cost: JSON.stringify(cost) };
  return pack("status", { seconds: f64(Object.values(spent)) }, { ...header, ...said });
}

function series(...points: readonly (readonly [number, Uint8Array])[]): Series {
  const sent = points.map(([step, data]) => ({ step, wallTime: 0, data }));
  return readSeries("status", { group: "status", sample: -1, points: sent });
}

test("a cost is read, and one that makes no sense refused", () => {
  const read = decode("status", status({ A: 1 }, COST));
  assert.deepEqual(read.kind === "status" && read.cost, COST);
  const free = decode("status", status({ A: 1 }, { ...COST, budget: null }));
  assert.equal(free.kind === "status" && free.cost?.budget, undefined);
  const old = decode("status", status({ A: 1 }));
  assert.equal(old.kind === "status" && old.cost, undefined);
  for (const wrong of [null, [], { ...COST, setup: -1 }, { ...COST, budget: "5%" }]) {
    assert.throws(() => decode("status", status({}, wrong)), /expected a number >= 0/);
  }
});

test("costs at the playhead, on average, and of the training", () => {
  const spent = series(
    [0, status({ A: 0.25, B: 0.1 }, { ...COST, training: 10, explained: 1 })],
    [8, status({ A: 0.75 }, { ...COST, training: 20, explained: 3 })],
    [19, status({}, COST)],
  );
  const costs = costsOf(spent, 12);
  assert.equal(costs?.step, 8);
  assert.equal(costs?.kept, 2);
  assert.deepEqual(costs?.cost, COST);
  // A took 0.5 s an epoch in four epochs, 2 s of 40; B ran in every other one.
  assert.deepEqual(costs?.rows, [
    { name: "A", now: 0.75, mean: 0.5, share: 2 / 40 },
    { name: "B", now: undefined, mean: 0.1, share: (0.05 * 4) / 40 },
  ]);
  assert.equal(costsOf(spent, 7)?.step, 0);
  assert.equal(costsOf(spent, -1)?.step, 0);
  assert.equal(costsOf(undefined, 0), undefined);
});

test("logs without the length of the training have no shares", () => {
  const costs = costsOf(series([0, status({ A: 1 })], [1, status({ A: 3 })]), 1);
  assert.equal(costs?.cost, undefined);
  assert.deepEqual(costs?.rows, [{ name: "A", now: 3, mean: 2, share: undefined }]);
});

test("what became of a budget, in words", () => {
  assert.equal(
    spentText(COST),
    "4 of 20 epochs explained to stay under 5% of training time; that took 5%.",
  );
  assert.equal(
    spentText({ ...COST, explaining: 8, budget: 0.125 }),
    "4 of 20 epochs explained; that took 20% of training time, over the budget of 12.5%.",
  );
  assert.equal(
    spentText({ ...COST, epochs: 1, explained: 1, budget: undefined }),
    "1 of 1 epoch explained; that took 2.00 s, 5% of training time.",
  );
});
