/** The attention heads of one layer for one sample in one run. */

import { html } from "lit";
import { withEpoch } from "../../analysis/epochs.ts";
import { attentionText } from "../../analysis/map-text.ts";
import { type Known, knownAt, partsOf, recordsOf } from "../../data/series.ts";
import { positionAt, sharpContext } from "../../draw/canvas.ts";
import { drawHeads, headPlane, headRect } from "../../draw/heads.ts";
import { colouringOf } from "../../draw/map-layers.ts";
import { type Sheet, squareSheet, tileAt } from "../../draw/sheet.ts";
import { type AttentionMatrix, asMap } from "../../format/maps.ts";
import { define, setText } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { RunCell } from "./cell.ts";
import { readoutText } from "./map-cell.ts";
import { drawnScale, partOf, wordsOf } from "./map-figure.ts";
import { plainFlag } from "./map-flag.ts";

export class AttentionCell extends RunCell {
  private sheet: Sheet = squareSheet(1, 100);
  private known: Known<AttentionMatrix> | undefined;

  override render() {
    const { layer } = this.column;
    const name = `Enlarge the attention of ${layer}, sample ${this.sample}, run ${this.run.name}`;
    return html`
      <div class="frame"><button
        class="map"
        aria-label=${name}
        @click=${this.choose}
        @pointermove=${this.point}
        @pointerleave=${() => hideReadout(this.dashboard)}
      >
        <canvas></canvas></button
      ><span class="flag"></span></div>
      <dl>
        <dt>heads</dt>
        <dd class="heads"></dd>
      </dl>
    `;
  }

  paint(): void {
    const { store, step, revision } = this.dashboard;
    const series = store.get(this.run.id, this.column.group, this.sample);
    const known = knownAt(series, "matrix", step);
    if (!this.isNew(...partsOf(known), revision)) return;
    this.known = known;
    const { record } = known;
    const count = (record ?? recordsOf(series, "matrix")[0])?.heads.length ?? 1;
    this.draw(record, count);
    setText(this.find(".heads"), record ? [...record.heads].join(", ") : "–");
    const weights = this.dashboard.weights(this.run.id, known.step);
    setText(this.find(".flag"), plainFlag(known, store.busy, weights));
  }

  private draw(matrix: AttentionMatrix | undefined, count: number): void {
    const { view } = this.dashboard;
    this.sheet = squareSheet(count, this.size);
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, this.sheet.width, this.sheet.height);
    if (!context) return;
    context.clearRect(0, 0, this.sheet.width, this.sheet.height);
    if (!matrix) return;
    const { limit } = drawnScale(this.dashboard, this, asMap(matrix));
    const colouring = colouringOf(view, this.column.signed, limit);
    const chosen = count > 1 ? partOf(this.dashboard, this.column, count) : -1;
    drawHeads(context, this.sheet, { matrix, colouring, chosen, palette: this.palette });
  }

  /** Opens the head that was pressed; with a key, the one that was open last. */
  private choose(event: MouseEvent): void {
    const head = this.headAt(event);
    if (event.detail > 0 && head >= 0) this.dashboard.update({ head });
    this.open();
  }

  private headAt({ offsetX, offsetY }: MouseEvent): number {
    const { record } = this.known ?? {};
    return record ? tileAt(this.sheet, record.heads.length, offsetX, offsetY) : -1;
  }

  private point(event: PointerEvent): void {
    const { known, dashboard, column } = this;
    const { record } = known ?? {};
    const head = this.headAt(event);
    hideReadout(dashboard);
    if (!known || !record || head < 0) return;
    const plane = headPlane(record, head);
    const rect = headRect(this.sheet, record, head);
    const index = positionAt(event.offsetX, event.offsetY, plane, rect);
    if (index < 0) return;
    const number = record.heads[head] ?? head;
    const where = attentionText(wordsOf(dashboard, this), plane.width, index, number);
    showReadout(
      dashboard,
      event.clientX,
      event.clientY,
      withEpoch(readoutText(plane, index, column.unit, where), known),
    );
  }
}

define("tfx-attention-cell", AttentionCell);
