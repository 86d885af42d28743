/** One attention head, large, with words or numbers at its rows and columns. */

import { drawMap, drawPlate, outline, positionAt, type Rect } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";
import { type Colouring, colourPlane, type Plane } from "./plane.ts";

export interface MatrixLook {
  readonly plane: Plane;
  readonly colouring: Colouring;
  /** The names of rows and of columns. */
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly query: number;
  readonly marked: number;
  readonly palette: Palette;
}

const LABEL = 84;
const TOP = 58;
const CELLS = { least: 3, most: 30 } as const;
/** Smaller cells have no room for names. */
const NAMED = 11;

/** How large the drawing is for a matrix in a room. */
export function matrixSize({ width, height }: Plane, room: number): Rect {
  const wanted = (room - LABEL) / Math.max(width, height, 1);
  const cell = Math.min(CELLS.most, Math.max(CELLS.least, wanted));
  return { x: LABEL, y: TOP, width: cell * width, height: cell * height };
}

/** Draw a head; answers which position lies under a point, -1 for none. */
export function drawMatrix(
  context: CanvasRenderingContext2D,
  rect: Rect,
  look: MatrixLook,
): (x: number, y: number) => number {
  const { plane, colouring, query, marked, palette } = look;
  context.clearRect(0, 0, rect.x + rect.width + TOP, rect.y + rect.height);
  drawPlate(context, rect);
  drawMap(context, colourPlane(plane, colouring), plane, rect, false);
  const cell = rect.height / plane.height;
  context.strokeStyle = palette.accent;
  context.lineWidth = 2;
  context.strokeRect(rect.x, rect.y + query * cell, rect.width, cell);
  if (marked >= 0) outline(context, marked, plane, rect);
  context.font = `11px ${FONT}`;
  context.fillStyle = palette.text;
  if (cell >= NAMED) labelRows(context, rect, cell, look.rows);
  if (rect.width / plane.width >= NAMED) labelColumns(context, rect, plane, look.columns);
  context.fillStyle = palette.muted;
  context.textAlign = "left";
  context.fillText("from ↓  to →", 0, rect.y - 6);
  return (x, y) => positionAt(x, y, plane, rect);
}

function labelRows(
  context: CanvasRenderingContext2D,
  rect: Rect,
  cell: number,
  names: readonly string[],
): void {
  context.textAlign = "right";
  for (const [i, name] of names.entries()) {
    const text = cutText(context, name, LABEL - 8);
    context.fillText(text, rect.x - 5, rect.y + (i + 0.5) * cell + 4);
  }
}

function labelColumns(
  context: CanvasRenderingContext2D,
  rect: Rect,
  { width }: Plane,
  names: readonly string[],
): void {
  context.textAlign = "left";
  for (const [i, name] of names.entries()) {
    context.save();
    context.translate(rect.x + (i + 0.5) * (rect.width / width) + 3, rect.y - 5);
    context.rotate(-Math.PI / 3);
    context.fillText(cutText(context, name, TOP - 4), 0, 0);
    context.restore();
  }
}
