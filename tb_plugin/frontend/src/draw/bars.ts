/** Features as bars from zero, each with its name and what it is in this sample. */

import { featureName, type InputValues } from "../analysis/input-values.ts";
import { memoBy } from "../analysis/memo.ts";
import { short } from "../analysis/numbers.ts";
import type { Rect } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";
import { type Colouring, type Plane, paintOf, valueAt } from "./plane.ts";

export interface Bars {
  readonly input: InputValues | undefined;
  readonly plane: Plane | undefined;
  readonly colouring: Colouring;
  readonly order: readonly number[];
  readonly marked: number;
  readonly large: boolean;
  /** Nothing enlarges it. */
  readonly isFixed?: boolean;
  readonly palette: Palette;
}

const ROW = { small: 15, large: 22 } as const;
/** The share of a row that names may take, and that of a narrow one: some end alike, more begin so. */
const NAMES = { wide: 0.46, narrow: 0.62 } as const;
const NARROW = 260;

/** How high all bars are, enlarged. */
export function barsHeight(count: number): number {
  return Math.max(1, count) * ROW.large + ROW.small;
}

/** How high all bars are in a cell. */
export function smallBarsHeight(count: number): number {
  return Math.max(1, count) * ROW.small;
}

/** Draw bars; answers which feature lies under a point, -1 for none. */
export function drawBars(
  context: CanvasRenderingContext2D,
  box: Rect,
  bars: Bars,
): (x: number, y: number) => number {
  const { plane, order, large, palette } = bars;
  const height = large ? ROW.large : ROW.small;
  const most = Math.floor(box.height / height);
  const shown = order.slice(0, order.length > most ? most - 1 : most);
  context.clearRect(box.x, box.y, box.width, box.height);
  context.fillStyle = palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  context.font = `${large ? 13 : 11}px ${FONT}`;
  if (plane) {
    for (const [row, index] of shown.entries()) {
      const rect = { x: box.x, y: box.y + row * height, width: box.width, height };
      drawRow(context, rect, index, bars);
    }
  }
  if (shown.length < order.length) {
    context.fillStyle = palette.muted;
    context.textAlign = "left";
    const y = box.y + shown.length * height + height - 4;
    const how = bars.isFixed ? "" : ": enlarge";
    context.fillText(`${order.length - shown.length} more${how}`, box.x + 4, y);
  }
  return (x, y) =>
    x < box.x || x >= box.x + box.width ? -1 : (shown[Math.floor((y - box.y) / height)] ?? -1);
}

/** The columns of a row: name, input, bar and, enlarged, its number. */
function columnsOf(context: CanvasRenderingContext2D, rect: Rect, { input, large }: Bars) {
  const number = large ? 76 : 0;
  const value = input ? (large ? 84 : 46) : 0;
  const longest = longestName(input?.names ?? NO_NAMES, large, context);
  const share = rect.width < NARROW ? NAMES.narrow : NAMES.wide;
  const name = Math.min(longest + 12, (rect.width - value - number) * share);
  const left = rect.x + name + value + 8;
  return { name, value, left, width: rect.x + rect.width - left - 4 - number };
}

const NO_NAMES: readonly string[] = [];

/** How wide the longest name is, or the number of a feature without one. */
const longestName = memoBy(
  (names: readonly string[], _large: boolean, context: CanvasRenderingContext2D): number => {
    const widths = names.map((name) => context.measureText(name).width);
    return Math.max(context.measureText("column 000").width, ...widths);
  },
);

function drawRow(context: CanvasRenderingContext2D, rect: Rect, index: number, bars: Bars): void {
  const { input, plane, colouring, marked, palette } = bars;
  const { name, value, left, width } = columnsOf(context, rect, bars);
  const base = rect.y + rect.height - rect.height / 3.4;
  if (index === marked) {
    context.fillStyle = palette.line;
    context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
  context.textAlign = "left";
  context.fillStyle = palette.text;
  context.fillText(cutText(context, featureName(input, index), name - 4), rect.x + 4, base);
  context.textAlign = "right";
  if (input) {
    context.fillStyle = palette.muted;
    const told = cutText(context, short(input.values[index] ?? Number.NaN), value);
    context.fillText(told, rect.x + name + value, base);
  }
  if (!plane) return;
  drawBar(context, { ...rect, x: left, width }, index, plane, colouring, palette);
  if (!bars.large) return;
  context.fillStyle = palette.text;
  context.textAlign = "right";
  context.fillText(short(valueAt(plane, index)), rect.x + rect.width - 4, base);
}

function drawBar(
  context: CanvasRenderingContext2D,
  rect: Rect,
  index: number,
  plane: Plane,
  how: Colouring,
  palette: Palette,
): void {
  const zero = how.signed ? rect.x + rect.width / 2 : rect.x;
  const { rgb, alpha, share } = paintOf(plane, index, how);
  const room = how.signed ? rect.width / 2 : rect.width;
  const length = Number.isNaN(share) ? room : Math.max(-1, Math.min(1, share)) * room;
  const [y, height] = [rect.y + 2, rect.height - 4];
  if (alpha > 0 && length !== 0) {
    const x = Math.min(zero, zero + length);
    const width = Math.max(1, Math.abs(length));
    context.fillStyle = `rgb(${rgb.join(" ")})`;
    context.fillRect(x, y, width, height);
    // Pale colours near zero need an edge on a pale card.
    context.strokeStyle = palette.muted;
    context.lineWidth = 1;
    if (width > 2) context.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    if (Number.isNaN(share)) {
      context.fillStyle = "#1d0018";
      context.textAlign = "left";
      context.fillText(short(valueAt(plane, index)), x + 4, y + height - 2);
    }
  }
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(Math.round(zero) + 0.5, rect.y);
  context.lineTo(Math.round(zero) + 0.5, rect.y + rect.height);
  context.stroke();
}
