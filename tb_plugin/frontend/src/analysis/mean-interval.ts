/** The mean of a few numbers with Student's interval. */

import type { Estimate } from "./evaluation.ts";

/** The 97.5th percentile of Student's distribution of 1, 2, ... degrees of freedom. */
const QUANTILES = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];
/** Of the normal distribution. */
const Z = 1.959964;

/** Beyond the table by the series of Cornish and Fisher, which is as exact there. */
export function studentQuantile(freedom: number): number {
  const known = QUANTILES[freedom - 1];
  if (known !== undefined) return known;
  const first = (Z ** 3 + Z) / 4;
  const second = (5 * Z ** 5 + 16 * Z ** 3 + 3 * Z) / 96;
  const third = (3 * Z ** 7 + 19 * Z ** 5 + 17 * Z ** 3 - 15 * Z) / 384;
  return Z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

/** The mean with its 95% interval; of fewer than two numbers there is none. */
export function meanOfNumbers(values: readonly number[]): Estimate {
  const count = values.length;
  const value = values.reduce((sum, one) => sum + one, 0) / count;
  if (count < 2) return { value, low: Number.NaN, high: Number.NaN };
  const squares = values.reduce((sum, one) => sum + (one - value) ** 2, 0);
  const half = studentQuantile(count - 1) * Math.sqrt(squares / (count - 1) / count);
  return { value, low: value - half, high: value + half };
}

/** The mean of shares with its 95% interval, which ends at 0 and 1; of fewer than two there is none. */
export function meanShare(shares: readonly number[]): Estimate {
  const { value, low, high } = meanOfNumbers(shares);
  return { value, low: Math.max(0, low), high: Math.min(1, high) };
}
