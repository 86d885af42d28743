/** The channels of one layer for one sample in one run: by their shares, dead ones marked. */

import { css, html } from "lit";
import { shareText, tilesText } from "../../analysis/channel-shares.ts";
import { stateOf, stateText } from "../../analysis/channels.ts";
import { withEpoch } from "../../analysis/epochs.ts";
import { listed } from "../../analysis/kernel-facts.ts";
import { positionText } from "../../analysis/map-text.ts";
import { short } from "../../analysis/numbers.ts";
import { type Known, knownAt, partsOf, type Series } from "../../data/series.ts";
import { fit, positionAt, type Rect } from "../../draw/canvas.ts";
import { channelPlane } from "../../draw/map-layers.ts";
import { type Sheet, sheetOf, tileAt, tileRect } from "../../draw/sheet.ts";
import { tilesOf } from "../../draw/tiles-of.ts";
import type { Kernel } from "../../format/compressed.ts";
import type { Channels } from "../../format/records.ts";
import { firstTiles } from "../../state/channel-order.ts";
import { define, setText } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { RunCell } from "./cell.ts";
import { readoutText } from "./map-cell.ts";
import { sliceOf } from "./map-figure.ts";
import { plainFlag } from "./map-flag.ts";

export class TilesCell extends RunCell {
  static override styles = [
    ...RunCell.styles,
    css`
      .map {
        background: none;
      }
      .told {
        font-size: 11px;
        line-height: 15px;
        color: var(--muted);
      }
    `,
  ];

  private sheet: Sheet = sheetOf(1, 100);
  private known: Known<Channels> | undefined;
  private order: readonly number[] = [];
  private earlier: readonly Channels[] = [];
  private kernel: Kernel | undefined;

  override render() {
    const { layer } = this.column;
    const name = `Enlarge the channels of ${layer}, sample ${this.sample}, run ${this.run.name}`;
    return html`
      <p class="told cut"></p>
      <div class="frame"><button
        class="map"
        aria-label=${name}
        @click=${this.open}
        @pointermove=${this.point}
        @pointerleave=${() => hideReadout(this.dashboard)}
      >
        <canvas></canvas></button
      ><span class="flag"></span></div>
      <dl>
        <dt>dead channels</dt>
        <dd class="dead"></dd>
        <dt class="pruned-name" hidden>pruned channels</dt>
        <dd class="pruned" hidden></dd>
      </dl>
    `;
  }

  paint(): void {
    const { store, step, revision } = this.dashboard;
    const series = store.get(this.run.id, this.column.group, this.sample);
    const known = knownAt(series, "channels", step);
    const outputs = this.dashboard.outputsOf(this.run, this.column);
    const parts = outputs ? partsOf(outputs) : [];
    if (!this.isNew(revision, ...partsOf(known), ...parts)) return;
    this.known = known;
    this.kernel = outputs?.record;
    const { record } = known;
    this.earlier = earlierOf(series, known.step);
    this.order = firstTiles(this.dashboard, this.run.id, this.column, this.sample);
    this.draw(record);
    this.write(() => this.tell(known, outputs));
  }

  private tell(known: Known<Channels>, outputs: Known<Kernel> | undefined): void {
    const { record } = known;
    const kernel = outputs?.record;
    const group = this.run.run.groups.find((one) => one.group === this.column.group);
    const told = record ? tilesText(this.order, group?.content.channels ?? 0, record) : "";
    setText(this.find(".told"), told);
    this.find(".told")?.setAttribute("title", told);
    setText(this.find(".dead"), record ? deadText(record) : "–");
    for (const name of [".pruned-name", ".pruned"]) {
      this.find(name)?.toggleAttribute("hidden", !kernel);
    }
    setText(
      this.find(".pruned"),
      outputs && kernel ? withEpoch(listed(kernel.pruned), outputs) : "",
    );
    const weights = this.dashboard.weights(this.run.id, known.step);
    setText(this.find(".flag"), plainFlag(known, this.dashboard.store.busy, weights));
  }

  private draw(record: Channels | undefined): void {
    const { view, scene } = this.dashboard;
    this.sheet = sheetOf(this.order.length || 1, this.size);
    const canvas = this.find<HTMLCanvasElement>("canvas");
    if (!canvas) return;
    const { sheet, column, sample, palette, kernel, order, earlier } = this;
    const slice = record ? sliceOf(this.dashboard, record.depth) : 0;
    const shown = { order, earlier, kernel, column, sample, scene, view, slice };
    const tiles = record ? tilesOf({ record, ...shown }) : [];
    const drawing = { sheet, tiles, chosen: -1, palette };
    this.dashboard.stage.canvases.draw(canvas, sheet, { kind: "tiles", tiles: drawing });
  }

  private point(event: PointerEvent): void {
    const canvas = this.find("canvas")?.getBoundingClientRect();
    const text = canvas && this.textAt(event.clientX - canvas.left, event.clientY - canvas.top);
    if (text) showReadout(this.dashboard, event.clientX, event.clientY, text);
    else hideReadout(this.dashboard);
  }

  private textAt(x: number, y: number): string {
    const { known, sheet, order, column } = this;
    const { record } = known ?? {};
    const index = record ? tileAt(sheet, order.length, x, y) : -1;
    const channel = order[index];
    if (!known || !record || channel === undefined) return "";
    const facts = channelText(record, channel, column.unit);
    const state = stateText(stateOf(record, channel, this.kernel, this.earlier));
    const value = this.valueAt(
      record,
      record.channels.indexOf(channel),
      tileRect(sheet, index),
      x,
      y,
    );
    const told = [state, facts, value].filter(Boolean).join("; ");
    return withEpoch(`channel ${channel}${told && `: ${told}`}`, known);
  }

  private valueAt(record: Channels, place: number, box: Rect, x: number, y: number): string {
    if (place < 0) return "";
    const slice = sliceOf(this.dashboard, record.depth);
    const plane = channelPlane(record, place, slice);
    const position = positionAt(x, y, plane, fit(plane.width, plane.height, box));
    const { layout, unit } = this.column;
    const shownSlice = record.depth > 1 ? { slice } : {};
    const context = { layout, width: plane.width, input: undefined, ...shownSlice };
    return position < 0 ? "" : readoutText(plane, position, unit, positionText(context, position));
  }
}

/** The records before that of an epoch. */
export function earlierOf(series: Series | undefined, step: number | undefined): Channels[] {
  const points = (series?.points ?? []).filter((point) => step !== undefined && point.step < step);
  return points.flatMap(({ record }) => (record?.kind === "channels" ? record : []));
}

/** `12% of the evidence; largest 0.5 activation`. */
export function channelText(record: Channels, channel: number, unit: string): string {
  const size = record.scales[record.channels.indexOf(channel)];
  const share = record.shares?.[channel];
  return [
    ...(share === undefined ? [] : [`${shareText(share, 3)} of the evidence`]),
    size === undefined
      ? "its map is not logged at this epoch"
      : `max |value| ${short(size)} ${unit}`,
  ].join("; ");
}

/** `3 of 16: 1, 2, 5`. */
export function deadText(record: Channels): string {
  const dead = [...record.channels].filter((_, i) => record.dead[i]);
  const listed = dead.slice(0, 8).join(", ") + (dead.length > 8 ? ", …" : "");
  return dead.length === 0
    ? `0 of ${record.count}`
    : `${dead.length} of ${record.count}: ${listed}`;
}

define("tfx-tiles-cell", TilesCell);
