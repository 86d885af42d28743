/** Channels of a layer by their shares in the explained evidence, over the logged epochs. */

import type { Channels } from "../format/maps.ts";
import { short } from "./numbers.ts";

/** In a sheet of the grid; all that were logged stand in the enlarged view. */
export const MOST_TILES = 8;

/** What is known of the channels of one layer, for one sample in one run. */
export interface ChannelHistory {
  /** Those whose maps were logged at some epoch, in rising order. */
  readonly logged: readonly number[];
  /** Of all channels, the mean magnitude of the share; undefined where shares are not known. */
  readonly means: Float64Array | undefined;
}

export function historyOf(records: readonly Channels[]): ChannelHistory {
  const logged = new Set(records.flatMap(({ channels }) => [...channels]));
  const known = records.flatMap(({ shares }) => shares ?? []);
  const [first] = known;
  const means = first && new Float64Array(first.length);
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
 * Channels in the order of their tiles: the largest mean share first, by number where shares are not
 * known. Runs that log the same channels of equally many have one order, the mean of theirs; another
 * training's channels do not correspond to those of this one.
 */
export function orderOf(own: ChannelHistory, all: readonly ChannelHistory[]): readonly number[] {
  const { means } = own;
  if (!means) return own.logged;
  const alike = all.filter((other) => other === own || areAlike(own, other));
  const meanOf = (channel: number): number =>
    alike.reduce((sum, { means: some }) => sum + (some?.[channel] ?? 0), 0);
  const logged = [...new Set(alike.flatMap((one) => one.logged))];
  return logged.sort((a, b) => meanOf(b) - meanOf(a) || a - b);
}

/** Whether two runs have as many channels each, and log at least half of them in common. */
function areAlike(a: ChannelHistory, b: ChannelHistory): boolean {
  if (!a.means || a.means.length !== b.means?.length) return false;
  const ofB = new Set(b.logged);
  const common = a.logged.filter((channel) => ofB.has(channel)).length;
  return 2 * common >= Math.min(a.logged.length, b.logged.length);
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
