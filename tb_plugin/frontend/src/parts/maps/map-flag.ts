/** What colours do not say of a map, over it: whether there is one, of when, and whether it tells anything. */

import { areSameMaps, areSameOutputs } from "../../analysis/constancy.ts";
import { fromText, withEpoch } from "../../analysis/epochs.ts";
import { targetText } from "../../analysis/filters.ts";
import { isNoise } from "../../analysis/magnitudes.ts";
import { memoBy } from "../../analysis/memo.ts";
import { plural } from "../../analysis/numbers.ts";
import { countOdd } from "../../analysis/statistics.ts";
import { ONE_CLASS } from "../../analysis/two-classes.ts";
import { type Known, knownAt } from "../../data/series.ts";
import type { AttributionMap, Predictions } from "../../format/records.ts";
import type { Column } from "../../state/columns.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { isOfTwo, shownSeries, twoClassSeries } from "../../state/shown-classes.ts";
import { type CellAddress, mapAt } from "./map-figure.ts";

/** No record, another epoch, other weights, no evidence, the same for all samples, no number. */
export function flagOf(
  dashboard: Dashboard,
  cell: CellAddress,
  known: Known<AttributionMap>,
): string {
  const { record } = known;
  const weights = dashboard.weights(cell.run.id, known.step);
  if (!record) return plainFlag(known, dashboard.store.busy, "");
  const parts = [fromText(known), weights, onlyText(dashboard, cell, record)].filter(Boolean);
  const { nan, infinite } = countOdd(record.halves);
  if (nan) parts.push(`${plural(nan, "NaN", "NaN")} (hatched)`);
  if (infinite) parts.push(`${plural(infinite, "Inf", "Inf")} (hatched)`);
  if (nan + infinite > 0) return parts.join(" · ");
  const zero = zeroText(record, cell.column);
  if (zero) parts.push(zero);
  else if (areSameMaps(mapsBeside(dashboard, cell, known))) parts.push("the same for all samples");
  if (predictsTheSame(dashboard, cell, known)) parts.push("the model predicts the same for all");
  return parts.join(" · ");
}

/** Where another class or a difference was chosen, and this map is of the explained class alone. */
function onlyText(dashboard: Dashboard, cell: CellAddress, record: AttributionMap): string {
  const { run, column, sample } = cell;
  if (dashboard.view.classes === "explained" || column.kind !== "map") return "";
  if (isOfTwo(dashboard, column.group, sample)) return "";
  const beside = twoClassSeries(dashboard, sample).length > 0;
  return beside ? `map of ${targetText(run.samples, record)} only` : "";
}

/** Empty where there is evidence. */
function zeroText(record: AttributionMap, column: Column): string {
  if (!isNoise(record, column)) return "";
  if (record.scale > 0) return "zero but for rounding errors";
  return column.signed ? "all zero" : "no positive evidence (all zero after ReLU)";
}

/** The maps of all samples that are there at the epoch of one. */
function mapsBeside(
  dashboard: Dashboard,
  { run, column }: CellAddress,
  { step = 0 }: Known<AttributionMap>,
): AttributionMap[] {
  return dashboard.scene.fetched.flatMap((sample) => {
    const known = mapAt(shownSeries(dashboard, run.id, column.group, sample), step);
    return known.isNow && known.record ? [known.record] : [];
  });
}

function predictsTheSame(
  { store }: Dashboard,
  { run }: CellAddress,
  { step = 0 }: Known<AttributionMap>,
): boolean {
  const { record, isNow } = knownAt(store.get(run.id, "predictions"), "predictions", step);
  return !!record && isNow && isConstant(record, "");
}

const isConstant = memoBy((record: Predictions, _: string) =>
  areSameOutputs(record.outputs, record.width),
);

/** What is said of any record: that there is none, or why, or that it is of another epoch. */
export function plainFlag(known: Known<unknown>, busy: boolean, weights: string): string {
  if (known.step === undefined) return busy ? "loading…" : "no record at this epoch";
  if (known.record) return [fromText(known), weights].filter(Boolean).join(" · ");
  if (known.error === ONE_CLASS) return withEpoch(ONE_CLASS, known);
  return withEpoch(`not readable: ${known.error}`, known);
}
