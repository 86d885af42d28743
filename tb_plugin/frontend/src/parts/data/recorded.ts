/** Records of many validation rows that the page reads itself, at the playhead. */

import { type Known, knownAt, type RecordOf, type Series } from "../../data/series.ts";
import type { TfRecord } from "../../format/records.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type ShownRun, sourcesOf } from "../../state/runs.ts";

/** Where a run has records of these kinds: the run of the log, the group, and the input's name. */
export function placesOf(run: ShownRun, kinds: readonly string[]) {
  return sourcesOf(run).flatMap(({ run: source, groups }) =>
    groups
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ group, layer, content }) => ({ source, group, layer, settings: content.settings })),
  );
}

/** Whether some of these are on their way. */
export function isComing({ store }: Dashboard, run: ShownRun, kinds: readonly string[]): boolean {
  const places = placesOf(run, kinds);
  return store.busy && places.some(({ source, group }) => !store.get(source, group));
}

/** A run's records of a kind, of an input where the kind has some for each. */
export function recordedSeries(
  { store }: Dashboard,
  run: ShownRun,
  kind: TfRecord["kind"],
  input?: string,
): Series | undefined {
  const place = placesOf(run, [kind]).find(({ layer }) => input === undefined || layer === input);
  return place && store.get(place.source, place.group);
}

/** What a run's record of a kind says at the playhead. */
export function recordedAt<K extends TfRecord["kind"]>(
  dashboard: Dashboard,
  run: ShownRun,
  kind: K,
  input?: string,
): Known<RecordOf<K>> {
  return knownAt(recordedSeries(dashboard, run, kind, input), kind, dashboard.step);
}
