/** From stored numbers to coloured pixels, at the map's own resolution or smoothed between. */

import {
  levelOf,
  mapTable,
  type Rgb,
  type SequentialName,
  type SignedName,
} from "../analysis/colours.ts";
import { HALF } from "../format/half.ts";
import { IN_MEMORY } from "./canvas.ts";

/** One map, one channel or one difference: float16 times `scale`, or plain numbers. */
export interface Plane {
  readonly data: Uint16Array | Float32Array;
  readonly width: number;
  readonly height: number;
  readonly scale: number;
}

export interface Colouring {
  readonly ramp: SequentialName | SignedName;
  /** The magnitude at the end of the colour map. */
  readonly limit: number;
  readonly signed: boolean;
  readonly smooth: boolean;
}

/** What was coloured: the rows of a canvas from `top` on, and where no number was. */
export interface Coloured {
  readonly canvas: OffscreenCanvas;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly holes: readonly number[];
}

const SMOOTH_SIDE = 112;
/** Sizes come from the log; a log of a thousand sizes must not keep a thousand canvases. */
const MOST_SIZES = 32;
/** Of a canvas: browsers have none of 32,768 and more. */
const MOST_ROWS = 8192;
/** What stands where no number is: in no colour map. */
const HOLE: Rgb = [255, 79, 216];

let decoded = new Float32Array(0);
let line = new Float32Array(0);
const surfaces = new Map<string, { canvas: OffscreenCanvas; pixels: ImageData }>();

/** The value at a position, in the map's unit. */
export function valueAt({ data, scale }: Plane, index: number): number {
  if (data instanceof Float32Array) return data[index] as number;
  const unit = HALF[data[index] as number] as number;
  return Number.isFinite(unit) ? unit * scale : unit;
}

/** Colour a plane; the canvas is shared by all planes of that size and good until the next call. */
export function colourPlane(plane: Plane, how: Colouring): Coloured {
  return colourGroup([plane], [how])[0] as Coloured;
}

/** Draw planes of one size, many on one canvas: what is handed to the browser once costs less. */
export function colourEach(
  planes: readonly Plane[],
  hows: readonly Colouring[],
  draw: (coloured: Coloured, index: number) => void,
): void {
  const most = Math.max(
    1,
    Math.floor(MOST_ROWS / ((planes[0]?.height ?? 1) * factorOf(planes, hows))),
  );
  for (let start = 0; start < planes.length; start += most) {
    const end = start + most;
    const coloured = colourGroup(planes.slice(start, end), hows.slice(start, end));
    for (const [i, one] of coloured.entries()) draw(one, start + i);
  }
}

function factorOf([plane]: readonly Plane[], [how]: readonly Colouring[]): number {
  return plane && how?.smooth ? smoothing(plane) : 1;
}

function colourGroup(planes: readonly Plane[], hows: readonly Colouring[]): Coloured[] {
  const factor = factorOf(planes, hows);
  const width = (planes[0]?.width ?? 1) * factor;
  const height = (planes[0]?.height ?? 1) * factor;
  const { canvas, pixels } = surfaceOf(width, height * planes.length);
  const out = new Uint32Array(pixels.data.buffer);
  const coloured = planes.map((plane, i) => {
    const how = hows[i] as Colouring;
    const holes = decodeInto(plane, how.limit);
    const part = out.subarray(i * width * height, (i + 1) * width * height);
    if (factor > 1) colourBetween(plane, factor, part, how);
    else colourise(decoded, part, how);
    return { canvas, top: i * height, width, height, holes };
  });
  canvas.getContext("2d", IN_MEMORY)?.putImageData(pixels, 0, 0);
  return coloured;
}

function smoothing({ width, height }: Plane): number {
  return Math.max(1, Math.ceil(SMOOTH_SIDE / Math.max(width, height)));
}

function surfaceOf(width: number, height: number) {
  const key = `${width}x${height}`;
  const known = surfaces.get(key);
  if (known) return known;
  const canvas = new OffscreenCanvas(width, height);
  const surface = { canvas, pixels: new ImageData(width, height) };
  if (surfaces.size > MOST_SIZES) surfaces.clear();
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
function colourBetween(
  { width, height }: Plane,
  factor: number,
  out: Uint32Array,
  how: Colouring,
): void {
  const { signed } = how;
  const table = mapTable(how.ramp);
  const [w, h] = [width * factor, height * factor];
  if (line.length < width) line = new Float32Array(width);
  const columns = neighbours(width, factor);
  const rows = neighbours(height, factor);
  for (let y = 0, at = 0; y < h; y++) {
    const top = (rows.left[y] as number) * width;
    const bottom = (rows.right[y] as number) * width;
    const share = rows.share[y] as number;
    for (let x = 0; x < width; x++) {
      line[x] = mix(decoded[top + x] as number, decoded[bottom + x] as number, share);
    }
    for (let x = 0; x < w; x++, at++) {
      const left = line[columns.left[x] as number] as number;
      const right = line[columns.right[x] as number] as number;
      const between = mix(left, right, columns.share[x] as number);
      out[at] = table[levelOf(between, signed)] as number;
    }
  }
}

function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

interface Neighbours {
  readonly left: Uint16Array;
  readonly right: Uint16Array;
  readonly share: Float32Array;
}

const known = new Map<string, Neighbours>();

/** For each fine position, the two coarse ones around it and the share of the right one. */
function neighbours(size: number, factor: number): Neighbours {
  const key = `${size} ${factor}`;
  const made = known.get(key);
  if (made) return made;
  const left = new Uint16Array(size * factor);
  const right = new Uint16Array(size * factor);
  const share = new Float32Array(size * factor);
  for (let i = 0; i < size * factor; i++) {
    const position = Math.min(Math.max((i + 0.5) / factor - 0.5, 0), size - 1);
    left[i] = Math.floor(position);
    right[i] = Math.min(Math.floor(position) + 1, size - 1);
    share[i] = position - Math.floor(position);
  }
  if (known.size > MOST_SIZES) known.clear();
  known.set(key, { left, right, share });
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
  const pixel = mapTable(how.ramp)[levelOf(share, how.signed)] as number;
  const rgb: Rgb = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  return { rgb, alpha: (pixel >>> 24) / 255, share };
}

function colourise(shares: Float32Array, out: Uint32Array, { ramp, signed }: Colouring): void {
  const table = mapTable(ramp);
  for (let i = 0; i < out.length; i++) {
    out[i] = table[levelOf(shares[i] as number, signed)] as number;
  }
}
