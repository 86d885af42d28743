/** From stored numbers to coloured pixels, at the map's own resolution or smoothed between. */

import { levelOf, type Rgb } from "../analysis/colours.ts";
import { HALF } from "../format/half.ts";

/** One map, one channel or one difference: float16 times `scale`, or plain numbers. */
export interface Plane {
  readonly data: Uint16Array | Float32Array;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

export interface Colouring {
  /** As `mapTable` makes it. */
  readonly table: Uint32Array;
  /** The magnitude at the end of the colour map. */
  readonly limit: number;
  readonly signed: boolean;
  readonly smooth: boolean;
}

/** What was drawn: its canvas, and where no number was. */
export interface Coloured {
  readonly canvas: HTMLCanvasElement;
  readonly holes: readonly number[];
}

const SMOOTH_SIDE = 112;
/** What stands where no number is: in no colour map. */
const HOLE: Rgb = [255, 79, 216];

let decoded = new Float32Array(0);
let spread = new Float32Array(0);
const surfaces = new Map<string, { canvas: HTMLCanvasElement; pixels: ImageData }>();

/** The value at a position, in the map's unit. */
export function valueAt({ data, scale }: Plane, index: number): number {
  if (data instanceof Float32Array) return data[index] as number;
  const unit = HALF[data[index] as number] as number;
  return Number.isFinite(unit) ? unit * scale : unit;
}

/** Colour a plane; the canvas is shared by all planes of that size and good until the next call. */
export function colourPlane(plane: Plane, how: Colouring): Coloured {
  const holes = decodeInto(plane, how.limit);
  const factor = how.smooth ? smoothing(plane) : 1;
  const surface = surfaceOf(plane.width * factor, plane.height * factor);
  const shares = factor > 1 ? interpolate(plane, factor) : decoded;
  colourise(shares, surface.pixels, how);
  surface.canvas.getContext("2d")?.putImageData(surface.pixels, 0, 0);
  return { canvas: surface.canvas, holes };
}

function smoothing({ width, height }: Plane): number {
  return Math.max(1, Math.ceil(SMOOTH_SIDE / Math.max(width, height)));
}

function surfaceOf(width: number, height: number) {
  const key = `${width}x${height}`;
  const known = surfaces.get(key);
  if (known) return known;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const surface = { canvas, pixels: new ImageData(width, height) };
  // Sizes come from the log; a log of a thousand sizes must not keep a thousand canvases.
  if (surfaces.size > 32) surfaces.clear();
  surfaces.set(key, surface);
  return surface;
}

/** Fill `decoded` with shares of `limit`, holes as 0; answers where the holes are. */
function decodeInto({ data, width, height, scale }: Plane, limit: number): number[] {
  const size = width * height;
  if (decoded.length < size) decoded = new Float32Array(size);
  const table = data instanceof Float32Array ? undefined : HALF;
  const factor = limit > 0 ? (table ? scale : 1) / limit : 0;
  const holes: number[] = [];
  for (let i = 0; i < size; i++) {
    const raw = data[i] as number;
    const unit = table ? (table[raw] as number) : raw;
    if (unit - unit === 0) {
      decoded[i] = unit * factor;
    } else {
      decoded[i] = 0;
      holes.push(i);
    }
  }
  return holes;
}

/** Bilinear between the centres of `decoded`, so that colours follow values, not colours. */
function interpolate({ width, height }: Plane, factor: number): Float32Array {
  const [w, h] = [width * factor, height * factor];
  if (spread.length < w * h) spread = new Float32Array(w * h);
  const columns = neighbours(width, factor);
  const rows = neighbours(height, factor);
  for (let y = 0; y < h; y++) {
    const y0 = (rows.left[y] as number) * width;
    const y1 = (rows.right[y] as number) * width;
    const ty = rows.share[y] as number;
    for (let x = 0; x < w; x++) {
      const [x0, x1] = [columns.left[x] as number, columns.right[x] as number];
      const tx = columns.share[x] as number;
      const top = mix(decoded[y0 + x0] as number, decoded[y0 + x1] as number, tx);
      const bottom = mix(decoded[y1 + x0] as number, decoded[y1 + x1] as number, tx);
      spread[y * w + x] = mix(top, bottom, ty);
    }
  }
  return spread;
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

/** For each fine position, the two coarse ones around it and the share of the right one. */
function neighbours(size: number, factor: number) {
  const left = new Uint16Array(size * factor);
  const right = new Uint16Array(size * factor);
  const share = new Float32Array(size * factor);
  for (let i = 0; i < size * factor; i++) {
    const position = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), size - 1);
    left[i] = Math.floor(position);
    right[i] = Math.min(Math.floor(position) + 1, size - 1);
    share[i] = position - Math.floor(position);
  }
  return { left, right, share };
}

export interface Paint {
  readonly rgb: Rgb;
  /** 0 where nothing is drawn. */
  readonly alpha: number;
  /** By how much of the scale it is; NaN where there is no number. */
  readonly share: number;
}

/** The colour of one value, as `colourPlane` gives it. */
export function paintOf(plane: Plane, index: number, how: Colouring): Paint {
  const value = valueAt(plane, index);
  if (value - value !== 0) return { rgb: HOLE, alpha: 1, share: Number.NaN };
  const share = how.limit > 0 ? value / how.limit : 0;
  const pixel = how.table[levelOf(share, how.signed)] as number;
  const rgb: Rgb = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  return { rgb, alpha: (pixel >>> 24) / 255, share };
}

function colourise(shares: Float32Array, pixels: ImageData, how: Colouring): void {
  const out = new Uint32Array(pixels.data.buffer);
  for (let i = 0; i < out.length; i++) {
    out[i] = how.table[levelOf(shares[i] as number, how.signed)] as number;
  }
}
