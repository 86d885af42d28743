/** The maps of a sample in two runs, as they are compared. */

import type { Side } from "../../analysis/compare.ts";
import type { Known } from "../../data/series.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import { type CellAddress, inputOf, inputValuesOf, mapAt } from "./map-figure.ts";

export interface KnownSide extends Side {
  readonly known: Known<AttributionMap>;
}

/** One side at the playhead. */
export function sideOf(dashboard: Dashboard, cell: CellAddress): KnownSide {
  const { run, column, sample } = cell;
  const { store, step } = dashboard;
  const known = mapAt(shownSeries(dashboard, run.id, column.group, sample), step);
  return {
    name: run.name,
    rows: run.samples,
    sample,
    known,
    map: known.record,
    picture: store.picture(run.id, inputOf(run, column), sample),
    input: inputValuesOf(dashboard, cell),
  };
}
