/** Records of many validation rows that the page reads itself, at the playhead. */

import { type Known, knownAt, type RecordOf } from "../../data/series.ts";
import type { TfRecord } from "../../format/records.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { type ShownRun, sourcesOf } from "../../state/runs.ts";

/** Where a run has records of these kinds: the run of the log, and the group. */
export function placesOf(run: ShownRun, kinds: readonly string[]) {
  return sourcesOf(run).flatMap(({ run: source, groups }) =>
    groups
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ group, layer, kind }) => ({ source, group, layer, kind })),
  );
}

/** Whether some of these are on their way. */
export function isComing({ store }: Dashboard, run: ShownRun, kinds: readonly string[]): boolean {
  const places = placesOf(run, kinds);
  return store.busy && places.some(({ source, group }) => !store.get(source, group));
}

/** What a run's record of a kind says at the playhead, of an input where the kind has one for each. */
export function recordedAt<K extends TfRecord["kind"]>(
  { store, step }: Dashboard,
  run: ShownRun,
  kind: K,
  input?: string,
): Known<RecordOf<K>> {
  const place = placesOf(run, [kind]).find(({ layer }) => input === undefined || layer === input);
  return knownAt(place && store.get(place.source, place.group), kind, step);
}
