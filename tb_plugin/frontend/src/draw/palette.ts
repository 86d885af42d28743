/** The theme's colours, for drawing text and marks on a canvas. */

import { type Context2D, PLATE_COLOUR } from "./canvas.ts";

export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly card: string;
  readonly panel: string;
  readonly line: string;
  readonly accent: string;
}

/** Where nothing is written. */
export const NO_PALETTE: Palette = {
  text: "",
  muted: "",
  card: "",
  panel: "",
  line: "",
  accent: "",
};

/** On the plate, which is dark in both themes. */
export const PLATE_PALETTE: Palette = {
  text: "#e4e8ee",
  muted: "#9ba6b5",
  card: PLATE_COLOUR,
  panel: PLATE_COLOUR,
  line: "#343b45",
  accent: "#7db5ff",
};

export function paletteOf(element: Element): Palette {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim() || "#888888";
  return {
    text: token("--text"),
    muted: token("--muted"),
    card: token("--card"),
    panel: token("--panel"),
    line: token("--line"),
    accent: token("--accent"),
  };
}

export const FONT = "Roboto, system-ui, sans-serif";

/** `text` cut so that it is no wider than `width`. */
export function cutText(context: Context2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low > 0 ? `${text.slice(0, low)}…` : "";
}
