/** Canvases that are sharp on every display, and the layers drawn on them. */

import { memo } from "../analysis/memo.ts";
import type { Pixels } from "../data/bitmaps.ts";
import { DIM, PLATE } from "../tables.ts";
import type { Coloured } from "./plane.ts";

/** The page’s, or that of a canvas which is not in it. */
export type Context2D = CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Answers a context of its own for a canvas, whose size is in CSS pixels. */
export type Recorder = (
  canvas: HTMLCanvasElement,
  size: { readonly width: number; readonly height: number },
) => CanvasRenderingContext2D | undefined;

let recorder: Recorder | undefined;

/** Have all that the page draws recorded in place of drawn, until this is called without one. */
export function recordWith(next?: Recorder): void {
  recorder = next;
}

export function isRecording(): boolean {
  return recorder !== undefined;
}

/** Give a canvas the device pixels its CSS size needs; answers a context in CSS pixels. */
export function sharpContext(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | undefined {
  if (recorder) return recorder(canvas, { width, height });
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d") ?? undefined;
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

/**
 * For canvases out of sight. For any other the browser would ask, at each drawing of a worker, for a
 * graphics card, and the worker would wait until the page has time to answer.
 */
export const IN_MEMORY = { willReadFrequently: true } as const;

/** The largest centred rectangle of a picture's proportions; a table's row becomes a strip. */
export function fit(width: number, height: number, box: Rect): Rect {
  if (height === 1 && width > 4) {
    const strip = Math.min(box.height, Math.max(24, box.height / 4));
    return { ...box, y: box.y + (box.height - strip) / 2, height: strip };
  }
  const scale = Math.min(box.width / width, box.height / height);
  const [w, h] = [width * scale, height * scale];
  return { x: box.x + (box.width - w) / 2, y: box.y + (box.height - h) / 2, width: w, height: h };
}

/** An input as it is: with its own pixels where it is enlarged, all of them where it is shrunk. */
export function drawPicture(context: Context2D, { bitmap, part }: Pixels, rect: Rect): void {
  const { x, y, width, height } = rect;
  context.imageSmoothingEnabled = part.width > width * context.getTransform().a;
  context.drawImage(bitmap, part.x, part.y, part.width, part.height, x, y, width, height);
}

/** An input as it lies under a map: grey and dark. */
export function drawDimmed(context: Context2D, pixels: Pixels, rect: Rect): void {
  const canvas = dimmedOf(pixels);
  const { x, y, width, height } = rect;
  context.imageSmoothingEnabled = canvas.width > width * context.getTransform().a;
  context.drawImage(canvas, x, y, width, height);
}

/** Made once of each picture; what is transparent lies on white, as in pictures of the log. */
const dimmedOf = memo(({ bitmap, part }: Pixels): OffscreenCanvas => {
  const canvas = new OffscreenCanvas(
    Math.max(1, Math.round(part.width)),
    Math.max(1, Math.round(part.height)),
  );
  const context = canvas.getContext("2d", IN_MEMORY);
  if (!context) return canvas;
  const { width, height } = canvas;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  context.drawImage(bitmap, part.x, part.y, part.width, part.height, 0, 0, width, height);
  // Without saturation, with the lightness it had: what filters do, in all browsers.
  context.globalCompositeOperation = "saturation";
  context.fillStyle = "#808080";
  context.fillRect(0, 0, width, height);
  context.globalCompositeOperation = "source-over";
  context.fillStyle = `rgb(0 0 0 / ${1 - DIM})`;
  context.fillRect(0, 0, width, height);
  return canvas;
});

/** What a map lies on where there is no picture: the same in both themes, as its colours are. */
export function drawPlate(context: Context2D, rect: Rect): void {
  context.fillStyle = PLATE_COLOUR;
  context.fillRect(rect.x, rect.y, rect.width, rect.height);
}

export const PLATE_COLOUR = `#${PLATE.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/** A coloured map over what is drawn already; where it has no number, hatching. */
export function drawMap(
  context: Context2D,
  coloured: Coloured,
  size: { readonly width: number; readonly height: number },
  rect: Rect,
  smooth: boolean,
): void {
  context.imageSmoothingEnabled = smooth;
  const { canvas, top, width, height } = coloured;
  context.drawImage(canvas, 0, top, width, height, rect.x, rect.y, rect.width, rect.height);
  if (coloured.holes.length > 0) hatch(context, coloured.holes, size, rect);
}

const MAX_HATCHED = 4096;

/** Magenta hatching: in no colour map, and told apart without colour too. */
function hatch(
  context: Context2D,
  holes: readonly number[],
  size: { readonly width: number; readonly height: number },
  rect: Rect,
): void {
  const [w, h] = [rect.width / size.width, rect.height / size.height];
  context.save();
  context.beginPath();
  for (const hole of holes.slice(0, MAX_HATCHED)) {
    const [x, y] = [hole % size.width, Math.floor(hole / size.width)];
    context.rect(rect.x + x * w, rect.y + y * h, w, h);
  }
  context.fillStyle = "#1d0018";
  context.fill();
  context.clip();
  context.strokeStyle = "#ff4fd8";
  context.lineWidth = 1.5;
  context.beginPath();
  for (let x = -rect.height; x < rect.width; x += 5) {
    context.moveTo(rect.x + x, rect.y + rect.height);
    context.lineTo(rect.x + x + rect.height, rect.y);
  }
  context.stroke();
  context.restore();
}

/** Outline one position of a map. */
export function outline(
  context: Context2D,
  index: number,
  size: { readonly width: number; readonly height: number },
  rect: Rect,
): void {
  const [w, h] = [rect.width / size.width, rect.height / size.height];
  const x = rect.x + (index % size.width) * w;
  const y = rect.y + Math.floor(index / size.width) * h;
  context.lineWidth = 3;
  context.strokeStyle = "#000";
  context.strokeRect(x, y, w, h);
  context.lineWidth = 1.25;
  context.strokeStyle = "#fff";
  context.strokeRect(x, y, w, h);
}

/** Which position lies under a point, -1 for none. */
export function positionAt(
  x: number,
  y: number,
  size: { readonly width: number; readonly height: number },
  rect: Rect,
): number {
  const column = Math.floor(((x - rect.x) / rect.width) * size.width);
  const row = Math.floor(((y - rect.y) / rect.height) * size.height);
  const inside = column >= 0 && row >= 0 && column < size.width && row < size.height;
  return inside ? row * size.width + column : -1;
}
