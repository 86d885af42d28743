/** Numbers of maps: how alike two of one shape are, which features are the largest in any. */

import { TOP_SHARE } from "../tables.ts";

/** Pearson correlation over the positions where both are finite; NaN where one does not vary. */
export function pearson(a: Float32Array, b: Float32Array): number {
  let n = 0;
  let sumA = 0;
  let sumB = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    n++;
    sumA += x;
    sumB += y;
  }
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] as number) - sumA / n, (b[i] as number) - sumB / n];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / Math.sqrt(aa * bb) : Number.NaN;
}

/**
 * Intersection over union of the positions that hold the largest `share` of magnitudes in each map.
 *
 * Positions that tie with the last one count too, zeros never do; NaN where a map has none.
 */
export function topOverlap(a: Float32Array, b: Float32Array, share: number = TOP_SHARE): number {
  const [cutA, cutB] = [cutoff(a, share), cutoff(b, share)];
  if (cutA === 0 || cutB === 0) return Number.NaN;
  let [both, either] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const inA = Math.abs(a[i] as number) >= cutA;
    const inB = Math.abs(b[i] as number) >= cutB;
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return both / either;
}

/** The smallest magnitude among the largest `share` of finite magnitudes, 0 where there is none. */
function cutoff(values: Float32Array, share: number): number {
  const sizes = values.map(Math.abs).filter(Number.isFinite).sort();
  const count = Math.max(1, Math.round(sizes.length * share));
  const cut = sizes[sizes.length - count] ?? 0;
  return cut > 0 ? cut : (sizes.find((size) => size > 0) ?? 0);
}

/** `a - b`, position by position. */
export function subtract(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, i) => value - (b[i] as number));
}

/** The largest finite magnitude, 0 where there is none. */
export function largest(values: Float32Array): number {
  let most = 0;
  for (const value of values) {
    const size = Math.abs(value);
    if (size > most && size < Number.POSITIVE_INFINITY) most = size;
  }
  return most;
}

export interface Odd {
  readonly nan: number;
  readonly infinite: number;
}

/** How many float16 are NaN, and how many infinite. */
export function countOdd(halves: Uint16Array): Odd {
  let [nan, infinite] = [0, 0];
  for (const bits of halves) {
    if ((bits & 0x7c00) !== 0x7c00) continue;
    if (bits & 0x3ff) nan++;
    else infinite++;
  }
  return { nan, infinite };
}

/**
 * The numbers 0 to `count` - 1, those with the largest mean magnitude over the rows first: of all
 * epochs, so that the order of features stands still while epochs go by.
 */
export function orderBySize(rows: readonly ArrayLike<number>[], count: number): number[] {
  const sums = new Float64Array(count);
  for (const row of rows) {
    for (let i = 0; i < count; i++) {
      const size = Math.abs(row[i] as number);
      if (size < Number.POSITIVE_INFINITY) sums[i] = (sums[i] as number) + size;
    }
  }
  const order = Array.from(sums.keys());
  return order.sort((a, b) => (sums[b] as number) - (sums[a] as number) || a - b);
}
