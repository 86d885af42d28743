/** The record of exchanged windows; see `Exchange` in `tfexplain/wire/records/exchanged.py`. */

import { type Moment, readMoment } from "./moment.ts";
import type { Reader } from "./reader.ts";

const MAX_SIDE = 256;

/** Numbers on a grid of one or two axes, row by row. */
export interface Grid {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

export interface Exchange extends Moment {
  readonly kind: "exchange";
  /** How far predictions follow, at each cell averaged over the windows that cover it. */
  readonly shares: Grid;
  readonly chance: Grid;
  /** The 95% interval of `shares`. */
  readonly low: Grid;
  readonly high: Grid;
  /** Positions of the input along each axis, and of one cell. */
  readonly sides: readonly number[];
  readonly cell: readonly number[];
  /** How far windows stand apart, and the share of each. */
  readonly step: readonly number[];
  readonly byWindow: Grid;
  /** The window that is followed most often: its first position, its size, and in what share. */
  readonly corner: readonly number[];
  readonly size: readonly number[];
  readonly share: number;
  readonly pairs: number;
  /** Different samples that took a window. */
  readonly rows: number;
  readonly passes: number;
  /** Shares of windows of samples of these classes. */
  readonly classes: Int32Array;
  readonly byClass: readonly Float32Array[];
  /** The mean of all samples, where they are pictures. */
  readonly mean: MeanPicture | undefined;
  /** Whether shares are of a gap between two values, in place of predictions. */
  readonly isOfValues: boolean;
}

export interface MeanPicture {
  readonly bytes: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export function readExchange(raw: Reader): Exchange {
  const shares = grid(raw, "shares");
  const axes = shares.shape.length;
  const [chance, low, high] = [grid(raw, "chance"), grid(raw, "low"), grid(raw, "high")];
  const isAlike = [chance, low, high].every((other) => `${other.shape}` === `${shares.shape}`);
  raw.check(isAlike, "grids of one shape");
  const [sides, cell] = [sizes(raw, "sides", axes), sizes(raw, "cell", axes)];
  raw.check(Math.min(...cell) > 0, "cells of at least 1 position");
  raw.check(
    sides.every((side, axis) => (shares.shape[axis] ?? 0) * (cell[axis] ?? 0) >= side),
    "cells over all sides",
  );
  const byWindow = grid(raw, "by_window");
  raw.check(byWindow.shape.length === axes, "windows along each axis");
  const classes = new Int32Array(raw.array("classes", "I32", 1).data);
  return {
    kind: "exchange",
    ...{ shares, chance, low, high, sides, cell, byWindow, classes },
    step: sizes(raw, "step", axes),
    corner: sizes(raw, "corner", axes),
    size: sizes(raw, "size", axes),
    share: raw.number("share"),
    pairs: count(raw, "pairs"),
    rows: count(raw, "rows"),
    passes: count(raw, "passes"),
    byClass: readClasses(raw, classes.length, shares),
    mean: readMean(raw),
    isOfValues: count(raw, "values") !== 0,
    ...readMoment(raw),
  };
}

function grid(raw: Reader, name: string): Grid {
  const { shape, data } = raw.array(name, "F64", 1, 2);
  const fits = shape.every((side) => side > 0 && side <= MAX_SIDE);
  raw.check(fits, `${name} of 1 to ${MAX_SIDE} cells a side`);
  return { shape, values: new Float64Array(data) };
}

function readClasses(raw: Reader, classes: number, shares: Grid): Float32Array[] {
  const { shape, data } = raw.array("by_class", "F32", 1 + shares.shape.length);
  raw.check(`${shape}` === `${[classes, ...shares.shape]}`, "a grid for each class");
  const [all, size] = [new Float32Array(data), shares.values.length];
  return Array.from({ length: classes }, (_, i) => all.subarray(i * size, (i + 1) * size));
}

export function readMean(raw: Reader): MeanPicture | undefined {
  const { shape, data } = raw.array("mean", "U8", 3);
  const [height = 0, width = 0, channels = 0] = shape;
  raw.check(channels === 1 || channels === 3, "a mean of 1 or 3 channels");
  raw.check(Math.max(height, width) <= MAX_SIDE, `a mean of up to ${MAX_SIDE} pixels a side`);
  if (height * width === 0) return undefined;
  return { bytes: new Uint8Array(data), height, width, channels };
}

export function sizes(raw: Reader, key: string, axes: number): number[] {
  const values = raw.json(key);
  const fits =
    Array.isArray(values) &&
    values.length === axes &&
    values.every((value) => Number.isSafeInteger(value) && value >= 0);
  raw.check(fits, `${key} as ${axes} sizes`);
  return values as number[];
}

export function count(raw: Reader, key: string): number {
  const value = raw.number(key);
  raw.check(Number.isSafeInteger(value) && value >= 0, `${key} as a count`);
  return value;
}
