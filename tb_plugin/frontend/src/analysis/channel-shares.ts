/** Channels of a layer by their shares in the explained evidence, over the logged epochs. */

import type { Channels } from "../format/maps.ts";
import { short } from "./numbers.ts";
import { pearson } from "./statistics.ts";

/** In a sheet of the grid; all that were logged stand in the enlarged view. */
export const MOST_TILES = 8;

/** What is known of the channels of one layer, for one sample in one run. */
export interface ChannelHistory {
  /** Those whose maps were logged at some epoch, in rising order. */
  readonly logged: readonly number[];
  /** Of all channels, the mean magnitude of the share; undefined where shares are not known. */
  readonly means: Float32Array | undefined;
}

export function historyOf(records: readonly Channels[]): ChannelHistory {
  const logged = new Set(records.flatMap(({ channels }) => [...channels]));
  const known = records.flatMap(({ shares }) => shares ?? []);
  const [first] = known;
  const means = first && new Float32Array(first.length);
  for (const shares of known) {
    for (let channel = 0; means && channel < means.length; channel++) {
      means[channel] = (means[channel] ?? 0) + sizeOf(shares, channel) / known.length;
    }
  }
  return { logged: [...logged].sort((a, b) => a - b), means };
}

/** Of a share; what is not finite counts as none. */
function sizeOf(shares: Float32Array, channel: number): number {
  const size = Math.abs(shares[channel] ?? 0);
  return Number.isFinite(size) ? size : 0;
}

/**
 * Channels in the order of their tiles: the largest mean share first, over all runs that are alike,
 * this one among them; by number where shares are not known.
 */
export function orderOf(own: ChannelHistory, alike: readonly ChannelHistory[]): readonly number[] {
  if (!own.means) return own.logged;
  const meanOf = (channel: number): number =>
    alike.reduce((sum, { means }) => sum + (means?.[channel] ?? 0), 0);
  const logged = [...new Set(alike.flatMap((one) => one.logged))];
  return logged.sort((a, b) => meanOf(b) - meanOf(a) || a - b);
}

/** How many channels, the largest first, make half of the evidence; NaN where there is none. */
export function halfCount(shares: Float32Array): number {
  const sizes = Float32Array.from(shares, (_, channel) => sizeOf(shares, channel)).sort();
  const half = sizes.reduce((sum, size) => sum + size, 0) / 2;
  if (half === 0) return Number.NaN;
  let [count, sum] = [0, 0];
  while (sum < half && count < sizes.length) sum += sizes[sizes.length - ++count] as number;
  return count;
}

/** Far above what two trainings of their own reach, far below copies and trainings of one start. */
const ALIKE = 0.5;

/**
 * Whether equal numbers are the same channels in two runs: their mean shares correlate, over the
 * samples of which both histories are given.
 */
export function areAlike(pairs: readonly (readonly [ChannelHistory, ChannelHistory])[]): boolean {
  const found = pairs.map(([{ means: a }, { means: b }]) =>
    a && a.length === b?.length ? pearson(a, b) : Number.NaN,
  );
  const known = found.filter((r) => !Number.isNaN(r));
  return known.reduce((sum, r) => sum + r, 0) > ALIKE * known.length;
}

/**
 * How much a channel mattered before: its mean share over earlier epochs at which it had one; 0
 * where that is no more than that of an average channel.
 */
export function earlierShare(earlier: readonly Channels[], channel: number): number {
  const sizes = earlier.map(({ shares }) => (shares ? sizeOf(shares, channel) : 0));
  const had = sizes.filter((size) => size > 0);
  const count = earlier.find(({ shares }) => shares)?.shares?.length ?? 0;
  const mean = had.reduce((sum, size) => sum + size, 0) / had.length;
  return mean > 1 / count ? mean : 0;
}

/** `12%`, `4.1%`; below zero for evidence against the target. */
export function shareText(share: number, digits = 2): string {
  if (!Number.isFinite(share)) return "–";
  if (share !== 0 && Math.abs(share) < 5e-4) return "<0.1%";
  return `${short(100 * share, digits)}%`;
}

/** The same in less and less room. */
export function shareTexts(share: number): readonly string[] {
  const least = Math.abs(share) < 0.01 && share !== 0 ? ["<1%"] : [];
  return [...new Set([shareText(share), shareText(share, 1), ...least])];
}

const count = (n: number): string => n.toLocaleString("en-US");

/** Which channels the tiles are, and how much of the evidence they make at an epoch. */
export function tilesText(shown: readonly number[], total: number, record?: Channels): string {
  const some = count(shown.length);
  const shares = record?.shares;
  if (!shares) {
    const all = `all ${some} channels`;
    return shown.length === total ? all : `${some} of ${count(total)} channels, evenly spaced`;
  }
  const made = shown.reduce((sum, channel) => sum + sizeOf(shares, channel), 0);
  if (shares.every((share) => share === 0)) return "no channel has evidence for or against it";
  if (shown.length === shares.length) return `all ${some} channels, by their share of the evidence`;
  return `these ${some} of ${count(shares.length)} make ${shareText(made)} of the evidence`;
}
