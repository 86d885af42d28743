/** What a callback took: each explainer at one epoch and over the training, and the whole of it. */

import { recordsOf, type Series } from "../data/series.ts";
import type { Cost } from "../format/records.ts";
import { plural, seconds } from "./numbers.ts";

export interface CostRow {
  readonly name: string;
  /** Seconds at the epoch; undefined where it did nothing there. */
  readonly now: number | undefined;
  /** Seconds of one epoch, over all that were kept. */
  readonly mean: number;
  /** Of training time; undefined in logs that do not say how long that was. */
  readonly share: number | undefined;
}

export interface Costs {
  /** The epoch of `now`: the last one with costs at or before the playhead. */
  readonly step: number;
  readonly kept: number;
  readonly rows: readonly CostRow[];
  /** The whole training so far. */
  readonly cost: Cost | undefined;
}

/** The costs in a series of `status` records; undefined where there are none. */
export function costsOf(series: Series | undefined, playhead: number): Costs | undefined {
  const spent = (series?.points ?? []).flatMap(({ step, record }) =>
    record?.kind === "status" && record.seconds.size > 0 ? [{ step, seconds: record.seconds }] : [],
  );
  const shown = spent.findLast(({ step }) => step <= playhead) ?? spent[0];
  if (!shown) return undefined;
  const cost = costOf(series);
  const names = new Set(spent.flatMap((one) => [...one.seconds.keys()]));
  const rows = [...names].map((name): CostRow => {
    const all = spent.flatMap((one) => one.seconds.get(name) ?? []);
    const sum = all.reduce((total, value) => total + value, 0);
    // TensorBoard may have kept some epochs only: they stand for all that were explained.
    const whole = (sum / spent.length) * (cost?.explained ?? Number.NaN);
    return {
      name,
      now: shown.seconds.get(name),
      mean: sum / all.length,
      share: cost && whole / cost.training,
    };
  });
  return { step: shown.step, kept: spent.length, rows, cost };
}

/** What the training took so far, as its last record that says so. */
export function costOf(series: Series | undefined): Cost | undefined {
  return recordsOf(series, "status").findLast(({ cost }) => cost)?.cost;
}

/** How many epochs were explained, and what of training time that took. */
export function spentText(cost: Cost): string {
  const { training, explaining, epochs, explained, budget, everySteps } = cost;
  const share = explaining / training;
  const told = `${explained} of ${plural(epochs, everySteps > 0 ? "time" : "epoch")} explained`;
  if (budget === undefined) {
    return `${told}; that took ${seconds(explaining)}, ${asWritten(share)} of training time.`;
  }
  const asked = asWritten(budget);
  return share <= budget
    ? `${told} to stay under ${asked} of training time; that took ${asWritten(share)}.`
    : `${told}; that took ${asWritten(share)} of training time, over the budget of ${asked}.`;
}

/** A share as people write a budget: 5% and not 5.0%; with digits enough to tell 4.99% from it. */
function asWritten(share: number): string {
  return `${Number((100 * share).toPrecision(3))}%`;
}
