/** Attention heads as a sheet of small matrices, one scale for all. */

import type { AttentionMatrix } from "../format/maps.ts";
import { asMap } from "../format/maps.ts";
import { drawMap, drawPlate, fit, type Rect } from "./canvas.ts";
import { CAPTION } from "./caption.ts";
import { planeOf } from "./map-layers.ts";
import { FONT, type Palette } from "./palette.ts";
import { type Colouring, colourPlane, type Plane } from "./plane.ts";
import { type Sheet, tileRect } from "./sheet.ts";

export interface Heads {
  readonly matrix: AttentionMatrix;
  readonly colouring: Colouring;
  readonly chosen: number;
  readonly palette: Palette;
}

export function headPlane(matrix: AttentionMatrix, head: number): Plane {
  return planeOf(asMap(matrix), matrix.heads.length > 1 ? head : 0);
}

/** Where in its tile a head lies. */
export function headRect(sheet: Sheet, { width, height }: AttentionMatrix, head: number): Rect {
  return fit(width, height, tileRect(sheet, head));
}

export function drawHeads(
  context: CanvasRenderingContext2D,
  sheet: Sheet,
  { matrix, colouring, chosen, palette }: Heads,
): void {
  context.clearRect(0, 0, sheet.width, sheet.height);
  context.font = `10.5px ${FONT}`;
  context.textAlign = "left";
  for (const [i, number] of matrix.heads.entries()) {
    const [box, plane] = [tileRect(sheet, i), headPlane(matrix, i)];
    const rect = headRect(sheet, matrix, i);
    drawPlate(context, box);
    drawMap(context, colourPlane(plane, colouring), plane, rect, colouring.smooth);
    if (i === chosen) {
      context.strokeStyle = palette.accent;
      context.lineWidth = 3;
      context.strokeRect(box.x + 1.5, box.y + 1.5, box.width - 3, box.height - 3);
    }
    context.fillStyle = i === chosen ? palette.text : palette.muted;
    context.fillText(`head ${number}`, box.x, box.y + box.height + CAPTION - 4);
  }
}
