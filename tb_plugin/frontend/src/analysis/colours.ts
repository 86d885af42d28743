/** Colour maps as tables of 256 pixels, and as CSS for legends. */

import { DIVERGING, SEQUENTIAL } from "./ramps.ts";

export type SequentialName = keyof typeof SEQUENTIAL;
export type DivergingName = keyof typeof DIVERGING;

export const SEQUENTIAL_NAMES = Object.keys(SEQUENTIAL) as readonly SequentialName[];
export const DIVERGING_NAMES = Object.keys(DIVERGING) as readonly DivergingName[];

export type Rgb = readonly [number, number, number];

const tables = new Map<string, Uint32Array>();

/**
 * 256 pixels in ImageData's byte order (ABGR on every machine browsers run on).
 *
 * `fading` ones are clear at zero and solid from `SOLID` of the scale on.
 */
export function colourTable(name: SequentialName | DivergingName, fading = false): Uint32Array {
  const key = `${name} ${fading}`;
  const known = tables.get(key);
  if (known) return known;
  const table = Uint32Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = colourAt(name, i / 255);
    const alpha = fading ? Math.round(255 * strength(name, i / 255)) : 255;
    return ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0;
  });
  tables.set(key, table);
  return table;
}

const SOLID = 0.5;

/** How solid a fading map is at `t`: by its distance from zero, which diverging maps have midway. */
export function strength(name: SequentialName | DivergingName, t: number): number {
  const distance = name in DIVERGING ? Math.abs(2 * t - 1) : t;
  return Math.min(1, distance / SOLID);
}

/** The colour at `t` from 0 to 1. */
export function colourAt(name: SequentialName | DivergingName, t: number): Rgb {
  const ramp: string = { ...SEQUENTIAL, ...DIVERGING }[name];
  const last = ramp.length / 6 - 1;
  const position = Math.min(Math.max(t, 0), 1) * last;
  const left = Math.min(Math.floor(position), last - 1);
  const channel = (anchor: number, c: number): number =>
    Number.parseInt(ramp.slice(anchor * 6 + c * 2, anchor * 6 + c * 2 + 2), 16);
  const mix = (c: number): number =>
    Math.round(channel(left, c) + (position - left) * (channel(left + 1, c) - channel(left, c)));
  return [mix(0), mix(1), mix(2)];
}

/** The map as a CSS gradient, left to right. */
export function cssGradient(name: SequentialName | DivergingName): string {
  const stops = Array.from({ length: 33 }, (_, i) => `rgb(${colourAt(name, i / 32).join(" ")})`);
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
