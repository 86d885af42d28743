import assert from "node:assert/strict";
import { test } from "node:test";
import { totalsOf } from "../src/analysis/evaluated-totals.ts";

test("totals are series by name, without intervals where there are none", () => {
  const answer = {
    totals: [
      { step: 0, accuracy: [0.5, 0.4, 0.6], log_loss: [0.7, null, null] },
      { step: 2.5, accuracy: [0.8, 0.7, 0.9] },
    ],
  };
  const totals = totalsOf(answer);
  assert.deepEqual(totals.get("accuracy"), [
    { step: 0, value: 0.5, low: 0.4, high: 0.6 },
    { step: 2.5, value: 0.8, low: 0.7, high: 0.9 },
  ]);
  assert.deepEqual(totals.get("log_loss"), [
    { step: 0, value: 0.7, low: Number.NaN, high: Number.NaN },
  ]);
  assert.equal(totalsOf(answer), totals);
  assert.equal(totalsOf(undefined).size, 0);
});
