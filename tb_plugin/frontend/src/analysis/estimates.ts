/** Numbers with intervals, as people read them. */

import type { Estimate, RankingCurve } from "./evaluation.ts";
import { percent, short } from "./numbers.ts";

/** Two digits are what an interval of some hundred rows bears. */
export function rateText(value: number): string {
  return Number.isFinite(value) ? value.toFixed(2) : "–";
}

/** `0.91 [0.88–0.93]`. */
export function estimateText(
  { value, low, high }: Estimate,
  tell = rateText,
  between = "–",
): string {
  if (!Number.isFinite(value)) return "not defined";
  return Number.isFinite(low)
    ? `${tell(value)} [${tell(low)}${between}${tell(high)}]`
    : tell(value);
}

/** `91.2% [88.7–93.2]`. */
export function shareText({ value, low, high }: Estimate): string {
  if (!Number.isFinite(value)) return "not defined";
  const bare = (share: number): string => (100 * share).toFixed(1);
  return Number.isFinite(low) ? `${percent(value)} [${bare(low)}–${bare(high)}]` : percent(value);
}

/** Of numbers in a unit of their own, which may be negative: `-3.6 [-13.1 to 5.1]`. */
export function valueText(estimate: Estimate): string {
  return estimateText(estimate, short, " to ");
}

/** The point of a curve at a threshold: the last one of which all taken rows reach it; -1: none. */
export function pointAtThreshold({ threshold }: RankingCurve, least: number): number {
  return threshold.findLastIndex((one) => one >= least);
}
