/** How the numbers of one kernel or layer are spread at each of its epochs. */

import { memo } from "../analysis/memo.ts";
import type { Point, Series } from "../data/series.ts";
import type { Spread } from "../format/healthy.ts";

/** Of what a histogram is. */
export const SPREADS = ["weights", "gradients", "activations"] as const;
export type SpreadName = (typeof SPREADS)[number];

export interface DatedSpread {
  readonly step: number;
  /** undefined where it is not known. */
  readonly spread: Spread | undefined;
}
export type Spreads = readonly DatedSpread[];

const ofSeries = memo(
  (series: Series): Readonly<Record<SpreadName, Spreads>> => ({
    weights: dated(series, "weights"),
    gradients: dated(series, "gradients"),
    activations: dated(series, "activations"),
  }),
);

/** A kernel's weights, or a layer's gradients or activations, over all epochs. */
export function spreadsOf(series: Series | undefined, name: SpreadName): Spreads {
  return series ? ofSeries(series)[name] : [];
}

function dated({ points }: Series, name: SpreadName): Spreads {
  return points.map((point) => ({ step: point.step, spread: spreadIn(point, name) }));
}

/** What is known of it in one record; nothing where nothing was counted. */
function spreadIn({ record }: Point, name: SpreadName): Spread | undefined {
  if (record?.kind === "kernel") return name === "weights" ? record : undefined;
  if (record?.kind !== "units" || name === "weights") return undefined;
  const spread = record[name];
  return sizeOf(spread) > 0 ? spread : undefined;
}

/** How many numbers were counted. */
export function sizeOf({ counts, zeros, nonfinite }: Spread): number {
  return counts.reduce((a, b) => a + b, 0) + zeros + nonfinite;
}
