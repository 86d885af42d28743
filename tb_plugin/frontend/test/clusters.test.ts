/** Clusters of maps by class: shares, order, and the evidence of one. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { byClass, evidenceOf, largestFeatures } from "../src/analysis/clusters.ts";
import type { Cluster, Clusters } from "../src/format/clustered.ts";

const cluster = (label: number, held: number, elsewhere: number, mean: number[]): Cluster => ({
  ...{ label, held, elsewhere, example: 0, picture: undefined, corner: [0, 0], size: [1, 1] },
  mean: new Float32Array(mean),
});

const RECORD: Clusters = {
  kind: "clusters",
  rows: [0, 1, 2, 3, 4, 5],
  hashes: ["a", "b", "c", "d", "e", "f"],
  classes: new Int32Array([0, 0, 1, 1, 1, 1]),
  of: new Int32Array([0, 0, 1, 1, 2, -1]),
  positions: new Float32Array(12),
  clusters: [
    cluster(0, 0.9, Number.NaN, [0, 0, 0, 0, 0, 0, 0, 1]),
    cluster(1, 0.2, 0.15, [0.25, -1, 0.5, 0, 0.75, 0.5, -2, Number.NaN]),
    cluster(1, 0.3, 0.05, [1, 0, 0, 0, 0, 0, 0, 0]),
  ],
  names: ["a", "b", "c", "d", "e", "f", "g", "h"],
  feature: "place",
  explainer: "IntegratedGradients",
  sides: [2, 2, 2],
  passes: 96,
  moment: "end",
  weights: 3,
};

test("classes whose clusters look at places of their own come first", () => {
  const classes = byClass(RECORD);
  assert.deepEqual(
    classes.map(({ label }) => label),
    [1, 0],
  );
  const [first] = classes;
  assert.deepEqual(
    first?.clusters.map(({ number, members, share }) => [number, members, share]),
    [
      [1, [2, 3], 2 / 3],
      [2, [4], 1 / 3],
    ],
  );
});

test("evidence is what speaks for the class, of a volume the most of any slice", () => {
  const { data, width, height } = evidenceOf(RECORD, 1);
  assert.deepEqual([width, height], [2, 2]);
  assert.deepEqual([...data].slice(0, 3), [0.75, 0.5, 0.5]);
});

test("named features are listed by how much they say, for or against", () => {
  const [, second] = RECORD.clusters;
  assert.ok(second);
  const [first] = largestFeatures({ ...RECORD, names: RECORD.names.slice(0, 7) }, second, 1);
  assert.deepEqual(first, ["g", -2]);
});
