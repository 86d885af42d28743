/** A figure with two axes: lines, dots, bars and intervals at places in the units of the axes. */

import type { Context2D } from "./canvas.ts";
import { cutText, FONT, type Palette } from "./palette.ts";

export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly label: string;
  readonly ticks: readonly number[];
  readonly tell: (value: number) => string;
}

export interface PlotAxes {
  readonly x: Axis;
  readonly y: Axis;
  /** Room for what the upright axis tells, in pixels; else as much as numbers take. */
  readonly left?: number;
}

export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

export type Point = readonly [x: number, y: number];

const ROOM = { left: 50, right: 10, top: 8, bottom: 34 } as const;

/** The axis of a share, named at its quarters. */
export function shareAxis(label: string, high = 1): Axis {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => share * high);
  const tell = (value: number): string => String(Number(value.toFixed(3)));
  return { low: 0, high, label, ticks, tell };
}

export class Plot {
  readonly palette: Palette;
  private readonly context: Context2D;
  private readonly size: PlotSize;
  private readonly axes: PlotAxes;

  constructor(context: Context2D, size: PlotSize, axes: PlotAxes, palette: Palette) {
    this.context = context;
    this.size = size;
    this.axes = axes;
    this.palette = palette;
  }

  private get left(): number {
    return this.axes.left ?? ROOM.left;
  }

  x(value: number): number {
    const { low, high } = this.axes.x;
    const width = this.size.width - this.left - ROOM.right;
    return this.left + (width * (value - low)) / (high - low || 1);
  }

  y(value: number): number {
    const { low, high } = this.axes.y;
    const height = this.size.height - ROOM.top - ROOM.bottom;
    return ROOM.top + height * (1 - (value - low) / (high - low || 1));
  }

  /** The axes, their numbers and names, on an empty ground. */
  frame(): void {
    const { context, palette } = this;
    const { x, y } = this.axes;
    const { width, height } = this.size;
    context.clearRect(0, 0, width, height);
    context.lineWidth = 1;
    context.strokeStyle = palette.line;
    context.fillStyle = palette.muted;
    context.font = `11px ${FONT}`;
    context.beginPath();
    for (const tick of x.ticks) {
      const at = Math.round(this.x(tick)) + 0.5;
      context.moveTo(at, this.y(y.low));
      context.lineTo(at, this.y(y.high));
    }
    for (const tick of y.ticks) {
      const at = Math.round(this.y(tick)) + 0.5;
      context.moveTo(this.x(x.low), at);
      context.lineTo(this.x(x.high), at);
    }
    context.stroke();
    context.textAlign = "center";
    for (const tick of x.ticks) context.fillText(x.tell(tick), this.x(tick), height - 20);
    context.fillText(x.label, (this.x(x.low) + this.x(x.high)) / 2, height - 5);
    context.textAlign = "right";
    for (const tick of y.ticks) {
      const text = cutText(context, y.tell(tick), this.left - 7);
      context.fillText(text, this.left - 5, this.y(tick) + 4);
    }
    context.save();
    context.translate(13, (this.y(y.low) + this.y(y.high)) / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(y.label, 0, 0);
    context.restore();
  }

  line(points: readonly Point[], colour: string, dash: readonly number[] = [], width = 2): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash([...dash]);
    context.beginPath();
    let isOpen = false;
    for (const [x, y] of points) {
      const isThere = Number.isFinite(x) && Number.isFinite(y);
      if (isThere && isOpen) context.lineTo(this.x(x), this.y(y));
      else if (isThere) context.moveTo(this.x(x), this.y(y));
      isOpen = isThere;
    }
    context.stroke();
    context.setLineDash([]);
  }

  /** What would be seen by chance, or where all is right. */
  guide(...points: readonly Point[]): void {
    this.line(points, this.palette.muted, [4, 4], 1);
  }

  dot([x, y]: Point, colour: string, radius = 3): void {
    const { context } = this;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return;
    context.fillStyle = colour;
    context.beginPath();
    context.arc(this.x(x), this.y(y), radius, 0, 2 * Math.PI);
    context.fill();
  }

  ring([x, y]: Point, colour: string, radius: number, width = 2): void {
    const { context } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    context.arc(this.x(x), this.y(y), radius, 0, 2 * Math.PI);
    context.stroke();
  }

  /** An interval, upright. */
  interval(x: number, low: number, high: number, colour: string): void {
    if (!Number.isFinite(low) || !Number.isFinite(high)) return;
    const lines: Point[] = [
      [x, low],
      [x, high],
    ];
    this.line(lines, colour, [], 1.5);
  }

  /** What lies between two lines. */
  band(
    xs: readonly number[],
    low: readonly number[],
    high: readonly number[],
    colour: string,
  ): void {
    const { context } = this;
    context.fillStyle = colour;
    context.beginPath();
    for (const [i, x] of xs.entries()) context.lineTo(this.x(x), this.y(high[i] ?? Number.NaN));
    for (const [i, x] of [...xs.entries()].reverse()) {
      context.lineTo(this.x(x), this.y(low[i] ?? Number.NaN));
    }
    this.translucent(0.16, () => context.fill());
  }

  /** From the lower axis. */
  bar(from: number, to: number, value: number, colour: string): void {
    const { context } = this;
    const [left, right] = [this.x(from), this.x(to)];
    const [top, bottom] = [this.y(value), this.y(this.axes.y.low)];
    context.fillStyle = colour;
    context.fillRect(left, top, Math.max(1, right - left - 1), bottom - top);
  }

  /** What comes next lets what lies below be seen. */
  translucent(alpha: number, draw: () => void): void {
    this.context.globalAlpha = alpha;
    draw();
    this.context.globalAlpha = 1;
  }

  /** The nearest of these points to a place in pixels, -1 where none is near. */
  nearest(points: readonly Point[], x: number, y: number, within = 12): number {
    let [best, least] = [-1, within * within];
    for (const [i, [px, py]] of points.entries()) {
      const away = (this.x(px) - x) ** 2 + (this.y(py) - y) ** 2;
      if (away <= least) [best, least] = [i, away];
    }
    return best;
  }
}

/** Round numbers from `low` to `high`, some five of them. */
export function roundTicks(low: number, high: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: count }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
