/** What stands around the maps of a wall: whether predictions are right, labels, runs, the focus. */

import type { Verdict } from "../analysis/filters.ts";
import { GAP, GUTTER, placeOf, type WallLayout } from "../analysis/wall-layout.ts";
import type { Rect } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";

const RIGHT = "#3fae7d";
const WRONG = "#ff5a52";
const MARK = 14;
/** Below this width there is no room for two texts. */
export const ROOMY = 60;

/** A border for right and wrong, and a cross for those who do not tell the colours apart. */
export function drawVerdict(
  context: CanvasRenderingContext2D,
  { x, y, width, height }: Rect,
  verdict: Verdict,
): void {
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
export function drawCaption(
  context: CanvasRenderingContext2D,
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
export function drawRuns(
  context: CanvasRenderingContext2D,
  layout: WallLayout,
  colours: readonly string[],
): void {
  for (let line = 0; line < layout.lines; line++) {
    for (const [run, colour] of colours.entries()) {
      const { y } = placeOf(layout, line * layout.columns, run, colours.length);
      context.fillStyle = colour;
      context.fillRect(2, y, GUTTER - GAP - 2, layout.height);
    }
  }
}

export function drawFocus(
  context: CanvasRenderingContext2D,
  { x, y, width, height }: Rect,
  palette: Palette,
): void {
  context.strokeStyle = palette.accent;
  context.lineWidth = 3;
  context.strokeRect(x - 1.5, y - 1.5, width + 3, height + 3);
}
