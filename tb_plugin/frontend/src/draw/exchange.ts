/** How far predictions follow exchanged windows: over a picture as a map, over a row as bars. */

import { wideCells } from "../analysis/exchange-facts.ts";
import type { Exchange, Grid } from "../format/exchanged.ts";
import { drawPlate, fit, type Rect } from "./canvas.ts";
import { cutText, FONT, type Palette, PLATE_PALETTE } from "./palette.ts";
import { type Colouring, colourPlane, type Plane, paintOf } from "./plane.ts";

export interface ExchangeLook {
  readonly grid: Grid;
  readonly colouring: Colouring;
  /** Whether the strongest window is outlined: it is that of all classes. */
  readonly isOutlined: boolean;
  /** The level of chance, of bars. */
  readonly chance: number;
  /** Of columns; empty for positions. */
  readonly names: readonly string[];
}

/** Which cell lies under a point, -1 for none. */
export type CellAt = (x: number, y: number) => number;

export function drawExchange(
  context: CanvasRenderingContext2D,
  box: Rect,
  record: Exchange,
  look: ExchangeLook,
): CellAt {
  context.clearRect(box.x, box.y, box.width, box.height);
  if (record.sides.length === 2) return drawMapOf(context, box, record, look);
  return drawBarsOf(context, box, record, look);
}

// ----------------------------------------------------------------------- map

function drawMapOf(
  context: CanvasRenderingContext2D,
  box: Rect,
  record: Exchange,
  look: ExchangeLook,
): CellAt {
  const [height = 1, width = 1] = record.sides;
  const rect = fit(width, height, box);
  const plane = planeOf(look.grid);
  const [cellHeight = 1, cellWidth = 1] = record.cell;
  // Cells may reach beyond the input's last positions.
  const [across, down] = [rect.width / width, rect.height / height];
  const cells = {
    ...{ x: rect.x, y: rect.y },
    width: plane.width * cellWidth * across,
    height: plane.height * cellHeight * down,
  };
  context.save();
  context.beginPath();
  context.rect(rect.x, rect.y, rect.width, rect.height);
  context.clip();
  drawPlate(context, rect);
  context.imageSmoothingEnabled = false;
  const { canvas } = colourPlane(plane, look.colouring);
  context.drawImage(canvas, cells.x, cells.y, cells.width, cells.height);
  const [w, h] = [cells.width / plane.width, cells.height / plane.height];
  const rects = wideCells(record).map((i) => ({
    x: cells.x + (i % plane.width) * w,
    y: cells.y + Math.floor(i / plane.width) * h,
    ...{ width: w, height: h },
  }));
  hatch(context, rects, rect);
  context.restore();
  if (look.isOutlined) outlineWindow(context, record, rect, across, down);
  return (x, y) => {
    const [column, row] = [Math.floor((x - cells.x) / w), Math.floor((y - cells.y) / h)];
    const isIn = column >= 0 && row >= 0 && column < plane.width && row < plane.height;
    return isIn ? row * plane.width + column : -1;
  };
}

function planeOf({ shape, values }: Grid): Plane {
  const [width = 1, height = 1] = [...shape].reverse();
  return { data: Float32Array.from(values), width, height, scale: 1 };
}

function outlineWindow(
  context: CanvasRenderingContext2D,
  { corner, size, sides }: Exchange,
  rect: Rect,
  across: number,
  down: number,
): void {
  const [top = 0, left = 0] = corner;
  const [height = 1, width = 1] = size;
  const bottom = Math.min(top + height, sides[0] ?? 1);
  const right = Math.min(left + width, sides[1] ?? 1);
  frame(context, {
    x: rect.x + left * across + 1.5,
    y: rect.y + top * down + 1.5,
    width: (right - left) * across - 3,
    height: (bottom - top) * down - 3,
  });
}

/** White on black: seen on every colour. */
function frame(context: CanvasRenderingContext2D, { x, y, width, height }: Rect): void {
  context.lineWidth = 4;
  context.strokeStyle = "#000";
  context.strokeRect(x, y, width, height);
  context.lineWidth = 2;
  context.strokeStyle = "#fff";
  context.strokeRect(x, y, width, height);
}

/** Grey lines, light on dark ones, over what is hardly known. */
function hatch(context: CanvasRenderingContext2D, rects: readonly Rect[], room: Rect): void {
  if (rects.length === 0) return;
  context.save();
  context.beginPath();
  for (const { x, y, width, height } of rects) context.rect(x, y, width, height);
  context.clip();
  for (const [colour, width] of [["#000", 2.5] as const, ["#c8ccd2", 1] as const]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (let x = -room.height; x < room.width; x += 7) {
      context.moveTo(room.x + x, room.y + room.height);
      context.lineTo(room.x + x + room.height, room.y);
    }
    context.stroke();
  }
  context.restore();
}

// ---------------------------------------------------------------------- bars

const ROW = 18;
const NAMES = 0.42;

/** How high the bars of a row are: named columns stand below each other, positions side by side. */
export function barsHeight(count: number, names: readonly string[], size: number): number {
  return names.length > 0 ? count * ROW + 4 : Math.round(size * 0.6);
}

function drawBarsOf(
  context: CanvasRenderingContext2D,
  box: Rect,
  record: Exchange,
  look: ExchangeLook,
): CellAt {
  const plane = planeOf(look.grid);
  drawPlate(context, box);
  const bars = look.names.length > 0 ? lying(box, plane.width) : standing(box, plane.width);
  const wide = new Set(wideCells(record));
  const { limit } = look.colouring;
  const drawn = Array.from({ length: plane.width }, (_, i) => {
    const paint = paintOf(plane, i, look.colouring);
    const share = Math.min(1, Math.max(0, Number.isNaN(paint.share) ? 0 : paint.share));
    const bar = bars.bar(i, share);
    context.fillStyle = `rgb(${paint.rgb.join(" ")})`;
    context.fillRect(bar.x, bar.y, bar.width, bar.height);
    return bar;
  });
  hatch(
    context,
    drawn.filter((_, i) => wide.has(i)),
    box,
  );
  if (look.names.length > 0) drawNames(context, box, look.names, plane.width, PLATE_PALETTE);
  drawChance(context, bars.level(limit > 0 ? look.chance / limit : 0));
  if (look.isOutlined) {
    const [first = 0] = record.corner;
    const cell = record.cell[0] ?? 1;
    const last = Math.min(first + (record.size[0] ?? 1), record.sides[0] ?? 1);
    frame(context, bars.range(first / cell, last / cell));
  }
  return bars.at;
}

interface BarPlaces {
  readonly bar: (index: number, share: number) => Rect;
  readonly range: (from: number, to: number) => Rect;
  readonly level: (share: number) => readonly [number, number, number, number];
  readonly at: CellAt;
}

function standing(box: Rect, count: number): BarPlaces {
  const step = box.width / count;
  const [bottom, room] = [box.y + box.height - 2, box.height - 8];
  return {
    bar: (i, share) => ({
      ...{ x: box.x + i * step, y: bottom - share * room },
      ...{ width: Math.max(1, step - (step > 3 ? 1 : 0)), height: Math.max(1, share * room) },
    }),
    range: (from, to) => ({
      ...{ x: box.x + from * step + 1, y: box.y + 2 },
      ...{ width: (to - from) * step - 2, height: box.height - 4 },
    }),
    level: (share) => [box.x, bottom - share * room, box.x + box.width, bottom - share * room],
    at: (x) => inside(Math.floor((x - box.x) / step), count),
  };
}

function lying(box: Rect, count: number): BarPlaces {
  const left = box.x + box.width * NAMES;
  const room = box.x + box.width - left - 6;
  const top = box.y + 2;
  return {
    bar: (i, share) => ({
      ...{ x: left, y: top + i * ROW + 2, width: Math.max(1, share * room), height: ROW - 5 },
    }),
    range: (from, to) => ({
      ...{ x: box.x + 1.5, y: top + from * ROW, width: box.width - 3, height: (to - from) * ROW },
    }),
    level: (share) => [left + share * room, box.y, left + share * room, box.y + box.height],
    at: (_x, y) => inside(Math.floor((y - top) / ROW), count),
  };
}

function inside(index: number, count: number): number {
  return index >= 0 && index < count ? index : -1;
}

function drawNames(
  context: CanvasRenderingContext2D,
  box: Rect,
  names: readonly string[],
  count: number,
  palette: Palette,
): void {
  context.font = `11px ${FONT}`;
  context.fillStyle = palette.text;
  context.textAlign = "left";
  for (let i = 0; i < count; i++) {
    const text = cutText(context, names[i] || `column ${i}`, box.width * NAMES - 10);
    context.fillText(text, box.x + 5, box.y + 2 + i * ROW + 12);
  }
}

function drawChance(
  context: CanvasRenderingContext2D,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): void {
  context.save();
  context.strokeStyle = "#fff";
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.stroke();
  context.restore();
}
