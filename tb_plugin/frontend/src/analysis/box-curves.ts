/** Shares inside of a box over epochs: mean and range of samples. */

import type { Series } from "../data/series.ts";
import type { AttributionMap } from "../format/maps.ts";
import { type Part, shareInside } from "./boxes.ts";
import { memoBy } from "./memo.ts";

export interface BoxPoint {
  readonly step: number;
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const shareOf = memoBy((map: AttributionMap, _name: string, part: Part) => shareInside(map, part));

/** The shares of one sample's maps that are not zero everywhere. */
export function sharesAt({ points }: Series, part: Part): { step: number; share: number }[] {
  const name = part.join();
  return points.flatMap(({ step, record }) => {
    const share = record?.kind === "map" ? shareOf(record, name, part) : Number.NaN;
    return Number.isNaN(share) ? [] : [{ step, share }];
  });
}

/** One point an epoch with maps, of the samples' series that are there. */
export function boxPoints(series: readonly Series[], part: Part): BoxPoint[] {
  const shares = new Map<number, number[]>();
  for (const { step, share } of series.flatMap((one) => sharesAt(one, part))) {
    const own = shares.get(step) ?? [];
    shares.set(step, own);
    own.push(share);
  }
  const steps = [...shares].sort(([a], [b]) => a - b);
  return steps.map(([step, own]) => ({
    step,
    mean: own.reduce((sum, share) => sum + share, 0) / own.length,
    low: Math.min(...own),
    high: Math.max(...own),
  }));
}
