/** The one map that is enlarged: whether it is there, and those of the samples before and behind it. */

import { lacks } from "../analysis/same-samples.ts";
import type { Dashboard } from "./dashboard.ts";
import type { ShownRun } from "./runs.ts";

/** A link may name a map that is not among the shown ones: then the grid is the place to be. */
export function isEnlarged({ view, scene }: Dashboard): boolean {
  return (
    scene.shown.some(({ id }) => id === view.opened?.run) &&
    scene.shownColumns.some(({ group }) => group === view.opened?.group)
  );
}

/** The sample that stands `by` places behind the enlarged one, among those that its run explains. */
export function neighbourOf({ view, scene }: Dashboard, by: number): number | undefined {
  const { opened } = view;
  const run = scene.shown.find(({ id }) => id === opened?.run);
  if (!opened || !run) return undefined;
  const samples = scene.samples.filter((sample) => !lacks(run.samples, sample));
  const at = samples.indexOf(opened.sample);
  return at < 0 ? undefined : samples[at + by];
}

/** Enlarge the same of another sample, where there is one. */
export function openNeighbour(dashboard: Dashboard, by: number): void {
  const { opened } = dashboard.view;
  const sample = neighbourOf(dashboard, by);
  if (opened && sample !== undefined) dashboard.update({ opened: { ...opened, sample } });
}

/** The shown runs that have the same of the sample as is enlarged. */
export function openedRuns({ scene, view: { opened } }: Dashboard): readonly ShownRun[] {
  return scene.shown.filter(
    ({ run, samples }) =>
      run.groups.some(({ group }) => group === opened?.group) &&
      !lacks(samples, opened?.sample ?? -1),
  );
}
