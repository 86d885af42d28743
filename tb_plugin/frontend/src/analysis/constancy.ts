/** Whether a model or a method tells samples apart at all. */

import { HALF, widen } from "../format/half.ts";
import type { AttributionMap, Channels } from "../format/maps.ts";
import { memo } from "./memo.ts";

/** Relative to the largest magnitude: what is read as the same number. */
const TOLERANCE = 1e-3;

/** Whether all of several maps hold the same values. */
export function areSameMaps(maps: readonly AttributionMap[]): boolean {
  const [first, ...others] = maps;
  if (!first || others.length === 0) return false;
  const values = widen(first.halves, first.scale);
  const most = Math.max(...maps.map(({ scale }) => scale));
  return others.every(
    (map) =>
      map.halves.length === values.length &&
      Math.abs(map.scale - first.scale) <= TOLERANCE * most &&
      widen(map.halves, map.scale).every(
        (value, i) => Math.abs(value - (values[i] as number)) <= TOLERANCE * most,
      ),
  );
}

/** Whether each channel has the same value everywhere. */
export const isFlat = memo(({ halves, count, scales }: Channels): boolean => {
  const size = halves.length / (count || 1);
  for (let channel = 0; channel < count; channel++) {
    if (scales[channel] === 0) continue;
    const own = halves.subarray(channel * size, (channel + 1) * size);
    const first = HALF[own[0] as number] as number;
    // Halves are relative to the channel's largest magnitude.
    if (own.some((half) => Math.abs((HALF[half] as number) - first) > TOLERANCE)) return false;
  }
  return true;
});

/** Whether a model says the same of several samples; `outputs` are rows of `width`. */
export function areSameOutputs(outputs: Float32Array, width: number): boolean {
  if (width < 1 || outputs.length < 2 * width) return false;
  let most = 0;
  for (const output of outputs) most = Math.max(most, Math.abs(output));
  return outputs.every(
    (output, i) => Math.abs(output - (outputs[i % width] as number)) <= TOLERANCE * most,
  );
}
