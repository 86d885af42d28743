/** How many of the explained epochs TensorBoard kept. */

import type { Predictions } from "../format/records.ts";

export interface Kept {
  readonly kept: number;
  readonly explained: number;
}

/**
 * Every kept record counts the epochs explained so far in its `fit`. Where the count does not grow,
 * another fit began: the largest counts of all fits are what was written.
 */
export function keptOf(steps: readonly number[], history: readonly Predictions[]): Kept {
  const ends = history.filter(({ explained }, i) => explained >= (history[i + 1]?.explained ?? 0));
  const explained = ends.reduce((sum, end) => sum + end.explained, 0);
  return { kept: steps.length, explained: Math.max(steps.length, explained) };
}
