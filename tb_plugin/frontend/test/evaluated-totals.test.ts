import assert from "node:assert/strict";
import { test } from "node:test";
import { totalsOf } from "../src/analysis/evaluated-totals.ts";

test("totals are series by name, without intervals where there are none", () => {
  const answer = {
    totals: [
      { step: 0, totals: { accuracy: [0.5, 0.4, 0.6], log_loss: [0.7, null, null] } },
      { step: 2.5, totals: { accuracy: [0.8, 0.7, 0.9] } },
    ],
    by_group: [{ step: 0, totals: { phone: [0.25, 0.125, 0.5] } }],
    group_of: { "00000000000000ff": "phone" },
  };
  const { totals, groups, groupOf } = totalsOf(answer);
  assert.deepEqual(totals.get("accuracy"), [
    { step: 0, value: 0.5, low: 0.4, high: 0.6 },
    { step: 2.5, value: 0.8, low: 0.7, high: 0.9 },
  ]);
  assert.deepEqual(totals.get("log_loss"), [
    { step: 0, value: 0.7, low: Number.NaN, high: Number.NaN },
  ]);
  assert.deepEqual(groups.get("phone"), [{ step: 0, value: 0.25, low: 0.125, high: 0.5 }]);
  assert.equal(groupOf.get("ff"), "phone");
  assert.equal(totalsOf(answer).totals, totals);
  assert.equal(totalsOf(undefined).totals.size, 0);
});
