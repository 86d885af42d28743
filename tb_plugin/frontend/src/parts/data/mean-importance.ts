/** Where a run looks in general: the mean map of all rows, or of a class, over the mean input. */

import { css, html, type PropertyDeclarations } from "lit";
import { memo } from "../../analysis/memo.ts";
import { short } from "../../analysis/numbers.ts";
import { drawMap, drawPlate, positionAt, type Rect, sharpContext } from "../../draw/canvas.ts";
import { drawPixels } from "../../draw/pixels.ts";
import { colourPlane, type Plane } from "../../draw/plane.ts";
import type { MeanPicture } from "../../format/exchanged.ts";
import type { PictureRecord } from "../../format/maps.ts";
import { DIM } from "../../tables.ts";
import { define, PaintedPart } from "../frame/part.ts";
import { hideReadout, showReadout } from "../frame/readout.ts";
import { base } from "../frame/styles.ts";

const pictureOf = memo((mean: MeanPicture): PictureRecord => ({ kind: "picture", ...mean }));

export class MeanImportance extends PaintedPart {
  static override properties: PropertyDeclarations = {
    label: { type: String },
    plane: { attribute: false },
    mean: { attribute: false },
    limit: { type: Number },
    size: { type: Number },
  };
  static override styles = [
    base,
    css`
      :host {
        display: block;
        flex: none;
      }
      canvas {
        display: block;
      }
    `,
  ];
  declare label: string;
  /** The map; without one, the mean input is shown as it is. */
  declare plane: Plane | undefined;
  declare mean: MeanPicture | undefined;
  /** The end of the colours. */
  declare limit: number;
  declare size: number;

  private rect: Rect = { x: 0, y: 0, width: 0, height: 0 };

  override render() {
    return html`<canvas
      role="img"
      aria-label=${this.label}
      @pointermove=${this.readOut}
      @pointerleave=${() => hideReadout(this.dashboard)}
    ></canvas>`;
  }

  paint(): void {
    const { plane, mean, limit, size } = this;
    const ramp = this.dashboard.view.sequential;
    if (!this.isNew(plane, mean, limit, size, ramp)) return;
    const { width, height } = mean ?? plane ?? { width: 1, height: 1 };
    const scale = size / Math.max(width, height);
    const rect = { x: 0, y: 0, width: width * scale, height: height * scale };
    this.rect = rect;
    const canvas = this.find<HTMLCanvasElement>("canvas");
    const context = canvas && sharpContext(canvas, rect.width, rect.height);
    if (!context) return;
    drawPlate(context, rect);
    if (mean) drawPixels(context, pictureOf(mean), rect);
    if (!plane) return;
    if (mean) dim(context, rect);
    const coloured = colourPlane(plane, { ramp, limit, signed: false, smooth: false });
    drawMap(context, coloured, plane, rect, false);
  }

  private readOut({ offsetX, offsetY, clientX, clientY }: PointerEvent): void {
    const { plane } = this;
    const at = plane ? positionAt(offsetX, offsetY, plane, this.rect) : -1;
    if (plane && at >= 0) {
      const [row, column] = [Math.floor(at / plane.width), at % plane.width];
      const value = short(plane.data[at] ?? Number.NaN);
      showReadout(this.dashboard, clientX, clientY, `row ${row}, column ${column}: ${value}`);
    } else hideReadout(this.dashboard);
  }
}

/** Without colour, and dark: as inputs lie under maps. */
function dim(context: CanvasRenderingContext2D, { x, y, width, height }: Rect): void {
  context.globalCompositeOperation = "saturation";
  context.fillStyle = "#808080";
  context.fillRect(x, y, width, height);
  context.globalCompositeOperation = "source-over";
  context.fillStyle = `rgb(0 0 0 / ${1 - DIM})`;
  context.fillRect(x, y, width, height);
}

define("tfx-mean-importance", MeanImportance);
