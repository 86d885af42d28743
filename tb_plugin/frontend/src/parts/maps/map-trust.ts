/** What was measured of the trust in one map at its epoch, and with re-drawn weights. */

import { type TrustNumber, trustOf } from "../../analysis/trust.ts";
import { type Known, knownAt, recordsOf } from "../../data/series.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Sanity, Trust } from "../../format/trusted.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { lastTrust, trustSeries } from "../../state/trusted.ts";
import type { CellAddress } from "./map-figure.ts";

/** The numbers of a map; none where it was not measured at the map's own epoch. */
export function trustAt(
  dashboard: Dashboard,
  { run, column, sample }: CellAddress,
  { step }: Known<AttributionMap>,
): TrustNumber[] {
  if (step === undefined) return [];
  const { record, isNow } = knownAt(trustSeries(dashboard, run.id, column.group), "trust", step);
  return isNow ? trustOf(record, sample) : [];
}

/** The last record until a map's epoch that has curves, for they are measured in few. */
export function curvesAt(
  dashboard: Dashboard,
  { run, column }: CellAddress,
  { step = Number.NEGATIVE_INFINITY }: Known<AttributionMap>,
): Known<Trust> {
  const series = trustSeries(dashboard, run.id, column.group);
  return lastTrust(series, step, ({ curves }) => curves.length > 0);
}

/** What re-drawing the weights did to a map, once in a training. */
export function sanityAt({ store }: Dashboard, { run, column }: CellAddress): Sanity | undefined {
  const group = column.group.replace(/^[a-z]+/, "sanity");
  return recordsOf(store.get(run.id, group), "sanity").at(-1);
}
