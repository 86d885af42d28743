import assert from "node:assert/strict";
import { test } from "node:test";
import { meanShare, studentQuantile } from "../src/analysis/mean-interval.ts";

test("quantiles are scipy's", () => {
  // scipy.stats.t.ppf(0.975, n)
  const known = [
    [1, 12.7062047],
    [4, 2.7764451],
    [10, 2.2281389],
    [11, 2.2009852],
    [23, 2.0686576],
    [200, 1.9718962],
  ];
  for (const [freedom = 0, expected = 0] of known) {
    assert.ok(Math.abs(studentQuantile(freedom) - expected) < 1e-3, String(freedom));
  }
});

test("the interval is numpy's mean and deviation with scipy's quantile", () => {
  // x = np.array([0.2, 0.3, 0.5, 0.1]); x.mean() -+ t.ppf(0.975, 3) * x.std(ddof=1) / 2
  const { value, low, high } = meanShare([0.2, 0.3, 0.5, 0.1]);
  assert.ok(Math.abs(value - 0.275) < 1e-9);
  assert.ok(Math.abs(high - (0.275 + 0.2717494)) < 1e-4);
  assert.ok(Math.abs(low - (0.275 - 0.2717494)) < 1e-4);
  assert.equal(meanShare([0, 0.01, 0.2]).low, 0);
  assert.ok(Number.isNaN(meanShare([0.5]).low));
  assert.ok(Number.isNaN(meanShare([]).value));
});
