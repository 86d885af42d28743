/** Why one class and not another: of a sample with maps of two classes, either, or what differs. */

import type { Point, Series } from "../data/series.ts";
import { toHalves, widen } from "../format/half.ts";
import type { AttributionMap } from "../format/maps.ts";
import { memo, memoBy } from "./memo.ts";
import { subtract } from "./statistics.ts";

export const CLASS_CHOICES = ["explained", "other", "difference"] as const;
export type ClassChoice = (typeof CLASS_CHOICES)[number];

/** The explained class and the other one. */
export type ClassPair = readonly [number, number];

/** Why there is no map of an epoch beside others that are of two classes. */
export const ONE_CLASS = "predicted rightly here, so of one class only";

/** The map of a sample's second class, as if it were the logged one. */
export const otherMap = memo(({ other, ...map }: AttributionMap): AttributionMap | null => {
  if (!other) return null;
  return { ...map, ...other, ...NO_NUMBERS, other: undefined };
});

/** The first class's map minus the other's: above zero where the first one's is larger. */
const differenceMap = memo((map: AttributionMap): AttributionMap | null => {
  const { other, halves, scale, score } = map;
  if (!other) return null;
  const values = subtract(widen(halves, scale), widen(other.halves, other.scale));
  const difference = { ...toHalves(values), score: score - other.score, minus: other.target };
  return { ...map, ...difference, ...NO_NUMBERS, other: undefined };
});

/** They are of the logged map alone. */
const NO_NUMBERS = { gap: undefined, error: undefined, passes: undefined };

/** Whether any map of a series is of two classes. */
export const hasTwoClasses = memo((series: Series): boolean =>
  series.points.some(({ record }) => record?.kind === "map" && record.other !== undefined),
);

/**
 * A series as it is chosen to be shown. Where an epoch has one class there is no map, for one of
 * the explained class would pass for a difference.
 */
export function ofClass(series: Series, choice: ClassChoice): Series {
  return choice === "explained" ? series : chosen(series, choice);
}

const chosen = memoBy((series: Series, choice: ClassChoice): Series => {
  const make = choice === "other" ? otherMap : differenceMap;
  const points = series.points.map((point): Point => {
    if (point.record?.kind !== "map") return point;
    const record = make(point.record) ?? undefined;
    return { ...point, record, error: record ? "" : ONE_CLASS };
  });
  return { ...series, points };
});

/** The pairs of classes whose maps series hold; those of one epoch where it is given. */
export function pairsOf(series: readonly Series[], step?: number): ClassPair[] {
  const pairs = new Map<string, ClassPair>();
  for (const { points } of series) {
    for (const { record, step: at } of points) {
      if (record?.kind !== "map" || !record.other || (step !== undefined && at !== step)) continue;
      const pair = [record.target, record.other.target] as const;
      pairs.set(pair.join(), pair);
    }
  }
  return [...pairs.values()];
}

/** What the three choices are called: by the classes where these are one pair. */
export function choiceNames(
  pairs: readonly ClassPair[],
  nameOf: (index: number) => string,
): Readonly<Record<ClassChoice, string>> {
  const [first, second] = ([0, 1] as const).map((place) => {
    const [one, ...more] = new Set(pairs.map((pair) => pair[place]));
    return one === undefined || more.length > 0 ? undefined : nameOf(one);
  });
  // A sample has one true class: where only one of the two differs, that is the predicted one.
  const isKnown = first !== undefined || second !== undefined;
  const explained = first ?? (isKnown ? "predicted class" : "explained class");
  const other = second ?? (isKnown ? "predicted class" : "other class");
  return { explained, other, difference: `${explained} − ${other}` };
}
