/** What records of importance say: which features are used most, and of which classes. */

import type { Importance } from "../format/ranked.ts";
import type { FeatureKind } from "../tables.ts";
import type { Estimate } from "./evaluation.ts";
import { memo, memoBy } from "./memo.ts";
import { percent, plural } from "./numbers.ts";

/** Features of a class of rows, or of all rows where the record does not tell classes apart. */
export type OfClass = number | undefined;

/** How much a feature is used; intervals are known of all rows only. */
export function usedOf(record: Importance, feature: number, ofClass: OfClass): Estimate {
  const own = ofClass === undefined ? -1 : record.classes.indexOf(ofClass);
  if (own >= 0) {
    const value = record.byClass[own * record.names.length + feature] ?? Number.NaN;
    return { value, low: Number.NaN, high: Number.NaN };
  }
  return estimateAt(record.values, record.low, record.high, feature);
}

/** The class of most of the rows whose dots are known; undefined where they have no classes. */
export const commonestClass = memo(({ classes, rowLabels }: Importance): OfClass => {
  const countOf = (one: number): number => rowLabels.filter((label) => label === one).length;
  return [...classes].sort((a, b) => countOf(b) - countOf(a) || a - b)[0];
});

/** How far the score falls without what a feature tells of a row; undefined where not measured. */
export function permutedOf(record: Importance, feature: number): Estimate | undefined {
  const { permuted, permutedLow, permutedHigh } = record;
  if (permuted.length === 0) return undefined;
  return estimateAt(permuted, permutedLow, permutedHigh, feature);
}

function estimateAt(
  values: Float64Array,
  low: Float64Array,
  high: Float64Array,
  at: number,
): Estimate {
  return {
    value: values[at] ?? Number.NaN,
    low: low[at] ?? Number.NaN,
    high: high[at] ?? Number.NaN,
  };
}

/** The features by how much they are used, the most used first; what is no number comes last. */
export const rankOf = memoBy((record: Importance, ofClass: OfClass): readonly number[] => {
  const used = record.names.map((_, i) => usedOf(record, i, ofClass).value);
  const size = (i: number): number => {
    const value = used[i] ?? Number.NaN;
    return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
  };
  return [...used.keys()].sort((a, b) => size(b) - size(a) || a - b);
});

/** Another record's number of a feature, by its name; -1 where it has none of that name. */
export function sameFeature(record: Importance, of: Importance, feature: number): number {
  const name = of.names[feature];
  return record.names[feature] === name ? feature : record.names.indexOf(name ?? "");
}

const WORDS: Readonly<Record<FeatureKind, string>> = {
  column: "column",
  channel: "channel",
  word: "word",
  place: "place",
};

/** `1 column`, `8 columns`. */
export function featuresText({ feature }: Importance, count: number): string {
  return plural(count, WORDS[feature]);
}

/** What a feature is called. */
export function featureText({ names, feature }: Importance, index: number): string {
  return names[index] || `${WORDS[feature]} ${index}`;
}

/** How large a part of all that is used each feature is; undefined where only some are known. */
function sharesOf(record: Importance, ofClass: OfClass): readonly number[] | undefined {
  if (record.total > record.names.length) return undefined;
  const used = record.names.map((_, i) => usedOf(record, i, ofClass).value);
  const sum = used.reduce((a, b) => a + (Number.isFinite(b) ? b : 0), 0);
  return sum > 0 ? used.map((value) => value / sum) : undefined;
}

const NAMED = 3;

/** In a sentence, what is used most: `uses mostly`, `age (45%), income (25%) and tenure (14%)`. */
export function mostUsed(
  record: Importance,
  ofClass: OfClass,
): { readonly verb: string; readonly what: string; readonly rest: string } {
  const shares = sharesOf(record, ofClass);
  const rank = rankOf(record, ofClass);
  // Places have no names that tell anything; how few of them matter does.
  if (record.feature === "place") {
    const few = plural(halfOf(rank, shares), "place");
    return { verb: "has half of its evidence in", what: `${few} of ${rank.length}`, rest: "" };
  }
  const named = rank.slice(0, NAMED).map((i) => {
    const name = featureText(record, i);
    const told = record.feature === "word" ? `“${name}”` : name;
    return shares ? `${told} (${wholePercent(shares[i])})` : told;
  });
  const half = halfOf(rank, shares);
  const rest = half > NAMED ? `; ${half} of ${featuresText(record, rank.length)} make up half` : "";
  return { verb: "uses mostly", what: listed(named), rest };
}

/** How many of the most used make up half of all. */
function halfOf(rank: readonly number[], shares: readonly number[] | undefined): number {
  let [count, sum] = [0, 0];
  if (!shares) return 0;
  while (sum < 0.5 && count < rank.length) sum += shares[rank[count++] ?? -1] ?? 0;
  return count;
}

function wholePercent(share: number | undefined): string {
  return percent(share ?? Number.NaN).replace(/\.\d/, "");
}

function listed(names: readonly string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

/** The least and most that bars of these have to reach, zero among them. */
export function reachOf(estimates: readonly (Estimate | undefined)[]): readonly [number, number] {
  const all = estimates.flatMap((one) => (one ? [one.value, one.low, one.high] : []));
  const known = [0, ...all.filter(Number.isFinite)];
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return low < high ? [low, high] : [0, 1];
}

export interface PlaceGrid {
  readonly data: Float32Array;
  readonly width: number;
  readonly height: number;
  readonly scale: 1;
}

/** How much each place is used, as they lie; the slices of volumes are added. */
export const gridOf = memoBy((record: Importance, ofClass: OfClass): PlaceGrid => {
  const [width = 1, height = 1] = [...record.sides].reverse();
  const data = new Float32Array(width * height);
  for (const i of record.names.keys()) {
    const at = i % data.length;
    data[at] = (data[at] ?? 0) + usedOf(record, i, ofClass).value;
  }
  return { data, width, height, scale: 1 };
});
