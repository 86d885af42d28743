/** The totals of every epoch of a run, as `evaluation` answers them. */

import { list, number, object } from "../data/listing.ts";
import { type Estimate, estimate } from "./evaluation.ts";
import { memo } from "./memo.ts";

export interface TotalAt extends Estimate {
  readonly step: number;
}

/** By name; empty while there is no answer. */
export function totalsOf(answer: unknown): ReadonlyMap<string, readonly TotalAt[]> {
  return typeof answer === "object" && answer !== null ? readTotals(answer) : new Map();
}

const readTotals = memo((answer: object): ReadonlyMap<string, readonly TotalAt[]> => {
  const found = new Map<string, TotalAt[]>();
  for (const entry of list(object(answer).totals)) {
    const { step, ...totals } = object(entry);
    for (const [name, total] of Object.entries(totals)) {
      const own = found.get(name) ?? [];
      found.set(name, own);
      own.push({ step: number(step), ...estimate(total) });
    }
  }
  return found;
});
