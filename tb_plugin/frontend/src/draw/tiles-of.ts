/** From the channels of a layer to the tiles that are drawn of them. */

import { shareTexts } from "../analysis/channel-shares.ts";
import { type ChannelState, stateOf, stateWord } from "../analysis/channels.ts";
import { short } from "../analysis/numbers.ts";
import type { Kernel } from "../format/compressed.ts";
import type { Channels } from "../format/records.ts";
import type { Column } from "../state/columns.ts";
import type { Scene } from "../state/scene.ts";
import type { View } from "../state/view.ts";
import { channelPlane, colouringOf } from "./map-layers.ts";
import type { Tile } from "./tiles.ts";

export interface ShownChannels {
  readonly record: Channels;
  /** The channels of the tiles, by number. */
  readonly order: readonly number[];
  /** The records of earlier epochs: what channels were before they were pruned. */
  readonly earlier: readonly Channels[];
  /** Whose outputs the channels are, where it is known. */
  readonly kernel: Kernel | undefined;
  readonly column: Column;
  readonly sample: number;
  readonly scene: Scene;
  readonly view: View;
  /** Which slice of a volume's channels; 0 for others. */
  readonly slice: number;
}

export function tilesOf(shown: ShownChannels): Tile[] {
  const { record, order, earlier, kernel } = shown;
  return order.map((channel) => {
    const place = record.channels.indexOf(channel);
    const state = stateOf(record, channel, kernel, earlier);
    const values = valuesOf(record, channel, place, state);
    return { channel, state, values, ...mapOf(shown, channel, place) };
  });
}

function mapOf(shown: ShownChannels, channel: number, place: number) {
  if (place < 0) return { plane: undefined, colouring: undefined };
  const { record, column, sample, scene, view, slice } = shown;
  const part = channelPlane(record, place, slice);
  const limit = scene.scales.channel(view, column, sample, channel, part.scale);
  // A part of a larger array would be sent to a worker whole.
  const plane = { ...part, data: part.data.slice() };
  return { plane, colouring: colouringOf(view, column.signed, limit) };
}

/** What stands beside a tile's number, the longest text first. */
function valuesOf(
  { shares, scales }: Channels,
  channel: number,
  place: number,
  state: ChannelState,
): readonly string[] {
  const word = stateWord(state);
  if (word) return [word];
  const share = shares?.[channel];
  if (share !== undefined) return shareTexts(share);
  const size = scales[place];
  return size === undefined ? [] : [short(size), short(size, 2), short(size, 1)];
}
