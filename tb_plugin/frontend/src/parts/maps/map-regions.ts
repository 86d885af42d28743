/** Regions that were asked for, on a map and beside it. */

import { type Outline, outlinesOf, type RegionNumber, regionsOf } from "../../analysis/regions.ts";
import { type Known, knownAt, recordsOf } from "../../data/series.ts";
import type { AttributionMap } from "../../format/records.ts";
import "../../format/regional.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import type { CellAddress } from "./map-figure.ts";

/** The numbers of a map; none where it was not measured at the map’s own epoch. */
export function regionsAt(
  { store }: Dashboard,
  { run, column, sample }: CellAddress,
  { step }: Known<AttributionMap>,
): RegionNumber[] {
  if (step === undefined) return [];
  const series = store.get(run.id, column.group.replace(/^[a-z]+/, "regions"));
  const { record, isNow } = knownAt(series, "regions", step);
  return isNow ? regionsOf(record, sample) : [];
}

/** Where they lie in the input under a map; `depth` is the slice’s share of a volume’s. */
export function outlinesUnder(
  { store }: Dashboard,
  run: string,
  input: string,
  sample: number,
  depth: number,
): readonly Outline[] {
  const record = recordsOf(store.get(run, `masks/${input}`), "masks").at(-1);
  return record ? outlinesOf(record, sample, depth) : [];
}
