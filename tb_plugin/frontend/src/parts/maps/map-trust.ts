/** What was measured of the trust in one map at its epoch, and with re-drawn weights. */

import { nothing } from "lit";
import { type TrustNumber, trustOf } from "../../analysis/trust.ts";
import { type Known, knownAt, recordsOf } from "../../data/series.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Sanity } from "../../format/trusted.ts";
import "../../format/trusted.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { Later } from "../frame/later.ts";
import type { Part } from "../frame/part.ts";
import type { CellAddress } from "./map-figure.ts";

const curve = new Later("The curve of re-drawn weights", () => import("./sanity-curve.ts"));

/** The numbers of a map; none where it was not measured at the map's own epoch. */
export function trustAt(
  { store }: Dashboard,
  { run, column, sample }: CellAddress,
  { step }: Known<AttributionMap>,
): TrustNumber[] {
  if (step === undefined) return [];
  const series = store.get(run.id, column.group.replace(/^[a-z]+/, "trust"));
  const { record, isNow } = knownAt(series, "trust", step);
  return isNow ? trustOf(record, sample) : [];
}

/** What re-drawing the weights did to a map, once in a training. */
export function sanityAt({ store }: Dashboard, { run, column }: CellAddress): Sanity | undefined {
  const group = column.group.replace(/^[a-z]+/, "sanity");
  return recordsOf(store.get(run.id, group), "sanity").at(-1);
}

/** Its curve, where it was measured. */
export function sanityPart(host: Part, cell: CellAddress) {
  const { dashboard } = host;
  const record = sanityAt(dashboard, cell);
  if (!record) return nothing;
  return curve.get(host)?.sanityCurve(dashboard, record, cell.sample, cell.run.colour) ?? nothing;
}
