/** What is said of features: how much each is used, what could be dropped, where dots stand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { droppableText, randomText, wilsonHigh } from "../src/analysis/hiding.ts";
import {
  commonestClass,
  featureText,
  gridOf,
  mostUsed,
  permutedOf,
  rankOf,
  reachOf,
  sameFeature,
  usedOf,
} from "../src/analysis/importance.ts";
import { packed, standingColour, standings } from "../src/analysis/swarm.ts";
import { wordsOf } from "../src/analysis/words-told.ts";
import type { Importance } from "../src/format/ranked.ts";

const doubles = (...values: number[]): Float64Array => Float64Array.from(values);
const wholes = (...values: number[]): Int32Array => Int32Array.from(values);
const NONE = doubles();

const TABLE: Importance = {
  ...{ kind: "importance", feature: "column", explainer: "IntegratedGradients", unit: "logit" },
  ...{ names: ["age", "", "noise"], rows: 256, total: 3, passes: 99, score: "accuracy", sides: [] },
  ...{ values: doubles(1, 3, Number.NaN), low: doubles(0.5, 2, 0), high: doubles(2, 4, 0) },
  ...{ signed: doubles(1, -3, 0), occurs: wholes(), classes: wholes(2, 7) },
  byClass: Float32Array.from([4, 1, 0, 0, 1, 9]),
  signedByClass: Float32Array.from([4, -1, 0, 0, 1, -9]),
  ...{ rowNumbers: [], hashes: [] },
  ...{ permuted: doubles(0.1, 0.2, 0), permutedLow: doubles(0, 0.1, -0.1) },
  ...{ permutedHigh: doubles(0.2, 0.3, 0.1), weightsFirst: NONE },
  ...{ dotFeatures: wholes(), dots: new Float32Array(), dotValues: new Float32Array() },
  ...{ rowLabels: NONE, mean: undefined, moment: "epoch", weights: 1 },
  ...{ hiddenCounts: wholes(0, 1, 2, 3), hidden: doubles(0.95, 0.95, 0.94, 0.5) },
  ...{ random: doubles(0.95, 0.8, 0.7, 0.5), randomLow: doubles(0.95, 0.75, 0.6, 0.5) },
  randomHigh: doubles(0.95, 0.9, 0.8, 0.5),
};

test("features are ranked by all rows or a class's, what is no number last", () => {
  assert.deepEqual(rankOf(TABLE, undefined), [1, 0, 2]);
  assert.deepEqual(rankOf(TABLE, 2), [0, 1, 2]);
  assert.deepEqual(rankOf(TABLE, 7), [2, 1, 0]);
  assert.deepEqual(usedOf(TABLE, 1, undefined), { value: 3, low: 2, high: 4 });
  assert.deepEqual(usedOf(TABLE, 2, 7), { value: 9, low: Number.NaN, high: Number.NaN });
  assert.deepEqual(permutedOf(TABLE, 0), { value: 0.1, low: 0, high: 0.2 });
  assert.equal(permutedOf({ ...TABLE, permuted: NONE }, 0), undefined);
});

test("swarms begin with the class of most rows", () => {
  assert.equal(commonestClass({ ...TABLE, rowLabels: doubles(7, 2, 7, Number.NaN) }), 7);
  assert.equal(commonestClass({ ...TABLE, rowLabels: doubles(7, 2) }), 2);
  assert.equal(commonestClass({ ...TABLE, classes: wholes() }), undefined);
});

test("another run's feature is that of the same name", () => {
  assert.equal(featureText(TABLE, 1), "column 1");
  assert.equal(sameFeature(TABLE, TABLE, 1), 1);
  const other = { ...TABLE, names: ["noise", "age", "size"] };
  assert.equal(sameFeature(other, TABLE, 0), 1);
  assert.equal(sameFeature(TABLE, other, 2), -1);
});

test("what is used most is said with shares where all features are known", () => {
  assert.deepEqual(mostUsed(TABLE, undefined), {
    verb: "uses mostly",
    what: "column 1 (75%), age (25%) and noise (–)",
    rest: "",
  });
  const words = { ...TABLE, feature: "word", names: ["great", "the"], total: 900 } as const;
  assert.equal(mostUsed(words, undefined).what, "“the” and “great”");
  const places: Importance = {
    ...{ ...TABLE, feature: "place" },
    ...{ sides: [2, 2], total: 4, names: ["a", "b", "c", "d"], values: doubles(4, 1, 3, 2) },
  };
  assert.equal(mostUsed(places, undefined).what, "2 places of 4");
  const four: Importance = { ...places, feature: "column", values: doubles(1, 1, 1, 1) };
  assert.equal(mostUsed(four, undefined).rest, "");
  const many = { ...four, names: [..."abcdefgh"], total: 8, values: new Float64Array(8).fill(1) };
  assert.equal(mostUsed(many, undefined).rest, "; 4 of 8 columns make up half");
  const { data, width, height } = gridOf(places, undefined);
  assert.deepEqual([[...data], width, height], [[4, 1, 3, 2], 2, 2]);
  const volume = { ...places, sides: [2, 1, 2] };
  assert.deepEqual([...gridOf(volume, undefined).data], [7, 3]);
});

test("bars reach over all intervals, and from zero", () => {
  const one = { value: 2, low: 1, high: 4 };
  assert.deepEqual(reachOf([one, undefined]), [0, 4]);
  assert.deepEqual(reachOf([{ value: -1, low: -2, high: Number.NaN }]), [-2, 0]);
  assert.deepEqual(reachOf([]), [0, 1]);
});

test("only what so many rows can tell is called free to drop", () => {
  // By hand: (0.01 + z²/2n + z sqrt(0.01 * 0.99 / n + z²/4n²)) / (1 + z²/n) of 256 rows.
  assert.ok(Math.abs(wilsonHigh(0.01, 256) - 0.031346) < 1e-4);
  assert.equal(
    droppableText(TABLE),
    "Hiding the least important of 3 columns keeps accuracy within 2%: " +
      "95.0% in place of 95.0%, a fall of at most 1.5 points (95%, 256 rows).",
  );
  assert.equal(
    droppableText({ ...TABLE, rows: 50 }),
    "With the 2 least important of 3 columns hidden, accuracy is 94.0% in place of 95.0%; " +
      "50 rows cannot exclude a fall of up to 8.9 points.",
  );
  assert.equal(
    droppableText({ ...TABLE, hidden: doubles(0.95, 0.9, 0.94, 0.5) }),
    "None of the 3 columns can be left out without loss: with the least important of 3 columns " +
      "hidden, the accuracy is 90.0% in place of 95.0%.",
  );
  const error = { score: "mean absolute error", hidden: doubles(2, 2.02, 2.5, 9) } as const;
  assert.match(
    droppableText({ ...TABLE, ...error }),
    /^With the least important .* 2\.02 in place/,
  );
  assert.equal(droppableText({ ...TABLE, hiddenCounts: wholes(), hidden: NONE }), "");
});

test("an order that is no better than a random one is said to be so", () => {
  assert.equal(
    randomText(TABLE),
    "With 2 columns hidden at random it is 70.0% [60.0%–80.0%]; in this order 94.0%.",
  );
  assert.match(randomText({ ...TABLE, hidden: doubles(0.95, 0.85, 0.75, 0.5) }), /^No better/);
  const error: Importance = {
    ...{ ...TABLE, score: "mean absolute error", hidden: doubles(1, 1.1, 2, 9) },
    ...{ random: doubles(1, 5, 6, 9), randomLow: doubles(1, 4, 5, 9) },
  };
  assert.match(randomText(error), /^With 2 columns hidden at random it is 6\.00/);
});

test("dots that are near make room, the same each time, and stay in their row", () => {
  assert.deepEqual(packed([0, 10, 20], 5, 9), [0, 0, 0]);
  assert.deepEqual(packed([7, 7, 7, 30], 5, 9), [0, 5, -5, 0]);
  const crowd = Array.from({ length: 99 }, (_, i) => (i * 37) % 50);
  const offsets = packed(crowd, 5, 9);
  assert.ok(offsets.every((offset) => Math.abs(offset) <= 9));
  assert.deepEqual(packed(crowd, 5, 9), offsets);
  const roomy = packed(crowd, 5, 900);
  for (const [i, a] of crowd.entries()) {
    for (const [j, b] of crowd.entries()) {
      const isApart = Math.abs(a - b) >= 5 || roomy[i] !== roomy[j];
      assert.ok(i === j || isApart, `${i} and ${j}`);
    }
  }
});

test("colours say where a value stands among all, whatever their distances", () => {
  assert.deepEqual(standings([1, 1000, 2, Number.NaN, 2]), [0, 1, 0.5, Number.NaN, 0.5]);
  assert.deepEqual(standings([3, 3]), [0.5, 0.5]);
  assert.notEqual(standingColour(0), standingColour(1));
  assert.equal(standingColour(Number.NaN), "transparent");
});

test("words speak for what is explained or against it", () => {
  const words = { ...TABLE, occurs: wholes(5, 6, 7) };
  const { speakFor, speakAgainst } = wordsOf(words, undefined);
  assert.deepEqual(speakFor, [{ feature: 0, mean: 1, rows: 5 }]);
  assert.deepEqual(speakAgainst, [{ feature: 1, mean: -3, rows: 6 }]);
  assert.deepEqual(wordsOf(words, 7).speakFor, [{ feature: 1, mean: 1, rows: 6 }]);
  assert.deepEqual(wordsOf(words, 7).speakAgainst, [{ feature: 2, mean: -9, rows: 7 }]);
});
