/** The record of partial dependence: twin of `Dependence` in `tfexplain/wire/records/dependent.py`. */

import { count } from "./exchanged.ts";
import { type Moment, readMoment } from "./moment.ts";
import type { Reader } from "./reader.ts";
import { wholes } from "./reader.ts";

const MAX_FEATURES = 64;
const MAX_VALUES = 256;
const MAX_LINES = 256;

/** How O outputs follow P features of one input, each set to up to G values. */
export interface Dependence extends Moment {
  readonly kind: "dependence";
  readonly names: readonly string[];
  readonly features: Int32Array;
  /** How many values each feature is set to at most, G. */
  readonly width: number;
  /** [P, G]: the values, rising, NaN behind a feature's last; and how many rows are near each. */
  readonly grid: Float32Array;
  readonly counts: readonly number[];
  /** Whether there is nothing between the values of a feature. */
  readonly categories: Uint8Array;
  /** Classes, or columns of values. */
  readonly outputs: Int32Array;
  /** [P, O, G]: means over `averaged` rows and their 95% interval. */
  readonly partial: Float32Array;
  readonly low: Float32Array;
  readonly high: Float32Array;
  /** [P, M, G]: curves of single rows, each of the output that is its own. */
  readonly single: Float32Array;
  readonly singleOutputs: Int32Array;
  readonly rows: readonly number[];
  readonly averaged: number;
  readonly unit: string;
}

export function readDependence(raw: Reader): Dependence {
  const names = raw.longStrings("names");
  const known = names.length;
  raw.check(known > 0 && known <= MAX_FEATURES, `1 to ${MAX_FEATURES} features`);
  const width = raw.array("grid", "F32", 2).shape[1] ?? 0;
  raw.check(width > 0 && width <= MAX_VALUES, `1 to ${MAX_VALUES} values`);
  const features = new Int32Array(raw.array("features", "I32", 1).data);
  const categories = new Uint8Array(raw.array("categories", "U8", 1).data);
  const isEach = features.length === known && categories.length === known;
  raw.check(isEach, "an entry for each feature");
  const outputs = new Int32Array(raw.array("outputs", "I32", 1).data);
  raw.check(outputs.length > 0, "at least one output");
  const singleOutputs = new Int32Array(raw.array("single_outputs", "I32", 1).data);
  const rows = wholes(raw, "rows");
  raw.check(rows.length <= MAX_LINES, `curves of up to ${MAX_LINES} rows`);
  raw.check(singleOutputs.length === rows.length, "an output for each row");
  const counted = raw.array("counts", "I64", 2);
  raw.check(`${counted.shape}` === `${[known, width]}`, "a count for each value");
  const floats = (name: string, ...shape: number[]): Float32Array => {
    const found = raw.array(name, "F32", shape.length);
    raw.check(`${found.shape}` === `${shape}`, `${name} of shape ${shape}`);
    return new Float32Array(found.data);
  };
  const curves = [known, outputs.length, width];
  return {
    kind: "dependence",
    ...{ names, features, width, categories, outputs, singleOutputs, rows },
    grid: floats("grid", known, width),
    counts: Array.from(new BigInt64Array(counted.data), Number),
    partial: floats("partial", ...curves),
    low: floats("low", ...curves),
    high: floats("high", ...curves),
    single: floats("single", known, rows.length, width),
    averaged: count(raw, "averaged"),
    unit: raw.text("unit"),
    ...readMoment(raw),
  };
}
