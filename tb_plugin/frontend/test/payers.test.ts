/** Who pays: by hand, of the golden records. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Cost,
  exemplarsText,
  headline,
  measuresOf,
  partsOf,
  saidText,
  scaleOf,
  sharedOf,
  sideOf,
  valueText,
} from "../src/analysis/payers.ts";
import type { Exemplars, Overlaps, Payers } from "../src/format/paid.ts";
import "../src/format/paid.ts";
import { decode } from "../src/format/records.ts";

const FOLDER = new URL("../../../tests/golden/records/", import.meta.url);
const CHANGE = "accuracy change";

function golden(kind: "payers" | "exemplars" | "overlaps") {
  return decode(kind, new Uint8Array(readFileSync(new URL(`${kind}.safetensors`, FOLDER))));
}

const RECORD = golden("payers") as Payers;
const OTHER: Payers = { ...RECORD, values: RECORD.values.map((value) => value - 0.2) };

function cost(low: number, high: number, least: number, most: number): Cost {
  const value = (low + high) / 2;
  return { run: "pruned", part: "cat", isGroup: false, rows: 9, value, low, high, least, most };
}

test("who loses nothing does not pay, whatever controls gain", () => {
  assert.equal(sideOf(cost(-0.5, -0.3, -0.1, 0.1), CHANGE), "worse");
  assert.equal(sideOf(cost(-0.02, 0.02, 0.05, 0.1), CHANGE), "within");
  assert.equal(sideOf(cost(0.2, 0.4, -0.1, 0.1), CHANGE), "better");
  assert.equal(sideOf(cost(0.5, 0.7, 0.8, 0.9), "agreement"), "worse");
  assert.equal(sideOf(cost(-0.5, -0.3, Number.NaN, Number.NaN), CHANGE), undefined);
});

test("parts have a number of each run, and who pays most comes first", () => {
  const records = [
    ["pruned", RECORD],
    ["int4", OTHER],
  ] as const;
  assert.deepEqual(measuresOf([RECORD]), [CHANGE, "agreement"]);
  const [only, ...others] = partsOf(records, CHANGE);
  assert.deepEqual(others, []); // the group has no accuracy
  assert.equal(only?.name, "cat");
  assert.equal(only?.costs.get("pruned")?.value, -0.25);
  assert.equal(only?.costs.get("int4")?.high, -0.2);
  const agreement = partsOf(records, "agreement");
  assert.deepEqual(
    agreement.map(({ name, isGroup, rows }) => [name, isGroup, rows]),
    [
      ["cat", false, 12],
      ["dog", true, 7],
    ],
  );
  const [least, most] = scaleOf(partsOf(records, CHANGE), CHANGE);
  assert.ok(Math.abs(least - -0.7) < 1e-9 && Math.abs(most - 0.05) < 1e-9);
});

test("the headline names the worst, and says where nobody pays or no control tells", () => {
  const told = headline(partsOf([["int4", OTHER]], CHANGE), CHANGE);
  assert.match(told, /^Most is paid by class cat under int4: accuracy −45\.0 points/);
  assert.match(told, /1 of 1 numbers are worse than any control/);
  assert.match(headline(partsOf([["pruned", RECORD]], CHANGE), CHANGE), /^Nobody pays more/);
  const bare: Payers = { ...RECORD, bands: RECORD.bands.map(() => Number.NaN) };
  assert.match(headline(partsOf([["pruned", bare]], CHANGE), CHANGE), /No control was compared/);
});

test("numbers and exemplars in words", () => {
  assert.equal(valueText(CHANGE, -0.123), "−12.3");
  assert.equal(valueText(CHANGE, 0.02), "+2.0");
  assert.equal(valueText(CHANGE, -0.0001), "0.0");
  assert.equal(saidText("dog", 2 / 3, 3), "dog (2 of 3)");
  assert.match(
    exemplarsText(golden("exemplars") as Exemplars),
    /^5 rows .* 3 compressed .* 2 dense/,
  );
});

test("masks are compared where both models have the kernel", () => {
  const shared = sharedOf(golden("overlaps") as Overlaps, 0);
  assert.deepEqual(
    shared.map(({ name }) => name),
    ["all kernels", "conv"],
  );
  // Of 12 weights one keeps 6, the other 5, both 3 of 8; by chance 2.5 of 8.5.
  assert.equal(shared[0]?.share, 3 / 8);
  assert.equal(shared[1]?.chance, 2.5 / 8.5);
});
