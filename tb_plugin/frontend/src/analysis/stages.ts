/** The stages of a model, of each of which one method has a map: what they are made of. */

import { widen } from "../format/half.ts";
import type { AttributionMap } from "../format/records.ts";
import type { Structure } from "../format/structured.ts";
import { memo } from "./memo.ts";
import { unwrapped } from "./wrappers.ts";

export interface Stage {
  /** Whose output the map is of. */
  readonly layer: string;
  /** NaN where the log does not say it. */
  readonly channels: number;
  /** The layers behind the stage before, this one at the end, in the order of calls. */
  readonly layers: readonly string[];
}

/** A layer with maps, and the sides of these. */
export interface End {
  readonly layer: string;
  readonly sides: readonly number[];
}

/** The stages that end at these layers, which are in the order of calls. */
export function stagesOf(structure: Structure | undefined, ends: readonly End[]): Stage[] {
  const rows = structure?.rows ?? [];
  const around = new Set(structure?.parents);
  let from = 0;
  return ends.map(({ layer, sides }): Stage => {
    const at = rows.findIndex(({ name, kind }) => kind === "call" && isCalled(name, layer));
    const own = rows[at];
    if (!own || at < from) return { layer, channels: Number.NaN, layers: [layerOf(layer)] };
    const calls = rows.slice(from, at + 1).filter((row, i) => {
      return row.kind === "call" && (row === own || !around.has(from + i));
    });
    from = at + 1;
    const layers = [...new Set(calls.map(({ name }) => layerOf(name)))];
    return { layer, channels: channelsOf(own.shape, sides), layers };
  });
}

/** Maps are named without wrappers of pruning, calls with them. */
function isCalled(name: string, layer: string): boolean {
  return name === layer || unwrapped(name) === layer;
}

/** A layer that is called several times is one. */
function layerOf(call: string): string {
  return call.replace(/@\d+$/, "");
}

/** Of `112 × 112 × 96`: what is left of it without the sides. */
function channelsOf(shape: string, sides: readonly number[]): number {
  const lengths = shape.split(" × ").map(Number);
  const isFirst =
    lengths.length === sides.length + 1 &&
    sides.some((side, i) => side !== lengths[i]) &&
    sides.every((side, i) => side === lengths[i + 1]);
  return (isFirst ? lengths[0] : lengths.at(-1)) ?? Number.NaN;
}

/** The smallest share of its positions that has half of a map's magnitudes; NaN where all are zero. */
export const halfArea = memo(({ halves, scale }: AttributionMap): number => {
  const sizes = widen(halves, scale).map(Math.abs).filter(Number.isFinite).sort();
  const half = sizes.reduce((sum, size) => sum + size, 0) / 2;
  if (!(half > 0)) return Number.NaN;
  let [count, sum] = [0, 0];
  while (sum < half && count < sizes.length) sum += sizes[sizes.length - ++count] as number;
  return count / halves.length;
});
