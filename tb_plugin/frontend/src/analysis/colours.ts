/** Colours of maps and of kernels: as tables of pixels, and as CSS for legends. */

import { DIM, LEVELS, PLATE, SIGNED, SOLID } from "../tables.ts";
import { luminance } from "./contrast.ts";
import { SEQUENTIAL } from "./ramps.ts";

export type SequentialName = keyof typeof SEQUENTIAL;
export type SignedName = keyof typeof SIGNED;

export const SEQUENTIAL_NAMES = Object.keys(SEQUENTIAL) as readonly SequentialName[];
export const SIGNED_NAMES = Object.keys(SIGNED) as readonly SignedName[];

/** Numbers of kernels have a ramp that no map has by default. */
export const KERNEL_RAMP: SequentialName = "viridis";

export type Rgb = readonly [number, number, number];

/** How solid a map is where it has this share of its scale: clear at zero, opaque from `SOLID` on. */
export function strength(share: number): number {
  return Math.min(1, Math.abs(share) / SOLID);
}

/** The colour of a share of the scale: 0 to 1, or -1 to 1 of signed maps. */
export function mapColour(name: SequentialName | SignedName, share: number): Rgb {
  if (isSigned(name)) return along(SIGNED[name][share < 0 ? 0 : 1], Math.abs(share));
  const start = startOf(name);
  return colourAt(name, start + (1 - start) * Math.max(share, 0));
}

export function isSigned(name: SequentialName | SignedName): name is SignedName {
  return name in SIGNED;
}

const starts = new Map<SequentialName, number>();

/** Where a ramp begins to be brighter than the brightest dimmed input: no end reads as a hole. */
function startOf(name: SequentialName): number {
  const known = starts.get(name);
  if (known !== undefined) return known;
  const dimmed = luminance([255 * DIM, 255 * DIM, 255 * DIM]);
  const steps = Array.from({ length: 256 }, (_, i) => i / 255);
  const start = steps.find((t) => luminance(colourAt(name, t)) > dimmed) ?? 0;
  starts.set(name, start);
  return start;
}

const mapTables = new Map<string, Uint32Array>();

/** Pixels of all shares by `levelOf`, in ImageData's byte order (ABGR where browsers run). */
export function mapTable(name: SequentialName | SignedName): Uint32Array {
  const known = mapTables.get(name);
  if (known) return known;
  const table = Uint32Array.from({ length: 2 * LEVELS + 1 }, (_, i) => {
    const share = isSigned(name) ? i / LEVELS - 1 : i / (2 * LEVELS);
    return pixel(mapColour(name, share), Math.round(255 * strength(share)));
  });
  mapTables.set(name, table);
  return table;
}

/** Where in a table a share of the scale stands. */
export function levelOf(share: number, signed: boolean): number {
  const level = signed ? share * LEVELS + LEVELS + 0.5 : share * 2 * LEVELS + 0.5;
  return level < 0 ? 0 : level > 2 * LEVELS ? 2 * LEVELS : level | 0;
}

/** A map's colours as CSS, left to right, as they look where no picture lies below. */
export function legendGradient(name: SequentialName | SignedName): string {
  const stops = Array.from({ length: 65 }, (_, i) => {
    const share = isSigned(name) ? i / 32 - 1 : i / 64;
    return `rgb(${mapColour(name, share).join(" ")} / ${strength(share)})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")}), rgb(${PLATE.join(" ")})`;
}

const tables = new Map<SequentialName, Uint32Array>();

/** 256 opaque pixels of a whole ramp. */
export function colourTable(name: SequentialName): Uint32Array {
  const known = tables.get(name);
  if (known) return known;
  const table = Uint32Array.from({ length: 256 }, (_, i) => pixel(colourAt(name, i / 255), 255));
  tables.set(name, table);
  return table;
}

/** The colour of a whole ramp at `t` from 0 to 1. */
export function colourAt(name: SequentialName, t: number): Rgb {
  return along(SEQUENTIAL[name], t);
}

/** A whole ramp as a CSS gradient, left to right. */
export function cssGradient(name: SequentialName): string {
  const stops = Array.from({ length: 33 }, (_, i) => `rgb(${colourAt(name, i / 32).join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}

function pixel([r, g, b]: Rgb, alpha: number): number {
  return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
}

function along(ramp: string, t: number): Rgb {
  const last = ramp.length / 6 - 1;
  const position = Math.min(Math.max(t, 0), 1) * last;
  const left = Math.min(Math.floor(position), last - 1);
  const channel = (anchor: number, c: number): number =>
    Number.parseInt(ramp.slice(anchor * 6 + c * 2, anchor * 6 + c * 2 + 2), 16);
  const mix = (c: number): number =>
    Math.round(channel(left, c) + (position - left) * (channel(left + 1, c) - channel(left, c)));
  return [mix(0), mix(1), mix(2)];
}
