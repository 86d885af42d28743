/** A line over its map: the input's curves on a coloured band, below them the map from zero. */

import { channelName, type InputValues } from "../analysis/input-values.ts";
import { short } from "../analysis/numbers.ts";
import { drawMap, outline, positionAt, type Rect } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";
import { type Colouring, colourPlane, type Plane, paintOf } from "./plane.ts";

export interface Curve {
  readonly input: InputValues | undefined;
  readonly plane: Plane | undefined;
  readonly colouring: Colouring;
  /** The input's channel to draw; undefined: all. */
  readonly channel: number | undefined;
  readonly marked: number;
  readonly large: boolean;
  readonly palette: Palette;
}

const MAX_CURVES = 12;
/** What the dashes look like in a text. */
const LINES = ["───", "━ ━", "╌╌╌", "─ · ─"] as const;
const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 2], [8, 3, 2, 3]];

/** Draw a line and its map; answers which position lies under a point, -1 for none. */
export function drawCurve(
  context: CanvasRenderingContext2D,
  box: Rect,
  curve: Curve,
): (x: number, y: number) => number {
  const { plane, input, palette } = curve;
  context.clearRect(box.x, box.y, box.width, box.height);
  context.fillStyle = palette.card;
  context.fillRect(box.x, box.y, box.width, box.height);
  const lane = input?.layout === "line" ? Math.round(box.height * 0.3) : box.height;
  const above = { ...box, height: box.height - lane };
  const below = { ...box, y: box.y + above.height, height: lane };
  if (plane && above.height > 0) {
    const { colouring } = curve;
    drawMap(context, colourPlane(plane, colouring), plane, above, colouring.smooth);
  }
  if (plane) drawValues(context, below, plane, curve.colouring, palette);
  if (input?.layout === "line") drawInput(context, above, input, curve);
  if (plane && curve.marked >= 0) outline(context, curve.marked, plane, box);
  return (x, y) => (plane ? positionAt(x, y, { width: plane.width, height: 1 }, box) : -1);
}

/** The map's values from zero, the strongest of those that share a pixel. */
function drawValues(
  context: CanvasRenderingContext2D,
  lane: Rect,
  plane: Plane,
  how: Colouring,
  palette: Palette,
): void {
  context.fillStyle = palette.panel;
  context.fillRect(lane.x, lane.y, lane.width, lane.height);
  const zero = how.signed ? lane.y + lane.height / 2 : lane.y + lane.height - 1;
  const room = how.signed ? lane.height / 2 - 1 : lane.height - 2;
  const bars = Math.min(plane.width, Math.floor(lane.width));
  const width = lane.width / bars;
  for (let i = 0; i < bars; i++) {
    const from = Math.floor((i * plane.width) / bars);
    const to = Math.floor(((i + 1) * plane.width) / bars);
    const { rgb, alpha, share } = strongest(plane, from, to, how);
    if (alpha === 0) continue;
    const height = Number.isNaN(share) ? room : Math.max(-1, Math.min(1, share)) * room;
    context.fillStyle = `rgb(${rgb.join(" ")})`;
    const x = lane.x + i * width;
    context.fillRect(x, Math.min(zero, zero - height), Math.max(1, width - 0.5), Math.abs(height));
  }
  context.strokeStyle = palette.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(lane.x, Math.round(zero) + 0.5);
  context.lineTo(lane.x + lane.width, Math.round(zero) + 0.5);
  context.stroke();
}

function strongest(plane: Plane, from: number, to: number, how: Colouring) {
  let best = paintOf(plane, from, how);
  for (let i = from + 1; i < to; i++) {
    const paint = paintOf(plane, i, how);
    if (Number.isNaN(paint.share) || Math.abs(paint.share) > Math.abs(best.share)) best = paint;
  }
  return best;
}

/** The curves of a line, on one scale. */
export function drawInput(
  context: CanvasRenderingContext2D,
  box: Rect,
  input: InputValues,
  { channel, large, palette }: Pick<Curve, "channel" | "large" | "palette">,
): void {
  const all = Array.from({ length: input.width }, (_, i) => i);
  const chosen = channel !== undefined && channel < input.width ? [channel] : all;
  const drawn = chosen.slice(0, MAX_CURVES);
  const [low, high] = rangeOf(input, drawn);
  for (const [i, one] of drawn.entries()) {
    trace(context, { ...box, y: box.y + 5, height: box.height - 10 }, input, one, low, high);
    // A rim keeps the curve in sight on every colour of the band.
    stroke(context, palette.panel, large ? 5 : 4, []);
    stroke(context, palette.text, large ? 2 : 1.5, DASHES[i % DASHES.length] ?? []);
  }
  if (large) drawLabels(context, box, [low, high], input, drawn, palette);
}

/** The scale at the left, and which curve is which. */
function drawLabels(
  context: CanvasRenderingContext2D,
  box: Rect,
  [low, high]: readonly [number, number],
  input: InputValues,
  drawn: readonly number[],
  palette: Palette,
): void {
  context.font = `11px ${FONT}`;
  const names = drawn
    .map((one, i) => `${LINES[i % LINES.length]} ${channelName(input, one)}`)
    .join("  ");
  const hidden = input.width > drawn.length ? ` (of ${input.width})` : "";
  const texts = [
    [short(high), box.y + 14],
    [short(low), box.y + box.height - 6],
  ] as const;
  context.textAlign = "left";
  for (const [text, y] of texts) label(context, text, box.x + 4, y, palette);
  const width = box.width * 0.6;
  const told = input.width > 1 || input.names.length > 0 ? `${names}${hidden}` : "";
  const cut = cutText(context, told, width);
  label(context, cut, box.x + box.width - context.measureText(cut).width - 6, box.y + 14, palette);
}

function label(
  context: CanvasRenderingContext2D,
  text: string,
  x: number,
  y: number,
  palette: Palette,
): void {
  if (text === "") return;
  context.fillStyle = palette.panel;
  context.fillRect(x - 2, y - 11, context.measureText(text).width + 4, 15);
  context.fillStyle = palette.text;
  context.fillText(text, x, y);
}

export function rangeOf(input: InputValues, channels: readonly number[]): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const channel of channels) {
    for (let i = 0; i < input.length; i++) {
      const value = input.values[i * input.width + channel] as number;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 0];
}

function trace(
  context: CanvasRenderingContext2D,
  box: Rect,
  input: InputValues,
  channel: number,
  low: number,
  high: number,
): void {
  context.beginPath();
  for (let i = 0; i < input.length; i++) {
    const value = input.values[i * input.width + channel] as number;
    const share = high > low ? (value - low) / (high - low) : 0.5;
    const x = box.x + ((i + 0.5) / input.length) * box.width;
    context.lineTo(x, box.y + (1 - share) * box.height);
  }
}

function stroke(
  context: CanvasRenderingContext2D,
  colour: string,
  width: number,
  dash: readonly number[],
): void {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash([...dash]);
  context.stroke();
  context.setLineDash([]);
}
