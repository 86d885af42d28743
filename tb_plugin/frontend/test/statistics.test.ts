import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, obstacle } from "../src/analysis/compare.ts";
import { countOdd, largest, pearson, subtract, topOverlap } from "../src/analysis/statistics.ts";
import { decode } from "../src/format/records.ts";
import { packMap } from "./support.ts";

const floats = (...values: number[]): Float32Array => Float32Array.from(values);

test("Pearson by hand", () => {
  // Deviations (-1, 0, 1) and (-1, 1, 0): 1 / sqrt(2 * 2).
  assert.equal(pearson(floats(1, 2, 3), floats(0, 2, 1)), 0.5);
  assert.equal(pearson(floats(1, 2, 3), floats(-2, -4, -6)), -1);
  assert.ok(Number.isNaN(pearson(floats(1, 2), floats(5, 5))));
  assert.equal(pearson(floats(1, Number.NaN, 2, 3), floats(0, 9, 2, 1)), 0.5);
});

test("overlap of the top tenth by hand", () => {
  const a = floats(9, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
  const b = floats(-9, 1, 8, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
  // Top two of twenty: {0, 1} and {0, 2}.
  assert.equal(topOverlap(a, b), 1 / 3);
  assert.equal(topOverlap(a, a), 1);
  assert.ok(Number.isNaN(topOverlap(a, new Float32Array(20))));
});

test("zeros never count among the largest", () => {
  const lone = new Float32Array(100);
  lone[7] = 3;
  const other = new Float32Array(100);
  other[8] = 3;
  assert.equal(topOverlap(lone, other), 0);
});

test("differences and magnitudes", () => {
  assert.deepEqual([...subtract(floats(1, 2), floats(3, -1))], [-2, 3]);
  assert.equal(largest(floats(-3, Number.POSITIVE_INFINITY, Number.NaN, 2)), 3);
  assert.deepEqual(countOdd(Uint16Array.of(0x7e00, 0x7c00, 0xfc00, 0x3c00)), {
    nan: 1,
    infinite: 2,
  });
});

test("two maps are compared once, in their own units", () => {
  const a = decode("map", packMap([0x3c00, 0x3800], [1, 2], { scale: "4.0" }));
  const b = decode("map", packMap([0x3c00, 0x0000], [1, 2], { scale: "1.0" }));
  assert.ok(a.kind === "map" && b.kind === "map");
  const result = compare(a, b);
  assert.deepEqual([...result.difference], [3, 2]);
  assert.equal(result.largest, 3);
  assert.equal(compare(a, b), result);
});

test("why maps cannot be subtracted", () => {
  const read = (count: number) => {
    const map = decode("map", packMap(new Array<number>(count).fill(0), [1, count]));
    assert.ok(map.kind === "map");
    return map;
  };
  const side = (map: ReturnType<typeof read> | undefined, row = 4) => ({
    name: "a",
    map,
    picture: undefined,
    input: undefined,
    rows: { rows: [row] },
    sample: 0,
  });
  assert.match(obstacle(side(read(2)), side(read(3))), /different shapes: 1×2 and 1×3/);
  assert.match(obstacle(side(read(2)), side(undefined)), /no map/);
  assert.match(obstacle(side(read(2)), side(read(2), 5)), /explain other samples/);
  assert.equal(obstacle(side(read(2)), side(read(2))), "");
});
