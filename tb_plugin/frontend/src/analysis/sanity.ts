/** How alike one map stays when weights are re-drawn, layer by layer from the output on. */

import type { Sanity } from "../format/trusted.ts";
import { coefficient } from "./numbers.ts";

export interface SanityStep {
  /** How many layers are re-drawn, and the last of them; at none the map is its own. */
  readonly count: number;
  readonly layer: string;
  readonly value: number;
  readonly chance: number;
}

/** The steps of one sample, the first with nothing re-drawn; none where it was not measured. */
export function sanityOf(record: Sanity, sample: number): SanityStep[] {
  const row = record.numbers ? record.numbers.indexOf(sample) : sample;
  const width = record.counts.length;
  if (row < 0 || (row + 1) * width > record.values.length) return [];
  const steps = [...record.counts].map((count, i) => ({
    count,
    layer: record.layers[i] ?? "",
    value: record.values[row * width + i] ?? Number.NaN,
    chance: record.chance[row * width + i] ?? Number.NaN,
  }));
  return [{ count: 0, layer: "", value: 1, chance: Number.NaN }, ...steps];
}

/** What the last step says, and how it is read. */
export function sanityText(steps: readonly SanityStep[]): string {
  const last = steps.at(-1);
  if (!last) return "";
  const layers = last.count === 1 ? "the one layer" : `all ${last.count} layers`;
  const from = `With the weights of ${layers} re-drawn`;
  if (Number.isNaN(last.value)) return `${from} the map is not defined, such as one of zeros.`;
  const chance = Number.isNaN(last.chance)
    ? ""
    : `, and to another sample’s ${coefficient(last.chance)}`;
  return `${from} the map’s likeness to its own is ${coefficient(last.value)}${chance}. One that stays far above that shows the input or the architecture, not what was learnt.`;
}

/** One step in words. */
export function stepText({ count, layer, value, chance }: SanityStep): string {
  if (count === 0) return "nothing re-drawn: the map itself";
  const level = Number.isNaN(chance) ? "" : ` (chance ${coefficient(chance)})`;
  return `re-drawn down to ${layer}: ${Number.isNaN(value) ? "not defined" : coefficient(value)}${level}`;
}
