import assert from "node:assert/strict";
import { test } from "node:test";
import {
  areAlike,
  earlierShare,
  halfCount,
  historyOf,
  orderOf,
  shareText,
  shareTexts,
  tilesText,
} from "../src/analysis/channel-shares.ts";
import { isFlat } from "../src/analysis/constancy.ts";
import type { Channels } from "../src/format/maps.ts";
import type { Column } from "../src/state/columns.ts";
import { firstChannels } from "../src/state/first-channels.ts";
import type { ShownRun } from "../src/state/runs.ts";

function record(channels: readonly number[], shares?: readonly number[]): Channels {
  const count = channels.length;
  return {
    ...{ kind: "channels", count, depth: 1, height: 1, width: 2 },
    halves: new Uint16Array(2 * count),
    scales: new Float32Array(count).fill(1),
    channels: Int32Array.from(channels),
    dead: new Uint8Array(count),
    shares: shares && Float32Array.from(shares),
  };
}

test("channels stand in the order of their mean share over epochs, whatever was logged when", () => {
  const own = historyOf([
    record([0, 1], [0.5, -0.25, 0.25, 0]),
    record([1, 3], [0, Number.NaN, 0.75, 0.25]),
  ]);
  assert.deepEqual(own.logged, [0, 1, 3]);
  assert.deepEqual([...(own.means ?? [])], [0.25, 0.125, 0.5, 0.125]);
  // Channel 2 has the largest share, but no map.
  assert.deepEqual(orderOf(own, [own]), [0, 1, 3]);
});

test("without shares the order is that of the numbers", () => {
  const own = historyOf([record([4, 0, 9])]);
  assert.equal(own.means, undefined);
  assert.deepEqual(orderOf(own, [own]), [0, 4, 9]);
});

test("runs that are alike have one order, the mean of theirs", () => {
  const a = historyOf([record([0, 1, 2], [0.6, 0.4, 0, 0, 0, 0])]);
  const b = historyOf([record([1, 2, 3], [0, 0.3, 0.7, 0, 0, 0])]);
  assert.deepEqual(orderOf(a, [a]), [0, 1, 2]);
  for (const own of [a, b]) assert.deepEqual(orderOf(own, [a, b]), [1, 2, 0, 3]);
});

test("runs are alike where the shares of their channels correlate over samples", () => {
  const of = (...shares: number[]) => historyOf([record([0], shares)]);
  const [a, near, far] = [of(0.6, 0.3, 0.1, 0), of(0.7, 0.2, 0.1, 0), of(0, 0.1, 0.2, 0.7)];
  assert.ok(areAlike([[a, near]]));
  assert.ok(!areAlike([[a, far]]));
  assert.ok(
    !areAlike([
      [a, near],
      [a, far],
    ]),
  );
  assert.ok(!areAlike([[a, of(0.6, 0.3, 0.1)]]));
  assert.ok(!areAlike([[a, historyOf([record([0])])]]));
  assert.ok(!areAlike([]));
});

test("what a channel was is its mean share while it had one, above an average channel's", () => {
  const earlier = [
    [0.5, 0.1],
    [0.3, 0.2],
    [0, 0.1],
  ].map((shares) => record([0], [...shares, 0, 0]));
  assert.ok(Math.abs(earlierShare(earlier, 0) - 0.4) < 1e-6);
  assert.equal(earlierShare(earlier, 1), 0);
  assert.equal(earlierShare([], 0), 0);
  assert.equal(earlierShare([record([0])], 0), 0);
});

test("shares in words", () => {
  assert.equal(shareText(0.1234), "12%");
  assert.equal(shareText(0.0412), "4.1%");
  assert.equal(shareText(-0.0412), "−4.1%");
  assert.equal(shareText(0), "0%");
  assert.equal(shareText(1e-5), "<0.1%");
  assert.equal(shareText(Number.NaN), "–");
  assert.deepEqual(shareTexts(0.0412), ["4.1%", "4%"]);
  assert.deepEqual(shareTexts(1e-5), ["<0.1%", "<1%"]);
});

test("the head says which channels these are, and what they make", () => {
  const shares = new Float32Array(1280);
  shares.set([0.4, -0.21, 0.39]);
  const known = { ...record([0, 1]), shares };
  assert.equal(tilesText([0, 1], 1280, known), "these 2 of 1,280 make 61% of the evidence");
  assert.equal(tilesText([0, 4], 1280, record([0, 4])), "2 of 1,280 channels, evenly spaced");
  assert.equal(tilesText([0, 1], 2, record([0, 1])), "all 2 channels");
  const none = record([0, 1], [0, 0, 0]);
  assert.equal(tilesText([0, 1], 3, none), "no channel has evidence for or against it");
});

test("flat maps show nothing, whatever their height", () => {
  const flat = record([0, 1]);
  assert.ok(isFlat({ ...flat, halves: Uint16Array.of(0x3c00, 0x3c00, 0, 0) }));
  assert.ok(!isFlat({ ...flat, halves: Uint16Array.of(0x3c00, 0x3c00, 0x3c00, 0) }));
});

test("so many channels make half of the evidence, whatever it speaks for", () => {
  assert.equal(halfCount(Float32Array.of(0.1, -0.6, 0.3)), 1);
  assert.equal(halfCount(Float32Array.of(0.25, 0.25, -0.25, 0.25)), 2);
  assert.equal(halfCount(Float32Array.of(Number.NaN, 1)), 1);
  assert.ok(Number.isNaN(halfCount(Float32Array.of(0, 0))));
});

function column(group: string): Column {
  return {
    ...{ group, kind: "channels", layout: "plane", explainer: "FeatureMaps", layer: group },
    ...{ unit: "activation", scoreUnit: "logit", signed: false, ofPixels: false },
    ...{ wordsRead: 0, wordNote: "", isEarly: false },
  };
}

function shownRun(shapes: Readonly<Record<string, readonly number[]>>): ShownRun {
  const groups = Object.entries(shapes).map(([group, shape]) => ({
    ...{ group, samples: [0] },
    content: { shape },
  }));
  return { id: "run", run: { groups } } as unknown as ShownRun;
}

test("the layer shown first is the deepest with room for something to see", () => {
  const flat: Channels = record([0]);
  const vivid: Channels = { ...flat, halves: Uint16Array.of(0x3c00, 0) };
  const first = (
    shapes: Readonly<Record<string, readonly number[]>>,
    records: Readonly<Record<string, Channels>> = {},
  ): string | undefined => {
    const get = (_: string, group: string) => {
      const found = records[group];
      const point = { step: 0, wallTime: 0, record: found, error: "" };
      return found && { kind: "channels" as const, points: [point], bytes: 0 };
    };
    return firstChannels(Object.keys(shapes).map(column), [shownRun(shapes)], { get })?.group;
  };
  const shapes = { a: [16, 48, 48], b: [16, 7, 7], c: [16, 3, 3] };
  assert.equal(first(shapes), "b");
  assert.equal(first({ a: [16, 6, 6], b: [16, 3, 3] }), "a");
  assert.equal(first(shapes, { b: flat }), "a");
  assert.equal(first(shapes, { a: flat, b: flat }), "c");
  assert.equal(first(shapes, { a: flat, b: flat, c: flat }), "b");
  assert.equal(first(shapes, { a: vivid, b: vivid, c: vivid }), "b");
  assert.equal(first({ a: [16, 1, 24], b: [16, 1, 3] }), "a");
  assert.equal(first({}), undefined);
});
