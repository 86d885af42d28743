/** The texts under a tile: its number, and its value. */

import type { Context2D, Rect } from "./canvas.ts";
import { cutText, type Palette } from "./palette.ts";

export const CAPTION = 15;
/** The least room between a tile's two texts. */
const APART = 4;

/**
 * A channel's number and the longest of the texts for its value that there is room for. Where there
 * is none for any, the number stands alone: values are told under the pointer too.
 */
export function caption(
  context: Context2D,
  box: Rect,
  name: string,
  values: readonly string[],
  palette: Palette,
): void {
  const y = box.y + box.height + CAPTION - 4;
  const shown = cutText(context, name, box.width);
  context.fillStyle = palette.text;
  context.textAlign = "left";
  context.fillText(shown, box.x, y);
  const room = box.width - context.measureText(shown).width - APART;
  const value = values.find((text) => context.measureText(text).width <= room);
  if (value === undefined) return;
  context.textAlign = "right";
  context.fillStyle = palette.muted;
  context.fillText(value, box.x + box.width, y);
}
