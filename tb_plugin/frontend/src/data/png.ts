/** What a PNG file says of its size, asked before anything of it is decoded. */

import { MAX_AREA, MAX_SUM } from "../tables.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

const START = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEADER = [0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52];

/** The size in a PNG's header; throws for what is no PNG, or too large to be decoded. */
export function sizeOfPng(data: Uint8Array): Size {
  const isPng = [...START, ...HEADER].every((byte, i) => data[i] === byte);
  if (!isPng || data.length < 33) throw new Error("no PNG file");
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  if (width === 0 || height === 0) throw new Error("a PNG file without pixels");
  if (width * height > MAX_AREA) {
    throw new Error(`${width} × ${height} pixels; the page decodes up to ${inMillions(MAX_AREA)}`);
  }
  return { width, height };
}

/** Throws where the pictures of one input are together more than the page decodes. */
export function checkSum(area: number): void {
  if (area > MAX_SUM) {
    throw new Error(
      `this input's pictures before it are as large as the page decodes: ${inMillions(MAX_SUM)}`,
    );
  }
}

function inMillions(pixels: number): string {
  return `${Math.floor(pixels / 1e6)} million pixels`;
}

/** Small pictures are decoded once, for whatever shows them. */
const LEAST = 256;
const MOST = 2048;

/** The size to decode at what is shown with `side` device pixels: a power of two, or its own. */
export function decodedSize({ width, height }: Size, side: number): Size {
  let limit = LEAST;
  while (limit < side && limit < MOST) limit *= 2;
  const share = Math.min(1, limit / Math.max(width, height));
  const scaled = (length: number): number => Math.max(1, Math.round(share * length));
  return { width: scaled(width), height: scaled(height) };
}
