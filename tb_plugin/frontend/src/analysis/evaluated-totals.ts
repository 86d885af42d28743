/** The totals of every epoch of a run and of its groups, as `evaluation` answers them. */

import { list, number, object, text } from "../data/listing.ts";
import type { Estimate } from "./evaluation.ts";
import { memo } from "./memo.ts";

export interface TotalAt extends Estimate {
  readonly step: number;
}

export interface EvaluatedTotals {
  /** By name. */
  readonly totals: ReadonlyMap<string, readonly TotalAt[]>;
  /** By the group's name, its accuracy or mean absolute error. */
  readonly groups: ReadonlyMap<string, readonly TotalAt[]>;
  /** By what a row holds, the name of its group. */
  readonly groupOf: ReadonlyMap<string, string>;
}

const NOTHING: EvaluatedTotals = { totals: new Map(), groups: new Map(), groupOf: new Map() };

/** Nothing while there is no answer. */
export function totalsOf(answer: unknown): EvaluatedTotals {
  return typeof answer === "object" && answer !== null ? read(answer) : NOTHING;
}

const read = memo((answer: object): EvaluatedTotals => {
  const json = object(answer);
  const members = Object.entries(object(json.group_of));
  return {
    totals: byName(json.totals),
    groups: byName(json.by_group),
    groupOf: new Map(members.map(([hash, name]) => [hash.replace(/^0+(?=.)/, ""), text(name)])),
  };
});

function byName(rows: unknown): ReadonlyMap<string, readonly TotalAt[]> {
  const found = new Map<string, TotalAt[]>();
  for (const entry of list(rows)) {
    const { step, totals } = object(entry);
    for (const [name, total] of Object.entries(object(totals))) {
      const own = found.get(name) ?? [];
      found.set(name, own);
      own.push({ step: number(step), ...estimate(total) });
    }
  }
  return found;
}

/** A number with its interval, as an answer has them: what is not defined is NaN. */
export function estimate(value: unknown): Estimate {
  const [own, low, high] = list(value).map(float);
  return { value: own ?? Number.NaN, low: low ?? Number.NaN, high: high ?? Number.NaN };
}

export function float(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}
