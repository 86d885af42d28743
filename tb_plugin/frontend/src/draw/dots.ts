/** Samples as marks along one measure, over the band of what differs by chance. */

import { type Band, finite, lanesOf, type Score } from "../analysis/drift-scores.ts";
import { sharpContext } from "./canvas.ts";

export const DOTS_HEIGHT = 44;
const SIDE = 8;
const SPACE = 8;
const LANES = 5;
const RADIUS = 3.5;
const REACH = 9;

/** One sample's mark. */
export interface Mark {
  readonly score: Score;
  readonly x: number;
  readonly y: number;
}

export interface DotsLook {
  readonly width: number;
  readonly axis: readonly [number, number];
  readonly colour: string;
  readonly band: Band | undefined;
  readonly selected: readonly number[];
  readonly palette: { readonly band: string; readonly line: string; readonly text: string };
}

/** Where a value stands on an axis `width` wide. */
export function xOf(value: number, [low, high]: readonly [number, number], width: number) {
  return SIDE + ((value - low) / (high - low)) * (width - 2 * SIDE);
}

/** The values to write below the axis: its ends and the quarters between. */
export function ticksOf([low, high]: readonly [number, number]): number[] {
  return [0, 1, 2, 3, 4].map((i) => low + (i / 4) * (high - low));
}

/** Where the samples' marks are, those that cannot be compared left out. */
export function marksOf(
  scores: readonly Score[],
  axis: readonly [number, number],
  width: number,
): Mark[] {
  const shown = scores.filter(({ value }) => Number.isFinite(value));
  const positions = finite(shown).map((value) => xOf(value, axis, width));
  const lanes = lanesOf(positions, SPACE, LANES);
  return shown.map((score, i) => ({
    score,
    x: positions[i] as number,
    y: DOTS_HEIGHT / 2 + (lanes[i] as number) * SPACE,
  }));
}

/** The mark under a point, undefined where there is none near. */
export function markAt(marks: readonly Mark[], x: number, y: number): Mark | undefined {
  const far = ({ x: a, y: b }: Mark): number => Math.hypot(a - x, b - y);
  const [nearest] = [...marks].sort((a, b) => far(a) - far(b));
  return nearest && far(nearest) <= REACH ? nearest : undefined;
}

export function drawDots(
  canvas: HTMLCanvasElement,
  marks: readonly Mark[],
  { width, axis, colour, band, selected, palette }: DotsLook,
): void {
  const context = sharpContext(canvas, width, DOTS_HEIGHT);
  if (!context) return;
  context.clearRect(0, 0, width, DOTS_HEIGHT);
  if (band) drawBand(context, band, axis, width, palette.band);
  context.fillStyle = palette.line;
  for (const tick of ticksOf(axis)) {
    context.fillRect(Math.round(xOf(tick, axis, width)), 0, 1, DOTS_HEIGHT);
  }
  context.fillRect(SIDE, DOTS_HEIGHT - 1, width - 2 * SIDE, 1);
  // Crosses last: they are few, and the thinner marks.
  const order = [...marks].sort((a, b) => Number(b.score.agrees) - Number(a.score.agrees));
  for (const mark of order) drawMark(context, mark, colour);
  context.strokeStyle = palette.text;
  context.lineWidth = 1.5;
  for (const { score, x, y } of marks) {
    if (selected.includes(score.sample)) ring(context, x, y, RADIUS + 2.5);
  }
}

function drawBand(
  context: CanvasRenderingContext2D,
  { low, high }: Band,
  axis: readonly [number, number],
  width: number,
  colour: string,
): void {
  const [from, to] = [xOf(low, axis, width), xOf(high, axis, width)];
  context.fillStyle = colour;
  context.fillRect(from, 0, Math.max(1, to - from), DOTS_HEIGHT);
}

/** A disc where the prediction agrees, a cross where it changed. */
function drawMark(context: CanvasRenderingContext2D, { score, x, y }: Mark, colour: string): void {
  if (score.agrees) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x, y, RADIUS, 0, 7);
    context.fill();
    return;
  }
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.beginPath();
  for (const slope of [1, -1]) {
    context.moveTo(x - RADIUS, y - slope * RADIUS);
    context.lineTo(x + RADIUS, y + slope * RADIUS);
  }
  context.stroke();
}

function ring(context: CanvasRenderingContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.stroke();
}
