/** The channels of one layer for one sample in one run, dead ones marked. */

import { css, html } from "lit";
import { stateOf, stateText } from "../../analysis/channels.ts";
import { withEpoch } from "../../analysis/epochs.ts";
import { listed } from "../../analysis/kernel-facts.ts";
import { positionText } from "../../analysis/map-text.ts";
import { type Known, knownAt, partsOf, recordsOf } from "../../data/series.ts";
import { fit, positionAt, sharpContext } from "../../draw/canvas.ts";
import { channelPlane } from "../../draw/map-layers.ts";
import { drawSheet, type Sheet, sheetOf, tileAt, tileRect } from "../../draw/tiles.ts";
import type { Kernel } from "../../format/compressed.ts";
import type { Channels } from "../../format/records.ts";
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
    `,
  ];

  private sheet: Sheet = sheetOf(1, 100);
  private known: Known<Channels> | undefined;
  private kernel: Kernel | undefined;

  override render() {
    const { layer } = this.column;
    const name = `Enlarge the channels of ${layer}, sample ${this.sample}, run ${this.run.name}`;
    return html`
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
    this.draw(record, recordsOf(series, "channels")[0]?.count ?? 1);
    this.write(() => this.tell(known, outputs));
  }

  private tell(known: Known<Channels>, outputs: Known<Kernel> | undefined): void {
    const { record } = known;
    const kernel = outputs?.record;
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

  private draw(record: Channels | undefined, count: number): void {
    const { view, scene } = this.dashboard;
    this.sheet = sheetOf(record?.count ?? count, this.dashboard.size);
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, this.sheet.width, this.sheet.height);
    if (!context) return;
    const { column, sample, palette, kernel } = this;
    const slice = record ? sliceOf(this.dashboard, record.depth) : 0;
    const tiles = { kernel, column, sample, scene, view, slice, chosen: -1 };
    if (record) drawSheet(context, this.sheet, { record, ...tiles }, palette);
    else context.clearRect(0, 0, this.sheet.width, this.sheet.height);
  }

  private point(event: PointerEvent): void {
    const canvas = this.find("canvas")?.getBoundingClientRect();
    const text = canvas && this.textAt(event.clientX - canvas.left, event.clientY - canvas.top);
    if (text) showReadout(this.dashboard, event.clientX, event.clientY, text);
    else hideReadout(this.dashboard);
  }

  private textAt(x: number, y: number): string {
    const { known, sheet } = this;
    const { record } = known ?? {};
    const index = record ? tileAt(sheet, record.count, x, y) : -1;
    if (!known || !record || index < 0) return "";
    const slice = sliceOf(this.dashboard, record.depth);
    const plane = channelPlane(record, index, slice);
    const rect = fit(plane.width, plane.height, tileRect(sheet, index));
    const position = positionAt(x, y, plane, rect);
    const state = stateText(stateOf(record, index, this.kernel));
    const shownSlice = record.depth > 1 ? { slice } : {};
    const { layout, unit } = this.column;
    const context = { layout, width: plane.width, input: undefined, ...shownSlice };
    const value =
      position < 0 ? "" : readoutText(plane, position, unit, positionText(context, position));
    const told = [state, value].filter(Boolean).join("; ");
    return withEpoch(`channel ${record.channels[index]}${told && `: ${told}`}`, known);
  }
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
