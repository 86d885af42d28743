/** The records of exchanged windows of the shown runs, and what is shown of them. */

import { isAboveChance, largestShare, type RowNames } from "../../analysis/exchange-facts.ts";
import { unitOf } from "../../analysis/layouts.ts";
import { memoBy } from "../../analysis/memo.ts";
import type { Group } from "../../data/listing.ts";
import { type Known, knownAt, recordsOf, type Series } from "../../data/series.ts";
import type { Exchange } from "../../format/exchanged.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Scene } from "../../state/scene.ts";
import { inputRecord } from "../maps/map-figure.ts";

/** The input whose windows were exchanged, by its name: the first that any shown run has. */
export function exchangedInput({ scene }: Dashboard): string | undefined {
  const groups = scene.shown.flatMap(({ run }) => run.groups);
  return groups.find(({ kind }) => kind === "exchange")?.layer;
}

function groupOf(run: ShownRun, input: string): Group | undefined {
  return run.run.groups.find(({ kind, layer }) => kind === "exchange" && layer === input);
}

function seriesOf({ store }: Dashboard, run: ShownRun, input: string): Series | undefined {
  const group = groupOf(run, input);
  return group && store.get(run.id, group.group);
}

/** Whether each place holds the most of any slice. */
export function isOfVolume(run: ShownRun, input: string): boolean {
  return groupOf(run, input)?.content.layout === "volume";
}

/** Why there is nothing to show of a run; empty where there is. */
export function whyNone(run: ShownRun, { record, error }: Known<Exchange>, input: string): string {
  if (record) return "";
  return error || (groupOf(run, input) ? "none until this epoch" : "not logged in this run");
}

export function exchangeAt(
  dashboard: Dashboard,
  run: ShownRun,
  input: string,
  step: number,
): Known<Exchange> {
  return knownAt(seriesOf(dashboard, run, input), "exchange", step);
}

/** The end of the one scale of all shown runs and epochs. */
export function exchangeLimit(dashboard: Dashboard, input: string): number {
  return limitOf(dashboard.scene, `${input} ${dashboard.view.given}`, dashboard, input);
}

const limitOf = memoBy(
  (scene: Scene, _key: string, dashboard: Dashboard, input: string): number => {
    const records = scene.shown.flatMap((run) =>
      recordsOf(seriesOf(dashboard, run, input), "exchange"),
    );
    return largestShare(records, dashboard.view.given);
  },
);

/** What the positions of a row are called; only columns of a table have names, or `""`. */
export function rowNames(dashboard: Dashboard, run: ShownRun, input: string): RowNames {
  const record = inputRecord(dashboard, run, input);
  const unit = unitOf(record?.layout);
  if (record?.layout !== "features") return { unit, names: [] };
  return { unit, names: Array.from({ length: record.length }, (_, i) => record.names[i] ?? "") };
}

export function lastRecords(dashboard: Dashboard, input: string): Exchange[] {
  const last = dashboard.scene.steps.at(-1) ?? 0;
  return dashboard.scene.shown.flatMap(
    (run) => exchangeAt(dashboard, run, input, last).record ?? [],
  );
}

/** Whether predictions of any shown run follow any place at any time; not known before they came. */
export function hasPlace(dashboard: Dashboard): boolean {
  const input = exchangedInput(dashboard);
  if (input === undefined) return false;
  const records = lastRecords(dashboard, input);
  return records.length === 0 || records.some(isAboveChance);
}
