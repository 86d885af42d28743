/** How the numbers of a kernel or layer are spread: bars at one epoch, and a map of all epochs. */

import { colourTable, type SequentialName } from "../analysis/colours.ts";
import { countText, type Scale } from "../analysis/compression.ts";
import { unitOf } from "../analysis/epochs.ts";
import { short } from "../analysis/numbers.ts";
import type { Spread } from "../format/healthy.ts";
import { sharpContext } from "./canvas.ts";
import type { Spreads } from "./spreads.ts";

export const LEFT = 44;
const BOTTOM = 18;
const COLUMNS = 160;

export interface HistogramPalette {
  readonly muted: string;
  readonly line: string;
}

/** One x axis for all runs and epochs of a kernel or layer, so that scrubbing shows what moves. */
export function valueRange(all: readonly Spreads[]): Scale {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const spread of knownOf(all)) {
    if (!spread.counts.some((count) => count > 0)) continue;
    low = Math.min(low, spread.low);
    high = Math.max(high, spread.high);
  }
  if (low > high) return { low: -1, high: 1 };
  const pad = low === high ? Math.abs(low) || 1 : 0;
  return { low: low - pad, high: high + pad };
}

/** The highest bar of all runs and epochs. */
export function mostCounted(all: readonly Spreads[]): number {
  return knownOf(all).reduce((most, { counts }) => Math.max(most, ...counts), 1);
}

function knownOf(all: readonly Spreads[]): Spread[] {
  return all.flatMap((spreads) => spreads.flatMap(({ spread }) => spread ?? []));
}

export interface Bars {
  readonly spread: Spread | undefined;
  readonly colour: string;
}

export interface BarsLook {
  readonly width: number;
  readonly height: number;
  readonly range: Scale;
  readonly most: number;
}

export function drawBars(canvas: HTMLCanvasElement, all: readonly Bars[], look: BarsLook): void {
  const context = sharpContext(canvas, look.width, look.height);
  if (!context) return;
  context.clearRect(0, 0, look.width, look.height);
  for (const { spread, colour } of all) if (spread) drawOne(context, spread, colour, look);
}

function xOf({ range, width }: BarsLook, value: number): number {
  return LEFT + ((value - range.low) / (range.high - range.low)) * (width - LEFT - 8);
}

/** Filled faintly and outlined: two runs over each other stay readable. */
function drawOne(
  context: CanvasRenderingContext2D,
  { counts, low, high }: Spread,
  colour: string,
  look: BarsLook,
): void {
  const floor = look.height - BOTTOM;
  const edge = (i: number): number => xOf(look, low + ((high - low) * i) / counts.length);
  context.beginPath();
  context.moveTo(edge(0), floor);
  for (const [i, count] of counts.entries()) {
    const y = floor - (count / look.most) * (floor - 6);
    const right = low === high ? edge(0) + 2 : edge(i + 1);
    context.lineTo(edge(i), y);
    context.lineTo(right, y);
  }
  context.lineTo(low === high ? edge(0) + 2 : edge(counts.length), floor);
  context.fillStyle = colour;
  context.globalAlpha = 0.28;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.stroke();
}

/** The frame and numbers of the bars, on a canvas below: they stay while the bars change. */
export function drawAxes(
  canvas: HTMLCanvasElement,
  look: BarsLook,
  palette: HistogramPalette,
): void {
  const { width, height, range, most } = look;
  const context = sharpContext(canvas, width, height);
  if (!context) return;
  context.clearRect(0, 0, width, height);
  const floor = height - BOTTOM;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.strokeRect(LEFT + 0.5, 5.5, width - LEFT - 8, floor - 5);
  context.fillStyle = palette.muted;
  context.font = "10.5px Roboto, system-ui, sans-serif";
  context.textAlign = "right";
  context.fillText(countText(most), LEFT - 5, 13);
  context.fillText("0", LEFT - 5, floor);
  const zero = xOf(look, 0);
  const hasZero = range.low < 0 && range.high > 0;
  if (hasZero) {
    context.beginPath();
    context.moveTo(Math.round(zero) + 0.5, 5);
    context.lineTo(Math.round(zero) + 0.5, floor);
    context.stroke();
  }
  context.textAlign = "left";
  context.fillText(short(range.low, 2), LEFT, height - 5);
  context.textAlign = "right";
  context.fillText(short(range.high, 2), width - 8, height - 5);
  context.textAlign = "center";
  if (hasZero && zero > LEFT + 40 && zero < width - 48) context.fillText("0", zero, height - 5);
}

/** Epochs down, values across as in the bars above; the more numbers, the stronger the colour. */
export function drawHeat(
  canvas: HTMLCanvasElement,
  spreads: Spreads,
  steps: readonly number[],
  ramp: SequentialName,
  { width, height, range }: { width: number; height: number; range: Scale },
): void {
  const context = sharpContext(canvas, width, height);
  if (!context) return;
  context.clearRect(0, 0, width, height);
  for (const [i, { step, spread }] of spreads.entries()) {
    if (!spread) continue;
    const top = heatY(steps, step, height);
    const next = spreads[i + 1];
    const bottom = next ? heatY(steps, next.step, height) : height;
    const line = lineOf(spread, range, ramp);
    context.imageSmoothingEnabled = false;
    context.drawImage(line, LEFT, top, width - LEFT - 8, bottom - top + 0.5);
  }
}

/** Where an epoch begins on a heat map of all epochs. */
export function heatY(steps: readonly number[], step: number, height: number): number {
  const first = steps[0] ?? 0;
  const end = (steps.at(-1) ?? first) + unitOf(steps);
  return ((step - first) / (end - first)) * height;
}

/** One epoch as a line of pixels: density relative to the densest bin, by its root. */
function lineOf(spread: Spread, range: Scale, ramp: SequentialName) {
  const canvas = document.createElement("canvas");
  canvas.width = COLUMNS;
  canvas.height = 1;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  const pixels = new ImageData(COLUMNS, 1);
  const out = new Uint32Array(pixels.data.buffer);
  const table = colourTable(ramp);
  const most = Math.max(1, ...spread.counts);
  for (const [x, count] of densest(spread, range, COLUMNS).entries()) {
    if (count > 0) out[x] = table[Math.round(255 * Math.sqrt(count / most))] as number;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * The largest count in each of equal parts of a range. Numbers of another run may be spread over a
 * millionth of it: they are in one part then, and not between two.
 */
export function densest({ counts, low, high }: Spread, range: Scale, parts: number): number[] {
  const part = (range.high - range.low) / parts;
  const width = (high - low) / counts.length;
  const found = new Array<number>(parts).fill(0);
  const partAt = (value: number): number =>
    Math.min(Math.max(Math.floor((value - range.low) / part), 0), parts - 1);
  for (const [i, count] of counts.entries()) {
    const from = partAt(low + i * width);
    // Where a bin ends at the beginning of a part, it has none of it.
    const to = Math.max(from, partAt(low + (i + 1) * width - 1e-9 * part));
    for (let x = from; x <= to; x++) found[x] = Math.max(found[x] ?? 0, count);
  }
  return found;
}
