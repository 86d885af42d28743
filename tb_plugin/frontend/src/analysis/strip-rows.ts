/** Which table a metric's strips are made of, and which of its rows they show. */

import { type Known, knownAt, recordsOf, type Series } from "../data/series.ts";
import { type Metric, metricOf, metricText } from "./compression.ts";
import { isTable, layerRow, type Table, tableValue } from "./kernels.ts";

/** Numbers that layers have of their trained weights. */
const OF_WEIGHTS: readonly string[] = ["Gradients", "Updates"];

/** The metrics that the last records of these series have. */
export function metricsIn(all: readonly (Series | undefined)[]): string[] {
  const last = all.map((series) => series?.points.findLast(({ record }) => isTable(record)));
  return [
    ...new Set(last.flatMap((point) => (isTable(point?.record) ? point.record.metrics : []))),
  ];
}

/** Of the tables of a run the first that has a metric. */
export function seriesWith(
  metric: string,
  all: readonly (Series | undefined)[],
): Series | undefined {
  return all.find((series) => metricsIn([series]).includes(metric)) ?? all.find(Boolean);
}

/** What a table says at the playhead. */
export function tableAt(series: Series | undefined, playhead: number): Known<Table> {
  switch (series?.kind) {
    case "health":
      return knownAt(series, "health", playhead);
    case "explained":
      return knownAt(series, "explained", playhead);
    default:
      return knownAt(series, "kernels", playhead);
  }
}

/** As many frozen layers have rows: more would hide those that learn. */
const FEW = 3;

interface Rows {
  readonly names: readonly string[];
  /** Frozen layers that have no row. */
  readonly frozen: readonly string[];
}

/**
 * The layers that have a number of this metric in any run; of what is told of weights also those
 * whose weights are not trained, so that they are not missed.
 */
export function rowsWith(
  metric: string,
  names: readonly string[],
  runs: readonly { readonly values: readonly Float64Array[] }[],
  all: readonly (Series | undefined)[],
): Rows {
  const last = all.flatMap((series) => recordsOf(series, "health").slice(-1));
  const ofWeights = OF_WEIGHTS.includes(metricOf(metric).group);
  const known = new Set(
    names.filter((_, i) =>
      runs.some(({ values }) => values[i]?.some((value) => !Number.isNaN(value))),
    ),
  );
  const isFrozen = (name: string): boolean =>
    last.some((record) => layerRow(record, name)?.state === "frozen");
  const frozen = ofWeights ? names.filter((name) => !known.has(name) && isFrozen(name)) : [];
  if (frozen.length > FEW) return { names: [...known], frozen };
  const shown = new Set([...known, ...frozen]);
  return { names: names.filter((name) => shown.has(name)), frozen: [] };
}

/** What stands beside a row; of a frozen layer without the number, that it is frozen. */
export function valueText(record: Table | undefined, name: string, metric: Metric): string {
  const value = tableValue(record, name, metric.name);
  const isFrozen = record?.kind === "health" && layerRow(record, name)?.state === "frozen";
  return isFrozen && Number.isNaN(value) ? "frozen" : metricText(metric.unit, value);
}
