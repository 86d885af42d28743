/** What is told in words and numbers of the one map that is enlarged. */

import { html } from "lit";
import { shareText } from "../../analysis/channel-shares.ts";
import { stateOf } from "../../analysis/channels.ts";
import { epochText, withEpoch } from "../../analysis/epochs.ts";
import { targetText } from "../../analysis/filters.ts";
import { listed } from "../../analysis/kernel-facts.ts";
import { errorText } from "../../analysis/map-text.ts";
import { short } from "../../analysis/numbers.ts";
import { type RegionNumber, regionFact } from "../../analysis/regions.ts";
import type { Known, Series } from "../../data/series.ts";
import type { Kernel } from "../../format/compressed.ts";
import type { AttributionMap, Channels } from "../../format/records.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import type { Layout } from "../../tables.ts";
import { ATTENTION_HELP } from "./attention-view.ts";
import { deadText } from "./tiles-cell.ts";

export interface Shown {
  readonly run: ShownRun;
  readonly column: Column;
  readonly sample: number;
  readonly series: Series | undefined;
}

/** How an enlarged map is read, until something of it is. */
export function helpOf({ kind }: Column): string {
  if (kind === "matrix") return ATTENTION_HELP;
  return kind === "map"
    ? "Point at the map, or focus it and use the arrow keys, to read values."
    : "Click a tile, or focus the tiles and use ← →, to choose the channel of the strip below.";
}

/** The numbers beside an enlarged map or layer. */
export function factsOf(
  { run, column }: Shown,
  { record: map, step: mapStep }: Known<AttributionMap>,
  { record: channels, step: channelStep }: Known<Channels>,
  outputs: Known<Kernel> | undefined,
  regions: readonly RegionNumber[] = [],
): (readonly [string, string])[] {
  const { unit } = column;
  const kernel = outputs?.record;
  if (channels) {
    return [
      ["epoch", whichEpoch(channelStep)],
      ["tile", `${channels.height} × ${channels.width}, in ${unit}`],
      ...(channels.depth > 1 ? ([["slices", String(channels.depth)]] as const) : []),
      ["dead channels", deadText(channels)],
      ...(kernel
        ? ([["pruned channels", withEpoch(listed(kernel.pruned), outputs)]] as const)
        : []),
    ];
  }
  if (!map) return [];
  if (column.kind === "matrix") {
    return [
      ["epoch", whichEpoch(mapStep)],
      ["heads", String(map.depth)],
      ["queries × keys", `${map.height} × ${map.width}`],
      ["max |value|", `${short(map.scale)} ${unit}`],
    ];
  }
  const size = map.rank === 1 ? `${map.width} ${PLACES[column.layout] ?? "values"}` : sidesOf(map);
  return [
    ["epoch", whichEpoch(mapStep)],
    ["map", size],
    ["target", targetText(run.samples, map)],
    ["score", `${short(map.score)} ${column.scoreUnit}`],
    ["max |value|", `${short(map.scale)} ${unit}`],
    ...(map.gap === undefined
      ? []
      : ([["completeness gap (no error bound)", `${short(map.gap)} ${unit}`]] as const)),
    ...(errorText(map) ? ([["estimated error of the map", errorText(map)]] as const) : []),
    ...regions.map(regionFact),
  ];
}

/** The same as a list of descriptions. */
export function factNodes(facts: readonly (readonly [string, string])[]): HTMLElement[] {
  return facts.flatMap(([name, value]) => {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = name;
    dd.textContent = value;
    return [dt, dd];
  });
}

const PLACES: Readonly<Partial<Record<Layout, string>>> = {
  features: "features",
  line: "positions",
  tokens: "words",
};

function sidesOf({ depth, height, width }: AttributionMap): string {
  return [...(depth > 1 ? [depth] : []), height, width].join(" × ");
}

/** A layer's channels as text: what the tiles say, for readers who do not see them. */
export function channelTable(
  record: Channels,
  order: readonly number[],
  outputs: Known<Kernel> | undefined,
  unit: string,
) {
  const kernel = outputs?.record;
  const { shares } = record;
  const sizeOf = (channel: number): string => {
    const size = record.scales[record.channels.indexOf(channel)];
    return size === undefined ? "not logged" : short(size);
  };
  return html`<table>
    <thead>
      <tr>
        <th scope="col">channel</th>
        <th scope="col">max |value| (${unit})</th>
        <th scope="col">dead</th>
        ${shares ? html`<th scope="col">share of the evidence</th>` : ""}
        ${kernel ? html`<th scope="col">${withEpoch("pruned", outputs)}</th>` : ""}
      </tr>
    </thead>
    <tbody>
      ${order.map(
        (channel) => html`<tr>
          <th scope="row">${channel}</th>
          <td>${sizeOf(channel)}</td>
          <td>${stateOf(record, channel, kernel).dead ? "dead" : ""}</td>
          ${shares ? html`<td>${shareText(shares[channel] ?? Number.NaN, 3)}</td>` : ""}
          ${kernel ? html`<td>${stateOf(record, channel, kernel).pruned ? "pruned" : ""}</td>` : ""}
        </tr>`,
      )}
    </tbody>
  </table>`;
}

function whichEpoch(step: number | undefined): string {
  return step === undefined ? "" : epochText(step);
}
