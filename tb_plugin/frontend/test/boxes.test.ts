import assert from "node:assert/strict";
import { test } from "node:test";
import { boxPoints } from "../src/analysis/box-curves.ts";
import {
  areaOf,
  type Box,
  boxName,
  boxText,
  partOfSides,
  readBox,
  shareAtBorder,
  shareInside,
} from "../src/analysis/boxes.ts";
import type { Series } from "../src/data/series.ts";
import type { AttributionMap } from "../src/format/maps.ts";
import { decode } from "../src/format/records.ts";
import { packMap } from "./support.ts";

/** Of a map of 4 x 6 that numpy drew from a normal distribution, as it is logged. */
const HALVES = [
  ...[46952, 47646, 45207, 13252, 14655, 11278, 46363, 46912, 14059, 15245, 12554, 47538],
  ...[47213, 15204, 12159, 48128, 43567, 47455, 46544, 46210, 46743, 13597, 43177, 46450],
];

function mapOf(halves: readonly number[], shape: readonly number[], scale = "2.0"): AttributionMap {
  return decode("map", packMap(halves, shape, { scale })) as AttributionMap;
}

/** What numpy says of that map: |map| times the part of each cell inside, over all of |map|. */
const GOLDEN: readonly (readonly [Box, readonly number[], number])[] = [
  [
    [
      [1, 2],
      [0, 3],
    ],
    [4, 6],
    0.26865592941300537,
  ],
  [
    [
      [2, 5],
      [1.5, 4.25],
    ],
    [10, 9],
    0.325747731174165,
  ],
  [
    [
      [0, 4],
      [0, 6],
    ],
    [4, 6],
    1,
  ],
  [
    [
      [3, 1],
      [5, 1],
    ],
    [4, 6],
    0.03266874849867884,
  ],
];

test("the share inside of a box equals numpy's, also where edges cut cells", () => {
  const map = mapOf(HALVES, [4, 6]);
  for (const [box, sides, share] of GOLDEN) {
    assert.ok(Math.abs(shareInside(map, partOfSides(box, sides)) - share) < 1e-9);
  }
  const row = mapOf(HALVES.slice(6, 12), [6]);
  assert.ok(Math.abs(shareInside(row, partOfSides([[1, 2.5]], [6])) - 0.44980179597119974) < 1e-9);
});

test("all slices of a volume count, zeros have no share, what is not finite counts nothing", () => {
  const [one, nan] = [0x3c00, 0x7e00];
  const part = partOfSides(
    [
      [0, 1],
      [0, 1],
    ],
    [1, 2],
  );
  assert.equal(shareInside(mapOf([one, 0, one, one], [2, 1, 2]), part), 2 / 3);
  assert.ok(Number.isNaN(shareInside(mapOf([0, 0], [1, 2], "0.0"), part)));
  assert.equal(shareInside(mapOf([one, nan], [1, 2]), part), 1);
});

test("evidence at the border by hand", () => {
  const ones = new Array<number>(64).fill(0x3c00);
  assert.equal(shareAtBorder(mapOf(ones, [8, 8])), 28 / 64);
});

test("boxes in links and in words", () => {
  const box: Box = [
    [2, 4],
    [0, 1.25],
  ];
  assert.equal(boxName(box), "2x4x0x1.25");
  assert.deepEqual(readBox("2x4x0x1.25"), box);
  assert.deepEqual(readBox("3x2"), [[3, 2]]);
  for (const text of ["", "1", "1x0", "-1x2", "1x2x3", "axb", "1x2x3x4x5", "1ex2"]) {
    assert.equal(readBox(text), undefined);
  }
  assert.equal(
    boxText(
      [
        [2, 4],
        [0, 1],
      ],
      { units: ["row", "column"], names: [] },
    ),
    "rows 2 to 5, column 0",
  );
  const words = { units: ["word"], names: [] };
  assert.equal(boxText([[3, 2]], words), "words 3 to 4");
  assert.equal(boxText([[0.5, 1]], words), "words 0.500 to 1.50");
  const table = { units: ["column"], names: ["age", ""] };
  assert.equal(boxText([[0, 1]], table), "column “age”");
  assert.equal(boxText([[1, 1]], table), "column 1");
  assert.equal(boxText([[0, 2]], table), "columns 0 to 1");
  assert.equal(areaOf(partOfSides(box, [8, 8])), (4 * 1.25) / 64);
});

test("a curve has mean and range of the samples that an epoch has", () => {
  const one = 0x3c00;
  const series = (...records: readonly (readonly [number, readonly number[]])[]): Series => ({
    kind: "map",
    bytes: 0,
    points: records.map(([step, halves]) => ({
      ...{ step, wallTime: 0, error: "" },
      record: mapOf(halves, [1, 2]),
    })),
  });
  const all = [series([0, [one, 0]], [2, [one, one]]), series([0, [0, one]])];
  assert.deepEqual(
    boxPoints(
      all,
      partOfSides(
        [
          [0, 1],
          [0, 1],
        ],
        [1, 2],
      ),
    ),
    [
      { step: 0, mean: 0.5, low: 0, high: 1 },
      { step: 2, mean: 0.5, low: 0.5, high: 0.5 },
    ],
  );
});
