/** Which class's maps are shown of a sample, by the viewer's choice and what was logged. */

import { memo } from "../analysis/memo.ts";
import { hasTwoClasses, ofClass } from "../analysis/two-classes.ts";
import type { Series } from "../data/series.ts";
import type { Column } from "./columns.ts";
import type { Dashboard } from "./dashboard.ts";

/**
 * A run's maps of a sample in a column, of the chosen class. Where no shown run has two classes, as
 * of a method that cannot share the pass, they stay those of the explained one.
 */
export function shownSeries(
  dashboard: Pick<Dashboard, "store" | "view" | "scene">,
  run: string,
  group: string,
  sample: number,
): Series | undefined {
  const { store, view } = dashboard;
  const series = store.get(run, group, sample);
  const isChosen = view.classes !== "explained" && isOfTwo(dashboard, group, sample);
  return series && isChosen ? ofClass(series, view.classes) : series;
}

/** Whether any shown run has maps of two classes of a sample. */
export function isOfTwo(
  { scene, store }: Pick<Dashboard, "store" | "scene">,
  group: string,
  sample: number,
): boolean {
  return scene.shown.some(({ id }) => {
    const series = store.get(id, group, sample);
    return series !== undefined && hasTwoClasses(series);
  });
}

/** The series of a sample's maps that are of two classes, over the shown runs. */
export function twoClassSeries({ scene, store }: Dashboard, sample: number): Series[] {
  const groups = scene.columns.filter(({ kind }) => kind === "map").map(({ group }) => group);
  return scene.shown.flatMap(({ id }) =>
    groups.flatMap((group) => {
      const series = store.get(id, group, sample);
      return series && hasTwoClasses(series) ? [series] : [];
    }),
  );
}

/** Whether a column shows differences of two classes of a sample. */
export function isDifference(dashboard: Dashboard, column: Column, sample: number): boolean {
  const isMap = column.kind === "map";
  return (
    isMap && dashboard.view.classes === "difference" && isOfTwo(dashboard, column.group, sample)
  );
}

/** A column as a sample is shown in it: differences have signs. */
export function columnFor(dashboard: Dashboard, column: Column, sample: number): Column {
  return !column.signed && isDifference(dashboard, column, sample) ? signed(column) : column;
}

/** The same object each time, so that nothing is rendered anew for it. */
const signed = memo((column: Column): Column => ({ ...column, signed: true }));
