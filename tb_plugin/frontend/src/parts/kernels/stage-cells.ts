/** What the stages of the shown runs are made of, and what that is called in tables. */

import { sameLayer } from "../../analysis/kernels.ts";
import { type Stage, stagesOf } from "../../analysis/stages.ts";
import { unwrapped } from "../../analysis/wrappers.ts";
import { knownAt } from "../../data/series.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { ShownRun } from "../../state/runs.ts";
import { loggedLayer } from "../../state/same-layers.ts";
import { contentOf } from "../maps/map-figure.ts";

/** One run at one stage. */
export interface Cell {
  readonly run: ShownRun;
  readonly column: Column;
  readonly stage: Stage;
  /** The rows of the metric's table that are of this stage. */
  readonly rows: readonly string[];
}

/** A row for each stage, a cell for each run; `names` are the rows of each run's table. */
export function cellsOfStages(
  dashboard: Dashboard,
  runs: readonly ShownRun[],
  names: readonly (readonly string[])[],
): Cell[][] {
  const { ladder } = dashboard.scene;
  const columns = runs.map((run, i): Cell[] => {
    const ends = ladder.map((column) => ({
      layer: loggedLayer(run, column),
      sides: contentOf(run, column.group)?.shape ?? [],
    }));
    const stages = stagesOf(dashboard.structure(run), ends);
    return ladder.map((column, at) => {
      const stage = stages[at] as Stage;
      return { run, column, stage, rows: known(dashboard, run, stage, names[i] ?? []) };
    });
  });
  return ladder.map((_, at) => columns.map((cells) => cells[at] as Cell));
}

/** The kernels or layers that may be chosen of a stage. */
export function namesIn(dashboard: Dashboard, { run, stage }: Cell): string[] {
  const { kernels, layers } = dashboard.scene;
  return known(dashboard, run, stage, [...kernels, ...layers]);
}

/** The shares that channels have in the evidence at the playhead, where feature maps tell them. */
export function sharesOf(
  { scene, store, step }: Dashboard,
  { run, column }: Cell,
  sample: number | undefined,
): Float32Array | undefined {
  const own = scene.columns.filter(
    ({ kind, layer }) => kind === "channels" && layer === column.layer,
  );
  const records = own.map(
    ({ group }) => knownAt(store.get(run.id, group, sample), "channels", step).record,
  );
  return records.find((record) => record?.shares)?.shares;
}

/** The names of a stage's layers among those of a table. */
function known(
  dashboard: Dashboard,
  run: ShownRun,
  stage: Stage,
  names: readonly string[],
): string[] {
  const all = new Set(names);
  const found = stage.layers.flatMap(
    (layer) => sameLayer(names, dashboard.nameIn(run, unwrapped(layer))) ?? [],
  );
  return [...new Set(found)].filter((name) => all.has(name));
}
