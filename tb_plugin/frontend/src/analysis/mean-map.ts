/** Where maps of several samples lie on the whole: the mean of their shares, position by position. */

import { HALF } from "../format/half.ts";
import type { AttributionMap } from "../format/maps.ts";
import { memo } from "./memo.ts";

export interface MeanMap {
  readonly values: Float32Array;
  readonly height: number;
  readonly width: number;
  readonly largest: number;
}

/**
 * The mean of |map| as shares of its sum, so that each sample counts alike; slices of volumes are
 * added. Maps of another shape than the first, and those that are zero, are left out.
 */
export function meanOfMaps(maps: readonly AttributionMap[]): MeanMap | undefined {
  const [first] = maps;
  if (!first) return undefined;
  const { height, width } = first;
  const sums = new Float64Array(height * width);
  let count = 0;
  for (const map of maps) {
    if (map.height !== height || map.width !== width || map.depth !== first.depth) continue;
    const total = totalOf(map);
    if (!(total > 0)) continue;
    count++;
    for (let i = 0; i < map.halves.length; i++) {
      const at = i % sums.length;
      sums[at] = (sums[at] as number) + sizeOf(map.halves[i] as number) / total;
    }
  }
  if (count === 0) return undefined;
  const values = Float32Array.from(sums, (sum) => sum / count);
  return { values, height, width, largest: values.reduce((a, b) => Math.max(a, b), 0) };
}

/** The magnitude; 0 of what is not finite. */
function sizeOf(half: number): number {
  const size = HALF[half & 0x7fff] as number;
  return size < Number.POSITIVE_INFINITY ? size : 0;
}

const totalOf = memo(({ halves }: AttributionMap): number => {
  let total = 0;
  for (const half of halves) total += sizeOf(half);
  return total;
});
