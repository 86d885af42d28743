/** What was measured of the trust in one map at its epoch. */

import { type TrustNumber, trustOf } from "../../analysis/trust.ts";
import { type Known, knownAt } from "../../data/series.ts";
import type { AttributionMap } from "../../format/records.ts";
import "../../format/trusted.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { CellAddress } from "./map-figure.ts";

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
