/** What became of a layer's channels: pruned ones by their kernel, dead ones by their answers. */

import type { Kernel } from "../format/compressed.ts";
import type { Channels } from "../format/records.ts";
import { earlierShare, shareText } from "./channel-shares.ts";
import { belongs, kernelLayers } from "./kernels.ts";
import { layerPath } from "./wrappers.ts";

export interface ChannelState {
  readonly pruned: boolean;
  readonly dead: boolean;
  /** Its share of the evidence before it was pruned or dead, where it mattered; else 0. */
  readonly was: number;
}

/** The state of a channel, by its number; `earlier` are the records before this one. */
export function stateOf(
  record: Channels,
  channel: number,
  kernel: Kernel | undefined,
  earlier: readonly Channels[] = [],
): ChannelState {
  const pruned = kernel?.pruned[channel] === 1;
  const dead = record.dead[record.channels.indexOf(channel)] === 1 || kernel?.dead[channel] === 1;
  return { pruned, dead, was: pruned || dead ? earlierShare(earlier, channel) : 0 };
}

/** `pruned, all its weights are zero`; empty for a channel that is neither pruned nor dead. */
export function stateText({ pruned, dead, was }: ChannelState): string {
  return [
    ...(pruned ? ["pruned, all its weights are zero"] : []),
    ...(dead ? ["dead, never above zero on the validation batch"] : []),
    ...(was > 0 ? [`was ${shareText(was)} of the evidence at earlier epochs`] : []),
  ].join("; ");
}

/** One word for a caption: why, where that is known. */
export function stateWord({ pruned, dead }: Omit<ChannelState, "was">): string {
  return pruned ? "pruned" : dead ? "dead" : "";
}

/**
 * The kernels whose outputs may be a layer's channels, the likeliest last: those of the layer
 * itself, else of the one layer inside of it; none where it holds several.
 */
export function outputKernels(kernels: readonly string[], mapLayer: string): readonly string[] {
  for (const layer of kernelLayers(mapLayer)) {
    const own = kernels.filter((name) => name === layer || layerPath(name) === layer);
    if (own.length > 0) return own;
  }
  const all = kernels.filter((name) => belongs(name, mapLayer));
  return new Set(all.map(layerPath)).size === 1 || all.length === 1 ? all : [];
}
