/** How outputs follow single features: their curves, and where there are rows to tell it. */

import type { Dependence } from "../format/dependent.ts";
import type { Estimate } from "./evaluation.ts";

/** Fewer rows near a value make little of what is said there. */
export const FEW_ROWS = 5;

export interface FeatureCurve {
  readonly name: string;
  readonly isCategory: boolean;
  /** Rising. */
  readonly values: readonly number[];
  /** The mean output where all rows have a value. */
  readonly mean: readonly Estimate[];
  /** The same of single rows. */
  readonly single: readonly (readonly number[])[];
  /** How many rows are near each value. */
  readonly rows: readonly number[];
}

/** Which of the outputs is that of a class; the first where it has none of its own. */
export function outputOf({ outputs }: Dependence, ofClass: number | undefined): number {
  return Math.max(0, ofClass === undefined ? 0 : outputs.indexOf(ofClass));
}

/** The curves of a feature at one of the outputs. */
export function curveOf(record: Dependence, feature: number, output: number): FeatureCurve {
  const { width, grid, names, categories, outputs, partial, low, high, single } = record;
  const own = grid.subarray(feature * width, (feature + 1) * width);
  const known = [...own].findIndex(Number.isNaN);
  const length = known < 0 ? width : known;
  const start = (feature * outputs.length + output) * width;
  const mean = Array.from({ length }, (_, i) => ({
    value: partial[start + i] ?? Number.NaN,
    low: low[start + i] ?? Number.NaN,
    high: high[start + i] ?? Number.NaN,
  }));
  const count = record.rows.length;
  const lines = Array.from({ length: count }, (_, row) => {
    const from = (feature * count + row) * width;
    return [...single.subarray(from, from + length)];
  });
  return {
    name: names[feature] || `column ${record.features[feature] ?? feature}`,
    isCategory: categories[feature] === 1,
    values: [...own.subarray(0, length)],
    mean,
    single: lines.filter((_, row) => record.singleOutputs[row] === outputs[output]),
    rows: record.counts.slice(feature * width, feature * width + length),
  };
}

/** Stretches of values near which there are few rows: from and to, in the unit of the values. */
export function sparseParts({ values, rows }: FeatureCurve, few = FEW_ROWS): [number, number][] {
  const edge = (i: number): number =>
    i <= 0 || i >= values.length
      ? (values[Math.min(i, values.length - 1)] ?? 0)
      : ((values[i - 1] ?? 0) + (values[i] ?? 0)) / 2;
  const parts: [number, number][] = [];
  for (const i of values.keys()) {
    if ((rows[i] ?? 0) >= few) continue;
    const [from, to] = [edge(i), edge(i + 1)];
    const last = parts.at(-1);
    if (last && last[1] === from) last[1] = to;
    else parts.push([from, to]);
  }
  return parts;
}
