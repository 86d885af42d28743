/** What the log says of the trust in maps, at an epoch. */

import { faithful, START, shortfall, type TrustNumber, trustOf } from "../analysis/trust.ts";
import type { Known, Series } from "../data/series.ts";
import "../format/trusted.ts";
import type { Trust } from "../format/trusted.ts";
import type { Dashboard } from "./dashboard.ts";

/** The records of a run's maps, by the group of these. */
export function trustSeries({ store }: Dashboard, run: string, group: string): Series | undefined {
  return store.get(run, group.replace(/^[a-z]+/, "trust"));
}

/** The last record until an epoch that something holds of. */
export function lastTrust(
  series: Series | undefined,
  step: number,
  holds: (record: Trust) => boolean,
): Known<Trust> {
  const found = series?.points.findLast(
    (point) => point.step <= step && point.record?.kind === "trust" && holds(point.record),
  );
  const record = found?.record?.kind === "trust" ? found.record : undefined;
  return { record, error: "", step: found?.step, isNow: found?.step === step };
}

/** How likeness to the start, or what says most of faithfulness, is found among a map's numbers. */
const CHOICES = {
  start: (all: readonly TrustNumber[]) => all.find(({ name }) => name === START),
  faithful: (all: readonly TrustNumber[]) => faithful(all),
} as const;
export type Choice = keyof typeof CHOICES;

/** The worst number of a sample's maps in the wall, of all shown runs, beside chance. */
export function worstOf(dashboard: Dashboard, choice: Choice, sample: number) {
  const { scene, step } = dashboard;
  const choose = CHOICES[choice];
  const own = scene.shown.flatMap(({ id }) => {
    const series = trustSeries(dashboard, id, scene.evidence?.group ?? "");
    const { record } = lastTrust(series, step, (one) => !!choose(trustOf(one, sample)));
    return choose(trustOf(record, sample)) ?? [];
  });
  const known = own.filter(({ value }) => Number.isFinite(value));
  return known.sort((a, b) => shortfall(b) - shortfall(a))[0];
}
