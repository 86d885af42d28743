/** A row of values over epochs: each feature, word or position a line, each epoch a column. */

import { css, html, nothing } from "lit";
import { epochText } from "../../analysis/epochs.ts";
import { featureName } from "../../analysis/input-values.ts";
import { positionText } from "../../analysis/map-text.ts";
import { short } from "../../analysis/numbers.ts";
import { type Point, pointAt } from "../../data/series.ts";
import { drawMap, drawPlate, positionAt, type Rect, sharpContext } from "../../draw/canvas.ts";
import { colouringOf, planeOf } from "../../draw/map-layers.ts";
import { cutText, FONT, type Palette, paletteOf } from "../../draw/palette.ts";
import { colourPlane, type Plane, valueAt } from "../../draw/plane.ts";
import type { Column } from "../../state/columns.ts";
import type { ShownRun } from "../../state/runs.ts";
import { shownSeries } from "../../state/shown-classes.ts";
import { define, SizedPart } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";
import { inputValuesOf, orderOf } from "./map-figure.ts";

const LABELS = 150;
const ROW = 16;
const MAX_ROWS = 60;
/** A line has too many positions for names: they share this height. */
const LINE_HEIGHT = 160;
const AXIS = 16;

export class EpochsStrip extends SizedPart {
  static override properties = {
    run: { attribute: false },
    column: { attribute: false },
    sample: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        padding: 0 16px 16px;
      }
      h3 {
        font-size: 13px;
        font-weight: 600;
        margin-bottom: 6px;
      }
      .strip {
        position: relative;
        width: fit-content;
      }
      canvas {
        display: block;
        cursor: pointer;
      }
      i {
        position: absolute;
        top: 0;
        left: 0;
        border: 2px solid var(--accent);
        border-radius: 2px;
        pointer-events: none;
      }
    `,
  ];
  declare run: ShownRun;
  declare column: Column;
  declare sample: number;

  private plane: Plane | undefined;
  private points: readonly Point[] = [];
  private rows: readonly number[] = [];
  private rect: Rect = { x: 0, y: 0, width: 1, height: 1 };
  private marked = "";

  override render() {
    const kinds = { tokens: "word", features: "feature" } as Record<string, string>;
    const kind = kinds[this.column.layout] ?? "position";
    const hidden = this.allRows.length - MAX_ROWS;
    return html`
      <h3>Each ${kind} over epochs</h3>
      <div class="strip">
        <canvas
          role="img"
          aria-label="Values of each ${kind}, epochs from left to right; the same numbers are in the table at each epoch"
          @click=${this.seek}
          @pointermove=${this.point}
          @pointerleave=${() => hideReadout(this.dashboard)}
        ></canvas>
        <i></i>
      </div>
      ${
        hidden > 0 && this.column.layout !== "line"
          ? html`<p class="muted">The first ${MAX_ROWS}; ${hidden} more are in the table.</p>`
          : nothing
      }
    `;
  }

  protected layOut(): void {
    this.requestUpdate();
  }

  paint(): void {
    const { revision, step } = this.dashboard;
    const series = shownSeries(this.dashboard, this.run.id, this.column.group, this.sample);
    if (this.isNew(series, revision)) this.draw();
    this.mark(pointAt(series, step));
  }

  /** Words without padding and features as listed; of a line every position. */
  private get allRows(): readonly number[] {
    const { dashboard, column } = this;
    const width = this.width;
    if (column.layout === "features") return orderOf(dashboard, this, width);
    const words = inputValuesOf(dashboard, this)?.words ?? [];
    return Array.from({ length: width }, (_, i) => i).filter((i) => words[i] !== "");
  }

  private get width(): number {
    const { points = [] } =
      shownSeries(this.dashboard, this.run.id, this.column.group, this.sample) ?? {};
    for (const { record } of points) if (record?.kind === "map") return record.halves.length;
    return 0;
  }

  private draw(): void {
    const { dashboard, column } = this;
    const { view, scene } = dashboard;
    const isLine = column.layout === "line";
    this.points = shownSeries(dashboard, this.run.id, column.group, this.sample)?.points ?? [];
    this.rows = isLine ? this.allRows : this.allRows.slice(0, MAX_ROWS);
    const height = isLine ? LINE_HEIGHT : this.rows.length * ROW;
    const width = Math.max(120, Math.min(this.clientWidth - 40, 1100));
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, width, height + AXIS);
    if (!context) return;
    const palette = paletteOf(this);
    this.plane = this.gather();
    this.rect = { x: LABELS, y: 0, width: width - LABELS, height };
    context.clearRect(0, 0, width, height + AXIS);
    drawPlate(context, this.rect);
    const own = { limit: this.most, above: 0 };
    const { limit } = scene.scales.of(view, column, this.sample, () => own, this.run);
    if (this.plane.width > 0 && this.plane.height > 0) {
      const how = { ...colouringOf(view, column.signed, limit), smooth: false };
      drawMap(context, colourPlane(this.plane, how), this.plane, this.rect, false);
    }
    this.label(context, isLine, palette);
  }

  private get most(): number {
    const scales = this.points.map(({ record }) => (record?.kind === "map" ? record.scale : 0));
    return Math.max(0, ...scales);
  }

  /** One plane of all epochs; what could not be read is a hole. */
  private gather(): Plane {
    const [width, height] = [this.points.length, this.rows.length];
    const data = new Float32Array(width * height).fill(Number.NaN);
    for (const [x, { record }] of this.points.entries()) {
      if (record?.kind !== "map" || record.halves.length !== this.width) continue;
      const plane = planeOf(record);
      for (const [y, index] of this.rows.entries()) data[y * width + x] = valueAt(plane, index);
    }
    return { data, width, height, scale: 1 };
  }

  private label(context: CanvasRenderingContext2D, isLine: boolean, palette: Palette): void {
    const { rect, points } = this;
    context.font = `11px ${FONT}`;
    context.fillStyle = palette.text;
    context.textAlign = "right";
    const told = isLine ? [0, this.rows.length - 1] : this.rows.keys();
    const height = rect.height / Math.max(1, this.rows.length);
    for (const row of told) {
      const middle = isLine ? (row === 0 ? 11 : rect.height - 3) : (row + 0.5) * height + 4;
      const text = cutText(context, this.nameOf(this.rows[row] ?? 0), LABELS - 8);
      context.fillText(text, LABELS - 6, middle);
    }
    context.fillStyle = palette.muted;
    context.textAlign = "left";
    context.fillText(`epoch ${epochText(points[0]?.step ?? 0)}`, rect.x, rect.height + 12);
    context.textAlign = "right";
    context.fillText(epochText(points.at(-1)?.step ?? 0), rect.x + rect.width, rect.height + 12);
  }

  private nameOf(index: number): string {
    const input = inputValuesOf(this.dashboard, this);
    if (this.column.layout === "features") return featureName(input, index);
    if (this.column.layout === "line") return `position ${index}`;
    return input?.words[index] ?? `word ${index}`;
  }

  /** A frame around the playhead's epoch; it moves without anything being drawn anew. */
  private mark(point: Point | undefined): void {
    const frame = this.find<HTMLElement>("i");
    const at = point ? this.points.indexOf(point) : -1;
    const width = this.rect.width / Math.max(1, this.points.length);
    const look =
      at < 0
        ? "display: none"
        : `transform: translateX(${this.rect.x + at * width - 1}px); width: ${width + 2}px; height: ${this.rect.height}px`;
    if (!frame || look === this.marked) return;
    this.marked = look;
    frame.style.cssText = look;
  }

  private indexAt(event: MouseEvent): number {
    return this.plane ? positionAt(event.offsetX, event.offsetY, this.plane, this.rect) : -1;
  }

  private seek(event: MouseEvent): void {
    const index = this.indexAt(event);
    const point = index < 0 ? undefined : this.points[index % (this.plane?.width ?? 1)];
    if (point) this.dashboard.seek(point.step);
  }

  private point(event: PointerEvent): void {
    const { plane } = this;
    const index = this.indexAt(event);
    hideReadout(this.dashboard);
    if (!plane || index < 0) return;
    const row = this.rows[Math.floor(index / plane.width)] ?? 0;
    const { layout, unit } = this.column;
    const input = inputValuesOf(this.dashboard, this);
    const where = positionText({ layout, width: this.width, input }, row);
    const epoch = epochText(this.points[index % plane.width]?.step ?? 0);
    const text = `${short(valueAt(plane, index))} ${unit} at ${where}, epoch ${epoch}`;
    showReadout(this.dashboard, event.clientX, event.clientY, text);
  }
}

define("tfx-epochs-strip", EpochsStrip);
