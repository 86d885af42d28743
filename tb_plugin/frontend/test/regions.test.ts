import assert from "node:assert/strict";
import { test } from "node:test";
import { outlinesOf, regionFact, regionPoints, regionsOf } from "../src/analysis/regions.ts";
import type { Masks, Regions } from "../src/format/regional.ts";

const RECORD: Regions = {
  kind: "regions",
  names: ["object", "mark"],
  avoid: [false, true],
  mass: Float64Array.of(0.75, 0.25, 0.5, Number.NaN),
  pointing: Float64Array.of(1, 0, 0.5, Number.NaN),
  area: Float64Array.of(0.25, 0.125, 0.25, 0.125),
  moment: "epoch",
  weights: 3,
};
/** One region of 2 x 3 positions, of two samples: the right column, then the first position. */
const MASKS: Masks = {
  ...{ kind: "masks", names: ["mark"], avoid: [true], shape: [1, 2, 2, 3] },
  bits: Uint8Array.of(0b01100100),
};

test("numbers are those of the sample, by the page's numbering too", () => {
  assert.deepEqual(
    regionsOf(RECORD, 1).map(({ name, mass }) => [name, mass]),
    [
      ["object", 0.5],
      ["mark", Number.NaN],
    ],
  );
  assert.equal(regionsOf({ ...RECORD, numbers: [4, 2] }, 2)[0]?.mass, 0.5);
  assert.deepEqual(regionsOf({ ...RECORD, numbers: [4, 2] }, 1), []);
  assert.deepEqual(regionsOf(undefined, 0), []);
});

test("words tell the share beside its level of chance, and nothing where there is no evidence", () => {
  const [object, mark] = regionsOf(RECORD, 0);
  const [half, none] = regionsOf(RECORD, 1);
  assert.ok(object && mark && half && none);
  assert.deepEqual(regionFact(object), [
    "evidence in object",
    "75.0% (chance, its area: 25.0%). Strongest position: inside.",
  ]);
  assert.deepEqual(regionFact(mark)[0], "evidence in mark, to be avoided");
  assert.match(regionFact(mark)[1], /Strongest position: outside/);
  assert.match(regionFact(half)[1], /inside by 50.0%, of several/);
  assert.match(regionFact(none)[1], /^not defined/);
});

test("means over samples have no NaN in them, and no sample that is not asked for", () => {
  const points = regionPoints(
    [
      [0, RECORD],
      [2.5, RECORD],
    ],
    "mark",
    "mass",
    [0, 1],
  );
  assert.deepEqual(
    points.map(({ step, value }) => [step, value]),
    [
      [0, 0.25],
      [2.5, 0.25],
    ],
  );
  const [both] = regionPoints([[0, RECORD]], "object", "pointing", [0, 1]);
  assert.equal(both?.value, 0.75);
  assert.deepEqual(regionPoints([[0, RECORD]], "mark", "mass", [1]), []);
});

test("outlines are the edges between inside and outside, those in one line joined", () => {
  const of = (sample: number, masks = MASKS) =>
    outlinesOf(masks, sample).map(({ lines, avoid }) => [
      avoid,
      [...lines].map((value) => Math.round(value * 600) / 100),
    ]);
  // In sixths: the column from x = 4 to 6, both rows.
  const [first] = of(0);
  assert.deepEqual(first, [true, [4, 0, 6, 0, 4, 6, 6, 6, 4, 0, 4, 6, 6, 0, 6, 6]]);
  const [second] = of(1);
  assert.deepEqual(second, [true, [0, 0, 2, 0, 0, 3, 2, 3, 0, 0, 0, 3, 2, 0, 2, 3]]);
  assert.deepEqual(of(7, { ...MASKS, numbers: [5, 7] }), [second]);
  assert.deepEqual(of(2), []);
  // Of a volume, the slice at that depth; one for all samples.
  const volume: Masks = { ...MASKS, shape: [1, 1, 2, 2, 3] };
  assert.deepEqual(
    [0.25, 0.75].map((depth) => outlinesOf(volume, 3, depth)[0]?.lines.length),
    [16, 16],
  );
  assert.notDeepEqual(outlinesOf(volume, 3, 0.25), outlinesOf(volume, 3, 0.75));
});
