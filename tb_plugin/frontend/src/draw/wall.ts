/** What stands around the maps of a wall: whether predictions are right, labels, runs, the focus. */

import type { Verdict } from "../analysis/filters.ts";
import { GAP, GUTTER, placeOf, type WallLayout } from "../analysis/wall-layout.ts";
import type { Pixels } from "../data/bitmaps.ts";
import type { Context2D, Rect } from "./canvas.ts";
import { drawLayers, type Layers } from "./map-layers.ts";
import { cutText, FONT, type Palette } from "./palette.ts";

const RIGHT = "#3fae7d";
const WRONG = "#ff5a52";
const MARK = 14;
/** Below this width there is no room for two texts. */
export const ROOMY = 60;

/** `P` is a picture, as in `Drawing`. */
export interface WallDrawing<P = Pixels> {
  readonly layout: WallLayout;
  readonly cells: readonly {
    readonly rect: Rect;
    /** Undefined where there is no map, or one that is drawn already. */
    readonly layers: Layers<P> | undefined;
    readonly verdict: Verdict;
  }[];
  readonly captions: readonly {
    readonly rect: Rect;
    readonly label: string;
    /** What it is sorted by. */
    readonly told: string;
  }[];
  /** Of the runs. */
  readonly colours: readonly string[];
  readonly focus: Rect | undefined;
  readonly palette: Palette;
}

/** Maps, and what stands around them. */
export function drawWall(context: Context2D, wall: WallDrawing): void {
  for (const { rect, layers, verdict } of wall.cells) {
    if (layers) drawLayers(context, rect, layers);
    drawVerdict(context, rect, verdict);
  }
  for (const { rect, label, told } of wall.captions) {
    drawCaption(context, rect, label, told, wall.palette);
  }
  drawRuns(context, wall.layout, wall.colours);
  if (wall.focus) drawFocus(context, wall.focus, wall.palette);
}

/** A border for right and wrong, and a cross for those who do not tell the colours apart. */
function drawVerdict(context: Context2D, { x, y, width, height }: Rect, verdict: Verdict): void {
  if (verdict === "unknown") return;
  const isWrong = verdict === "wrong";
  context.strokeStyle = isWrong ? WRONG : RIGHT;
  context.lineWidth = isWrong ? 3 : 1.5;
  const inset = context.lineWidth / 2;
  context.strokeRect(x + inset, y + inset, width - 2 * inset, height - 2 * inset);
  if (!isWrong) return;
  context.fillStyle = WRONG;
  context.fillRect(x + width - MARK, y, MARK, MARK);
  context.fillStyle = "#000";
  context.font = `bold 11px ${FONT}`;
  context.textAlign = "center";
  context.fillText("✗", x + width - MARK / 2, y + MARK - 3);
}

/** A sample's label, and what it is sorted by. */
function drawCaption(
  context: Context2D,
  { x, y, width, height }: Rect,
  label: string,
  told: string,
  palette: Palette,
): void {
  const bottom = y + height + 13;
  context.font = `11px ${FONT}`;
  const room = width - (told ? context.measureText(told).width + 6 : 0);
  context.textAlign = "left";
  context.fillStyle = palette.text;
  context.fillText(cutText(context, label, room), x, bottom);
  if (!told) return;
  context.textAlign = "right";
  context.fillStyle = palette.muted;
  context.fillText(told, x + width, bottom);
}

/** At the left of each line, whose maps stand there. */
function drawRuns(context: Context2D, layout: WallLayout, colours: readonly string[]): void {
  for (let line = 0; line < layout.lines; line++) {
    for (const [run, colour] of colours.entries()) {
      const { y } = placeOf(layout, line * layout.columns, run, colours.length);
      context.fillStyle = colour;
      context.fillRect(2, y, GUTTER - GAP - 2, layout.height);
    }
  }
}

function drawFocus(context: Context2D, { x, y, width, height }: Rect, palette: Palette): void {
  context.strokeStyle = palette.accent;
  context.lineWidth = 3;
  context.strokeRect(x - 1.5, y - 1.5, width + 3, height + 3);
}
