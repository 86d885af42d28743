/** One metric of every kernel or layer over epochs: rows of coloured cells. */

import { colourAt, type SequentialName } from "../analysis/colours.ts";
import {
  fractionOn,
  type Metric,
  metricText,
  rangeOf,
  type Scale,
  type Unit,
} from "../analysis/compression.ts";
import { lastUntil, unitOf } from "../analysis/epochs.ts";
import { isTable, tableValue } from "../analysis/kernels.ts";
import type { Series } from "../data/series.ts";
import { sharpContext } from "./canvas.ts";

export const ROW = 22;
/** Up to here, cells are wide enough to print their numbers. */
const FEW = 4;
const NUMBER_WIDTH = 46;

/** Epochs along a width; the last one is as long as one epoch, or as what they are measured in. */
export interface Axis {
  readonly first: number;
  readonly end: number;
  readonly width: number;
  readonly unit: number;
  readonly steps: readonly number[];
}

export function axisOf(steps: readonly number[], width: number): Axis {
  const first = steps[0] ?? 0;
  const unit = unitOf(steps);
  return { first, end: (steps.at(-1) ?? first) + unit, width, unit, steps };
}

/** Where the epoch `step` begins. */
export function xOf({ first, end, width }: Axis, step: number): number {
  return ((step - first) / (end - first)) * width;
}

/** Where the playhead stands: beside the numbers, where cells print them. */
export function playheadOf(axis: Axis, step: number, count: number): number {
  return count <= FEW ? xOf(axis, step) + 2 : middleOf(axis, step);
}

/** The middle of the epoch `step`. */
export function middleOf(axis: Axis, step: number): number {
  return xOf(axis, step + axis.unit / 2);
}

/** The epoch under a point. */
export function stepAt({ first, end, width, unit, steps }: Axis, x: number): number {
  const step = first + (x / width) * (end - first);
  if (unit < 1) return lastUntil(steps, step, (own) => own) ?? first;
  return Math.min(Math.max(Math.floor(step), first), end - 1);
}

/** Epochs to write below the axis, about `space` pixels apart; parts of them where there are any. */
export function ticksOf(axis: Axis, space = axis.unit < 1 ? 66 : 44): number[] {
  const epochs = axis.end - axis.first;
  const least = (epochs * space) / Math.max(axis.width, 1);
  const tens = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000, 10_000];
  const powers = tens.flatMap((p) => [p, 2 * p, 5 * p]);
  const by = powers.find((step) => step >= Math.max(least, axis.unit)) ?? epochs;
  const start = Math.ceil(axis.first / by) * by;
  return Array.from(
    { length: Math.max(0, Math.ceil((axis.end - start) / by)) },
    (_, i) => Number((start + i * by).toFixed(6)) || 0,
  );
}

/** What one run knows: a number for each kernel or layer (rows) and record (columns), each until the next. */
export interface Cells {
  readonly steps: readonly number[];
  readonly values: readonly Float64Array[];
}

export function cellsOf(
  series: Series | undefined,
  names: readonly string[],
  metric: string,
): Cells {
  const points = series?.points ?? [];
  return {
    steps: points.map(({ step }) => step),
    values: names.map((name) =>
      Float64Array.from(points, ({ record }) =>
        tableValue(isTable(record) ? record : undefined, name, metric),
      ),
    ),
  };
}

/** One scale for all runs, so that their colours can be compared. */
export function scaleOf(metric: Metric, cells: readonly Cells[]): Scale {
  return rangeOf(metric, allOf(cells));
}

function* allOf(cells: readonly Cells[]): Generator<number> {
  for (const { values } of cells) for (const row of values) yield* row;
}

export interface StripLook {
  readonly axis: Axis;
  readonly scale: Scale;
  readonly unit: Unit;
  readonly ramp: SequentialName;
  readonly palette: { readonly panel: string; readonly card: string; readonly muted: string };
}

export function drawStrip(canvas: HTMLCanvasElement, cells: Cells, look: StripLook): void {
  const { axis, palette } = look;
  const height = cells.values.length * ROW;
  const context = sharpContext(canvas, axis.width, height);
  if (!context) return;
  context.clearRect(0, 0, axis.width, height);
  for (const [row, values] of cells.values.entries()) drawRow(context, row, cells, values, look);
  context.fillStyle = palette.panel;
  for (let row = 1; row <= cells.values.length; row++) {
    context.fillRect(0, row * ROW - 1, axis.width, 1);
  }
}

/** Neighbours of one value are one rectangle: most kernels stand still most of the time. */
function drawRow(
  context: CanvasRenderingContext2D,
  row: number,
  { steps }: Cells,
  values: Float64Array,
  look: StripLook,
): void {
  const { axis, scale } = look;
  let from = 0;
  while (from < values.length) {
    const value = values[from] as number;
    let to = from + 1;
    while (to < values.length && Object.is(values[to], value)) to++;
    const left = xOf(axis, steps[from] as number);
    const right = to < values.length ? xOf(axis, steps[to] as number) : axis.width;
    const fraction = fractionOn(scale, value);
    if (Number.isNaN(fraction)) hatch(context, left, row * ROW, right - left, look);
    else {
      context.fillStyle = `rgb(${colourAt(look.ramp, fraction).join(" ")})`;
      context.fillRect(left, row * ROW, right - left + 0.5, ROW);
    }
    from = to;
  }
  if (steps.length > FEW) return;
  for (const [i, value] of values.entries()) {
    const left = xOf(axis, steps[i] as number);
    const right = i + 1 < steps.length ? xOf(axis, steps[i + 1] as number) : axis.width;
    if (right - left >= NUMBER_WIDTH) writeNumber(context, left, row * ROW, value, look);
  }
}

/** Not known: in no colour of the scale, and told apart without colour. */
function hatch(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  { palette }: StripLook,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, ROW);
  context.clip();
  context.fillStyle = palette.card;
  context.fillRect(x, y, width, ROW);
  context.strokeStyle = palette.muted;
  context.globalAlpha = 0.45;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = x - ROW - (x % 6); at < x + width; at += 6) {
    context.moveTo(at, y + ROW);
    context.lineTo(at + ROW, y);
  }
  context.stroke();
  context.restore();
}

function writeNumber(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  value: number,
  { scale, unit, ramp, palette }: StripLook,
): void {
  const fraction = fractionOn(scale, value);
  if (Number.isNaN(fraction)) return;
  const [r, g, b] = colourAt(ramp, fraction);
  const isLight = 0.299 * r + 0.587 * g + 0.114 * b > 140;
  context.font = "11px Roboto, system-ui, sans-serif";
  context.textBaseline = "middle";
  context.fillStyle = isLight ? "#10141c" : "#ffffff";
  if (Number.isNaN(value)) context.fillStyle = palette.muted;
  context.fillText(metricText(unit, value), x + 8, y + ROW / 2);
}
