/** How much of the evidence lies inside of a box, by the group of the explained rows. */

import { sharesAt } from "../analysis/box-curves.ts";
import type { Part } from "../analysis/boxes.ts";
import { totalsOf } from "../analysis/evaluated-totals.ts";
import type { Estimate } from "../analysis/evaluation.ts";
import { meanShare } from "../analysis/mean-interval.ts";
import { lacks } from "../analysis/same-samples.ts";
import type { Dashboard } from "./dashboard.ts";
import type { ShownRun } from "./runs.ts";

export interface GroupShare extends Estimate {
  readonly step: number;
  /** Rows with maps. */
  readonly rows: number;
}

/** By group, at each epoch with maps. Groups are matched by what rows hold. */
export function groupShares(
  { scene, store }: Dashboard,
  run: ShownRun,
  part: Part,
): ReadonlyMap<string, readonly GroupShare[]> {
  const { groupOf } = totalsOf(store.evaluations.totals(run.predictions?.run ?? ""));
  const found = new Map<string, Map<number, number[]>>();
  for (const sample of scene.samples) {
    const group = groupOf.get(run.samples?.hashes?.[sample] ?? "");
    if (group === undefined || lacks(run.samples, sample)) continue;
    const series = store.get(run.id, scene.evidence?.group ?? "", sample);
    const steps = found.get(group) ?? new Map<number, number[]>();
    found.set(group, steps);
    for (const { step, share } of series ? sharesAt(series, part) : []) {
      steps.set(step, [...(steps.get(step) ?? []), share]);
    }
  }
  return new Map(
    [...found].map(([group, steps]) => [
      group,
      [...steps]
        .sort(([a], [b]) => a - b)
        .map(([step, shares]) => ({ step, rows: shares.length, ...meanShare(shares) })),
    ]),
  );
}
