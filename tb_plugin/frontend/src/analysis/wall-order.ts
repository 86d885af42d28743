/** In which order a wall of samples stands: what one wants to find comes first. */

import type { Predictions, Samples } from "../format/records.ts";
import { confidence } from "./filters.ts";

export const ORDERS = [
  ...(["disagreement", "loss", "drift", "confidence", "border"] as const),
  ...(["start", "faithful", "class"] as const),
] as const;
export type OrderName = (typeof ORDERS)[number];

/** Largest values first; what has none comes last, ties stay in their order. */
export function orderBy(
  samples: readonly number[],
  measure: (sample: number) => number,
  isRising = false,
): number[] {
  const values = new Map(samples.map((sample) => [sample, measure(sample)]));
  const rank = (sample: number): number => {
    const value = values.get(sample) ?? Number.NaN;
    if (Number.isNaN(value)) return Number.POSITIVE_INFINITY;
    return isRising ? value : -value;
  };
  return [...samples].sort((a, b) => {
    const [x, y] = [rank(a), rank(b)];
    return x === y ? a - b : x - y;
  });
}

const LEAST = 1e-7;

/** A sample's loss: of classes the cross-entropy, of values the squared error; NaN where unknown. */
export function lossOf(
  samples: Samples | undefined,
  predictions: Predictions | undefined,
  sample: number,
): number {
  const label = samples?.labels[sample] ?? Number.NaN;
  if (!samples || !predictions || Number.isNaN(label)) return Number.NaN;
  const { width, outputs, activation } = predictions;
  const output = (k: number): number => outputs[sample * width + k] ?? Number.NaN;
  if (samples.labelKind === "value") return (output(0) - label) ** 2;
  if (samples.labelKind !== "class") return Number.NaN;
  if (width === 1 && activation === "sigmoid") {
    return -Math.log(Math.max(label === 1 ? output(0) : 1 - output(0), LEAST));
  }
  return activation === "softmax" ? -Math.log(Math.max(output(label), LEAST)) : Number.NaN;
}

/** How sure the least sure of several models is; NaN where none predicts. */
export function leastSure(predictions: readonly Predictions[], sample: number): number {
  const all = predictions.map((one) => confidence(one, sample)).filter(Number.isFinite);
  return all.length > 0 ? Math.min(...all) : Number.NaN;
}
