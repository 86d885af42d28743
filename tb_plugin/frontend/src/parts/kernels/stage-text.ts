/** What is said of a stage and its map in words. */

import { halfCount } from "../../analysis/channel-shares.ts";
import { type Metric, metricText } from "../../analysis/compression.ts";
import { isRow } from "../../analysis/layouts.ts";
import { isNoise } from "../../analysis/magnitudes.ts";
import { percent, plural, short } from "../../analysis/numbers.ts";
import { halfArea } from "../../analysis/stages.ts";
import type { AttributionMap } from "../../format/records.ts";
import type { Column } from "../../state/columns.ts";

export const ALIKE =
  "Pearson’s correlation of the two maps: 1 where they are alike up to a factor, 0 where they have nothing in common";
export const STRENGTH = "The largest magnitude of this map";
export const HALF =
  "How concentrated the map is: the smallest part of it that has half of the sum of its magnitudes";
export const OF_CHANNELS =
  "The fewest channels that make half of the evidence for and against, by weight times activation";
export const SPINE =
  "Width: root of channels. Colour: each layer of the stage, from top to bottom.";

/** `56 × 56, 96 channels`. */
export function sizeText(sides: readonly number[], channels: number): string {
  const wide = Number.isFinite(channels) ? plural(channels, "channel") : "";
  return [sides.join(" × "), wide].filter(Boolean).join(", ");
}

/** `sparsity 12.0%`, or `sparsity 12.0% – 40.1%`; empty where nothing is known. */
export function rangeText({ label, unit }: Metric, values: readonly number[]): string {
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return "";
  const [least, most] = [Math.min(...known), Math.max(...known)].map((value) =>
    metricText(unit, value),
  );
  return `${label} ${least === most ? least : `${least} – ${most}`}`;
}

/** How strong a map is, where it is not zero. */
export function strengthText(column: Column, map: AttributionMap | undefined): string {
  return map && map.scale > 0 ? `max ${short(map.scale)} ${column.unit}` : "";
}

/** How concentrated a map is; that there is no evidence is said over the map. */
export function halfText(column: Column, map: AttributionMap | undefined): string {
  const share = map && !isNoise(map, column) ? halfArea(map) : Number.NaN;
  const of = isRow(column.layout) ? "positions" : "area";
  return Number.isNaN(share) ? "" : `half in ${percent(share)} of ${of}`;
}

/** Of how many channels half of the evidence is, where feature maps of the layer were logged. */
export function channelsText(shares: Float32Array | undefined): string {
  const count = shares ? halfCount(shares) : Number.NaN;
  return Number.isNaN(count) ? "" : `half from ${plural(count, "channel")}`;
}
