/** Simple models and robustness: what contradicts itself is refused, and what follows by hand. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { earlier, fragileRows, quartilesOf, robustnessText } from "../src/analysis/robustness.ts";
import {
  boundText,
  coefficientOf,
  explains,
  fidelityText,
  largestFeatures,
  leafText,
} from "../src/analysis/simple-models.ts";
import "../src/format/general.ts";
import { decode } from "../src/format/records.ts";
import type { Robustness } from "../src/format/robust.ts";
import { RecordError } from "../src/format/safetensors.ts";
import type { SimpleModels } from "../src/format/simplified.ts";
import { f32, f64, i32, pack, type Written } from "./support.ts";

const FOLDER = new URL("../../../tests/golden/records/", import.meta.url);

function golden(name: "simple" | "robustness") {
  return decode(name, new Uint8Array(readFileSync(new URL(`${name}.safetensors`, FOLDER))));
}

const TREE = golden("simple") as SimpleModels;
const MEASURED = golden("robustness") as Robustness;

const texts = (values: readonly string[]): Written => {
  const bytes = new TextEncoder().encode(JSON.stringify(values));
  return { dtype: "U8", shape: [bytes.length], bytes };
};
const i64 = (values: readonly number[]): Written => ({
  dtype: "I64",
  shape: [values.length],
  bytes: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
});

/** A root that asks for the first feature, with two leaves. */
function packSimple(changed: Readonly<Record<string, Written>>): Uint8Array {
  const arrays = {
    ...{ names: texts(["age"]), answers: texts(["a", "b", "c"]), rules: texts(["", ""]) },
    ...{ whose: texts([]), classes: i32([]), coefficients: f32([], [0, 1]) },
    ...{ asks: i32([0, -1, -1]), left: i32([1, -1, -1]), right: i32([2, -1, -1]) },
    ...{ threshold: f64([0, 0, 0]), value: f64([0, 0, 0]), agree: f64([0, 0, 0]) },
    passed: i64([3, 2, 1]),
    fidelity: f64([0, 0, 0, 0, 0, 0], [2, 3]),
    on_labels: f64([0, 0, 0, 0, 0, 0, 0, 0, 0], [3, 3]),
    ...changed,
  };
  const header = { feature: "column", total: "1", rows: "3", of_classes: "true", constant: "0.5" };
  return pack("simple", arrays, header);
}

test("a tree whose walks may not end is refused", () => {
  assert.equal((decode("simple", packSimple({})) as SimpleModels).nodes.length, 3);
  const wrong: [Readonly<Record<string, Written>>, RegExp][] = [
    [{ left: i32([0, -1, -1]) }, /children behind their parents/],
    [{ right: i32([1, -1, -1]) }, /children behind their parents/],
    [{ right: i32([3, -1, -1]) }, /children behind their parents/],
    [{ asks: i32([1, -1, -1]) }, /features that have a name/],
    [{ asks: i32([-1, -1, -1]) }, /children behind|a rule for each leaf/],
    [{ rules: texts([""]) }, /a rule for each leaf/],
    [{ agree: f64([0]) }, /an entry for each node/],
    [{ whose: texts(["x"]) }, /a coefficient for each class and feature/],
  ];
  for (const [changed, message] of wrong) {
    assert.throws(
      () => decode("simple", packSimple(changed)),
      (error) => {
        assert.ok(error instanceof RecordError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("fidelity is compared with what a constant answer can reach", () => {
  assert.equal(explains(TREE, "tree"), false); // its interval begins at the constant answer
  assert.equal(explains({ ...TREE, constant: 0.49 }, "tree"), true);
  assert.equal(fidelityText(TREE, "tree"), "75% [50–88] of its decisions");
  const values = { ...TREE, isOfClasses: false };
  assert.equal(fidelityText(values, "linear"), "R2 0.50 [0.38 to 0.63] with its values");
  const [root, leaf, , , last] = TREE.nodes;
  assert.ok(root && leaf && last);
  assert.equal(leafText(TREE, leaf), "75% of 28 rows");
  assert.equal(leafText(values, leaf), "± 0.75, 28 rows");
  assert.equal(leafText(TREE, last), "no held-out row");
  assert.equal(boundText(41.50000001), "41.5");
});

test("coefficients are found by class and name, the largest first", () => {
  assert.deepEqual(largestFeatures([TREE], 2, 5), ["age", "größe"]);
  assert.deepEqual(largestFeatures([TREE], 2, 1), ["age"]);
  assert.equal(coefficientOf(TREE, 2, "größe"), -0.25);
  assert.ok(Number.isNaN(coefficientOf(TREE, 2, "sex")));
  const [own] = TREE.coefficients;
  assert.ok(own);
  const several = {
    ...TREE,
    classes: new Int32Array([2, 7]),
    coefficients: [own, own.map((value) => 2 * value)],
  };
  assert.equal(coefficientOf(several, 7, "age"), 3);
  assert.ok(Number.isNaN(coefficientOf(several, 5, "age")));
});

function measured(steps: number[], right: number[]): Robustness {
  const hashes = steps.map((_, row) => row.toString(16));
  return { ...MEASURED, steps: new Float32Array(steps), right: new Uint8Array(right), hashes };
}

test("quartiles, fragile rows and rows that flip earlier, by hand", () => {
  const inf = Number.POSITIVE_INFINITY;
  const one = measured([0.5, inf, 0.125, 0.25, 0.375, 0.0625], [1, 1, 1, 1, 0, 1]);
  assert.deepEqual(quartilesOf(one), { quarter: 0.125, half: 0.25, threeQuarters: 0.5 });
  assert.deepEqual(fragileRows(one), [5, 2, 3, 0]);
  assert.equal(
    robustnessText(one),
    "half of the 5 rows that are right flip within 0.250 standard deviations",
  );
  const other = measured([0.25, 1, 0.125, 0.5, 0.1, 0.1], [1, 1, 1, 1, 1, 0]);
  assert.deepEqual(earlier(one, other), { both: 4, first: 1, second: 2 });
  const firm = measured([inf, inf, 0.125], [1, 1, 1]);
  assert.match(robustnessText(firm), /^less than half of the 3 rows that are right flip within 1/);
  assert.equal(robustnessText(measured([1], [0])), "no row is predicted rightly");
});
