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

/** One point an epoch with maps, of the samples' series that are there. */
export function boxPoints(series: readonly Series[], part: Part): BoxPoint[] {
  const name = part.join();
  const shares = new Map<number, number[]>();
  for (const { points } of series) {
    for (const { step, record } of points) {
      if (record?.kind !== "map") continue;
      const share = shareOf(record, name, part);
      if (Number.isNaN(share)) continue;
      const own = shares.get(step) ?? [];
      shares.set(step, own);
      own.push(share);
    }
  }
  const steps = [...shares].sort(([a], [b]) => a - b);
  return steps.map(([step, own]) => ({
    step,
    mean: own.reduce((sum, share) => sum + share, 0) / own.length,
    low: Math.min(...own),
    high: Math.max(...own),
  }));
}
