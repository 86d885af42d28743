/** How many of the explained epochs TensorBoard kept. */

import type { Predictions } from "../format/records.ts";

export interface Kept {
  readonly kept: number;
  readonly explained: number;
}

/** Every kept record lists the epochs explained so far; their union is what was written. */
export function keptOf(steps: readonly number[], history: readonly Predictions[]): Kept {
  const explained = new Set<number>(steps);
  for (const { explained: list } of history) for (const step of list) explained.add(step);
  return { kept: steps.length, explained: explained.size };
}
