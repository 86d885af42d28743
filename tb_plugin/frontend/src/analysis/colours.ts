/** Colour maps as tables of 256 pixels, and as CSS for legends. */

import { DIVERGING, SEQUENTIAL } from "./ramps.ts";

export type SequentialName = keyof typeof SEQUENTIAL;
export type DivergingName = keyof typeof DIVERGING;

export const SEQUENTIAL_NAMES = Object.keys(SEQUENTIAL) as readonly SequentialName[];
export const DIVERGING_NAMES = Object.keys(DIVERGING) as readonly DivergingName[];

export type Rgb = readonly [number, number, number];

const tables = new Map<string, Uint32Array>();

/** 256 opaque pixels in ImageData's byte order (ABGR on every machine browsers run on). */
export function colourTable(name: SequentialName | DivergingName): Uint32Array {
  const known = tables.get(name);
  if (known) return known;
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = colourAt(name, i / 255);
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  tables.set(name, table);
  return table;
}

/** The colour at `t` from 0 to 1. */
export function colourAt(name: SequentialName | DivergingName, t: number): Rgb {
  const ramp: string = { ...SEQUENTIAL, ...DIVERGING }[name];
  const last = ramp.length / 6 - 1;
  const place = Math.min(Math.max(t, 0), 1) * last;
  const left = Math.min(Math.floor(place), last - 1);
  const channel = (anchor: number, c: number): number =>
    Number.parseInt(ramp.slice(anchor * 6 + c * 2, anchor * 6 + c * 2 + 2), 16);
  const mix = (c: number): number =>
    Math.round(channel(left, c) + (place - left) * (channel(left + 1, c) - channel(left, c)));
  return [mix(0), mix(1), mix(2)];
}

/** The map as a CSS gradient, left to right. */
export function cssGradient(name: SequentialName | DivergingName): string {
  const stops = Array.from({ length: 17 }, (_, i) => `rgb(${colourAt(name, i / 16).join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
