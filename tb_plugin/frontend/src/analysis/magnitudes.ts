/** The scale that maps are coloured by: their largest magnitude, or what most values stay below. */

import { HALF } from "../format/half.ts";
import { CEILING, NOISE } from "../tables.ts";
import { memo } from "./memo.ts";

/** The magnitude at the end of the colours, and what lies beyond. */
export interface Scale {
  /** 0 where all values are zero. */
  readonly limit: number;
  /** Share of the values other than zero that are larger. */
  readonly above: number;
}

/** float16 times `scale`, which is the largest magnitude. */
interface Sized {
  readonly halves: Uint16Array;
  readonly scale: number;
}

const BINS = 1 << 15;
const number = new Float32Array(1);
const bits = new Uint32Array(number.buffer);
const scratch = new Uint32Array(BINS);

/** Magnitudes in bins of 7 bits of precision: a float32 without its lower half. */
function binOf(size: number): number {
  number[0] = size;
  return (bits[0] as number) >>> 16;
}

function upperEdge(bin: number): number {
  bits[0] = (bin + 1) << 16;
  return number[0] as number;
}

interface Counted {
  readonly bins: Uint16Array;
  readonly counts: Uint32Array;
}

/** How many finite values other than zero a map has in each bin, counted once. */
const countedOf = memo(({ halves, scale }: Sized): Counted => {
  let [low, high] = [BINS, -1];
  for (const half of halves) {
    const unit = HALF[half & 0x7fff] as number;
    if (!(unit > 0 && unit < Number.POSITIVE_INFINITY)) continue;
    const bin = binOf(unit * scale);
    scratch[bin] = (scratch[bin] as number) + 1;
    if (bin < low) low = bin;
    if (bin > high) high = bin;
  }
  const bins: number[] = [];
  const counts: number[] = [];
  for (let bin = low; bin <= high; bin++) {
    const count = scratch[bin] as number;
    if (count === 0) continue;
    bins.push(bin);
    counts.push(count);
    scratch[bin] = 0;
  }
  return { bins: Uint16Array.from(bins), counts: Uint32Array.from(counts) };
});

/** One scale for maps; of pixel maps it ends where `CEILING` of their magnitudes do. */
export function scaleOf(maps: readonly Sized[], ofPixels: boolean): Scale {
  const most = maps.reduce((largest, { scale }) => Math.max(largest, scale), 0);
  if (!ofPixels || most === 0) return { limit: most, above: 0 };
  const all = new Uint32Array(BINS);
  let total = 0;
  for (const { bins, counts } of maps.map(countedOf)) {
    for (const [i, bin] of bins.entries()) {
      const count = counts[i] as number;
      all[bin] = (all[bin] as number) + count;
      total += count;
    }
  }
  let reached = 0;
  let bin = 0;
  for (; bin < BINS; bin++) {
    reached += all[bin] as number;
    if (reached >= CEILING * total) break;
  }
  const edge = upperEdge(bin);
  return edge >= most ? { limit: most, above: 0 } : { limit: edge, above: 1 - reached / total };
}

/** The share of the values other than zero whose magnitude is above a scale's end. */
export function shareAbove(maps: readonly Sized[], limit: number): number {
  let [above, total] = [0, 0];
  for (const { halves, scale } of maps) {
    for (const half of halves) {
      const size = (HALF[half & 0x7fff] as number) * scale;
      if (!(size > 0 && size < Number.POSITIVE_INFINITY)) continue;
      total++;
      if (size > limit) above++;
    }
  }
  return total > 0 ? above / total : 0;
}

/**
 * Whether a map is zero but for rounding: by its score, where it is in the unit of that. Of a
 * gradient the size says nothing without that of the input.
 */
export function isNoise(
  { scale, score }: { readonly scale: number; readonly score: number },
  { unit, scoreUnit }: { readonly unit: string; readonly scoreUnit: string },
): boolean {
  if (unit !== scoreUnit || !Number.isFinite(score)) return scale === 0;
  return scale <= NOISE * Math.abs(score);
}
