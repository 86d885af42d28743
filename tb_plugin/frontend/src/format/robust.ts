/** The record of robustness: twin of `Robustness` in `tfexplain/wire/records/robust.py`. */

import { type Moment, readMoment } from "./moment.ts";
import { hashesOf, type Reader, wholes } from "./reader.ts";

const MAX_GRID = 256;

export interface Robustness extends Moment {
  readonly kind: "robustness";
  /** Of each row, the smallest step that flips its prediction; infinity where none does. */
  readonly steps: Float32Array;
  /** 1 where the label was predicted. */
  readonly right: Uint8Array;
  /** Where the rows stand in the data, and what they hold. */
  readonly rows: readonly number[];
  readonly hashes: readonly string[];
  /** The steps that were tried, from 0 on, and the accuracy after each with its interval. */
  readonly grid: Float64Array;
  readonly accuracy: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** What a step of 1 is. */
  readonly unit: string;
}

export function readRobustness(raw: Reader): Robustness {
  const steps = new Float32Array(raw.array("steps", "F32", 1).data);
  const right = new Uint8Array(raw.array("right", "U8", 1).data);
  const rows = wholes(raw, "rows");
  const hashes = hashesOf(raw);
  const isEach = [right, rows, hashes].every(({ length }) => length === steps.length);
  raw.check(isEach, "one entry a row");
  raw.check(
    steps.every((step) => step >= 0),
    "steps >= 0",
  );
  const of = (name: string): Float64Array => new Float64Array(raw.array(name, "F64", 1).data);
  const [grid, accuracy, low, high] = [of("grid"), of("accuracy"), of("low"), of("high")];
  const isAlike = [accuracy, low, high].every(({ length }) => length === grid.length);
  raw.check(isAlike, "one entry a step of the grid");
  raw.check(grid.length > 0 && grid.length <= MAX_GRID, `1 to ${MAX_GRID} steps of the grid`);
  const rises = grid.every((step, i) => (i === 0 ? step === 0 : step > (grid[i - 1] ?? 0)));
  raw.check(rises && Number.isFinite(grid.at(-1)), "a grid that rises from 0");
  return {
    kind: "robustness",
    ...{ steps, right, rows, hashes, grid, accuracy, low, high },
    unit: raw.text("unit"),
    ...readMoment(raw),
  };
}
