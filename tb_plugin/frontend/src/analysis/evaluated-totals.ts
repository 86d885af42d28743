/** The totals of every epoch of a run, as `evaluation` answers them. */

import { list, number, object } from "../data/listing.ts";
import type { Estimate } from "./evaluation.ts";
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

/** A number with its interval, as an answer has them: what is not defined is NaN. */
export function estimate(value: unknown): Estimate {
  const [own, low, high] = list(value).map(float);
  return { value: own ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN };
}

export function float(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
