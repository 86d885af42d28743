/** What simple models can say of a network, in words, and the features that count most. */

import type { Measured, SimpleModels, TreeNode } from "../format/simplified.ts";
import { coefficient } from "./numbers.ts";

export type Imitation = "tree" | "linear";

export const IMITATIONS: Readonly<Record<Imitation, string>> = {
  tree: "a tree of depth 3",
  linear: "a linear model",
};

/** Whether the interval of a model's fidelity lies above what a constant answer can reach. */
export function explains({ fidelity, constant }: SimpleModels, model: Imitation): boolean {
  return fidelity[model].low > constant;
}

/** `83% [78–87] of its decisions`, or `R2 0.83 [0.78–0.87] with its values`. */
export function fidelityText(record: SimpleModels, model: Imitation): string {
  const told = measuredText(record.fidelity[model], record.isOfClasses);
  return record.isOfClasses ? `${told} of its decisions` : `R2 ${told} with its values`;
}

export function constantText({ constant, isOfClasses }: SimpleModels): string {
  return isOfClasses ? `${(100 * constant).toFixed(0)}%` : constant.toFixed(2);
}

export function measuredText({ value, low, high }: Measured, isShare: boolean): string {
  if (!Number.isFinite(value)) return "unknown";
  if (!isShare) return `${coefficient(value)} [${coefficient(low)} to ${coefficient(high)}]`;
  const bare = (share: number): string => (100 * share).toFixed(0);
  return `${bare(value)}% [${bare(low)}–${bare(high)}]`;
}

/** `83% of 120 rows`, or of values `± 1.2, 120 rows`. */
export function leafText({ isOfClasses }: SimpleModels, { passed, agree }: TreeNode): string {
  if (passed === 0) return "no held-out row";
  const rows = passed === 1 ? "1 row" : `${passed} rows`;
  if (isOfClasses) return `${(100 * agree).toFixed(0)}% of ${rows}`;
  return `± ${Number(agree.toPrecision(3))}, ${rows}`;
}

/** As the rules write it. */
export function boundText(bound: number): string {
  return String(Number(bound.toPrecision(4)));
}

/** The coefficients of a class by feature; of values, and of two classes, there is one row only. */
export function coefficientsOf(record: SimpleModels, label: number): Float32Array | undefined {
  const { classes, coefficients } = record;
  const at = coefficients.length === 1 ? 0 : classes.indexOf(label);
  return coefficients[at];
}

/** The features with the largest coefficients in any of these models, the largest first. */
export function largestFeatures(
  records: readonly SimpleModels[],
  label: number,
  most: number,
): string[] {
  const sizes = new Map<string, number>();
  for (const record of records) {
    for (const [i, value] of (coefficientsOf(record, label) ?? []).entries()) {
      const name = record.names[i] ?? "";
      sizes.set(name, Math.max(sizes.get(name) ?? 0, Math.abs(value)));
    }
  }
  const order = [...sizes].filter(([, size]) => size > 0).sort(([, a], [, b]) => b - a);
  return order.slice(0, most).map(([name]) => name);
}

/** A feature's coefficient; NaN where the model does not know the feature. */
export function coefficientOf(record: SimpleModels, label: number, name: string): number {
  const at = record.names.indexOf(name);
  return at < 0 ? Number.NaN : (coefficientsOf(record, label)?.[at] ?? Number.NaN);
}
