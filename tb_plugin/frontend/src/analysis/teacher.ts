/** Whether a student looks where its teacher looks: its maps beside the teacher's of the same samples, and of others. */

import type { Score } from "./drift-scores.ts";
import type { Estimate } from "./evaluation.ts";
import { meanOfNumbers } from "./mean-interval.ts";
import { coefficient, plural } from "./numbers.ts";

/** Of a map: 1 for that of the same sample; the control, of samples that it does not show. */
export const SAME = "spearman";
export const OTHERS = "spearman_others";

export interface Looks {
  readonly same: number;
  readonly others: number;
  /** Of both, sample by sample. */
  readonly difference: Estimate;
  readonly count: number;
}

/** Of samples that both predict alike; undefined where none can be compared. */
export function looksOf(same: readonly Score[], others: readonly Score[]): Looks | undefined {
  const pairs = same.flatMap(({ value, agrees }, i) => {
    const other = others[i]?.value ?? Number.NaN;
    return agrees && Number.isFinite(value - other) ? [[value, other] as const] : [];
  });
  if (pairs.length === 0) return undefined;
  const mean = (index: 0 | 1): number =>
    pairs.reduce((sum, pair) => sum + pair[index], 0) / pairs.length;
  const difference = meanOfNumbers(pairs.map(([own, other]) => own - other));
  return { same: mean(0), others: mean(1), difference, count: pairs.length };
}

/** What the interval of the difference says; NaN ends of a single sample say nothing. */
export function verdictOf({ difference: { low, high } }: Looks): string {
  if (low > 0) return "more than by chance";
  return high < 0 ? "less than by chance" : "no more than by chance";
}

/** `similarity 0.55, to its maps of other samples 0.12`. */
export function looksText({ same, others }: Looks): string {
  return `similarity ${coefficient(same)}, to its maps of other samples ${coefficient(others)}`;
}

/** How that was measured. */
export function measuredText({ difference: { low, high }, count }: Looks, map: string): string {
  const range = Number.isFinite(low)
    ? `, difference ${coefficient(low)} to ${coefficient(high)} (95%)`
    : "";
  return `Spearman, ${map}, ${plural(count, "sample")}${range}`;
}
