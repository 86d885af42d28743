/** The records of compression and of what it did: twins of `tfexplain/wire/records/compressed.py`. */

import { ROLES, ROW_KEYS, type Role } from "../tables.ts";
import { stepOf } from "./clock.ts";
import { type Moment, readMoment } from "./moment.ts";
import { stepInReference } from "./older.ts";
import { isDistinct, named, type Reader, wholes } from "./reader.ts";

/** One kernel in words; `name` is its layer's path, and `.weight` where the layer has several. */
export type KernelRow = Readonly<Record<(typeof ROW_KEYS)[number], string>>;

/** All kernels of a model in model order; what cannot be known is NaN. */
export interface Kernels extends Moment {
  readonly kind: "kernels";
  readonly rows: readonly KernelRow[];
  readonly metrics: readonly string[];
  /** [rows, metrics] */
  readonly values: Float64Array;
  /** By part of the model, `""` for all of it, then by name. */
  readonly totals: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** By part: what shares are shares of. */
  readonly denominators: ReadonlyMap<string, string>;
  /** By name, what the page calls a kernel that another run has under another name. */
  readonly called?: ReadonlyMap<string, string>;
}

/** `counts` are of finite weights that are not zero, in bins of one width from `low` to `high`. */
export interface Kernel {
  readonly kind: "kernel";
  readonly counts: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly zeros: number;
  readonly nonfinite: number;
  /** By output: all its weights are zero. */
  readonly pruned: Uint8Array;
  /** By output: never above zero on the validation batch; empty where unknown. */
  readonly dead: Uint8Array;
}

/** How alike the maps of one explainer at one layer are to those of a reference. */
export interface Drift {
  readonly kind: "drift";
  /** [samples, measures]; NaN where the two explain different targets. */
  readonly values: Float64Array;
  /** By sample: the prediction is the reference's. */
  readonly agrees: Uint8Array;
  readonly measures: readonly string[];
  /** The page's numbers of the samples; undefined where they are the run's own. */
  readonly numbers?: readonly number[];
  /** In words, or the name of a run. */
  readonly reference: string;
  /** The step of the run's own epoch that is the reference, where it is one. */
  readonly referenceStep: number | undefined;
  readonly role: Role;
}

/** How far a model's predictions are from those of a reference, on a whole data set. */
export interface Fidelity {
  readonly kind: "fidelity";
  readonly numbers: ReadonlyMap<string, number>;
  /** By class of the reference's prediction: how many are predicted otherwise, of `counts`. */
  readonly flips: readonly number[];
  readonly counts: readonly number[];
  readonly reference: string;
  readonly role: Role;
}

export function readKernels(raw: Reader): Kernels {
  const values = raw.array("values", "F64", 2);
  const totals = raw.array("totals", "F64", 2);
  const rows = raw.rows("rows", ROW_KEYS);
  const [metrics, names] = [raw.strings("metrics"), raw.strings("total_metrics")];
  const [parts, denominators] = [raw.strings("parts"), raw.strings("denominators")];
  const isTable = ([height, width]: number[], rows: number, columns: number): boolean =>
    height === rows && width === columns;
  raw.check(isTable(values.shape, rows.length, metrics.length), "a value for each row and metric");
  raw.check(isTable(totals.shape, parts.length, names.length), "a total for each part and metric");
  raw.check(denominators.length === parts.length, "a denominator for each part");
  raw.check([metrics, names, parts].every(isDistinct), "each name only once");
  const sums = new Float64Array(totals.data);
  return {
    kind: "kernels",
    rows,
    metrics,
    values: new Float64Array(values.data),
    totals: new Map(parts.map((part, i) => [part, totalsOf(names, sums, i)])),
    denominators: new Map(parts.map((part, i) => [part, denominators[i] ?? ""])),
    ...readMoment(raw),
  };
}

/** The totals of one part; those it does not have are left out. */
function totalsOf(names: readonly string[], sums: Float64Array, part: number): Map<string, number> {
  const entries = names.map((name, i) => [name, sums[part * names.length + i] as number] as const);
  return new Map(entries.filter(([, value]) => !Number.isNaN(value)));
}

export function readKernel(raw: Reader): Kernel {
  const counts = wholes(raw, "counts");
  const [low, high] = [raw.number("low"), raw.number("high")];
  raw.check(
    counts.every((count) => count >= 0),
    "counts >= 0",
  );
  raw.check(Number.isFinite(low) && Number.isFinite(high) && low <= high, "low <= high");
  return {
    kind: "kernel",
    counts,
    low,
    high,
    zeros: count(raw, "zeros"),
    nonfinite: count(raw, "nonfinite"),
    pruned: new Uint8Array(raw.array("pruned", "U8", 1).data),
    dead: new Uint8Array(raw.array("dead", "U8", 1).data),
  };
}

export function readDrift(raw: Reader): Drift {
  const { shape, data } = raw.array("values", "F64", 2);
  const agrees = new Uint8Array(raw.array("agrees", "U8", 1).data);
  const measures = raw.strings("measures");
  const isWhole = shape[0] === agrees.length && shape[1] === measures.length;
  raw.check(isWhole, "a value per sample and measure");
  raw.check(isDistinct(measures), "each measure only once");
  const values = new Float64Array(data);
  return {
    kind: "drift",
    values,
    agrees,
    measures,
    reference: raw.text("reference"),
    referenceStep: readReferenceStep(raw),
    role: raw.oneOf("role", ROLES),
  };
}

function readReferenceStep(raw: Reader): number | undefined {
  if (!raw.has("reference_step")) return stepInReference(raw.text("reference"));
  if (raw.text("reference_step") === "") return undefined;
  return stepOf(count(raw, "reference_step"));
}

export function readFidelity(raw: Reader): Fidelity {
  const numbers = named(raw, "values", "names");
  const [flips, counts] = [wholes(raw, "flips"), wholes(raw, "counts")];
  raw.check(isDistinct(raw.strings("names")), "one value for each name");
  raw.check(flips.length === counts.length, "flips and counts of one length");
  raw.check(
    flips.every((flip, i) => flip >= 0 && flip <= (counts[i] as number)),
    "flips within counts",
  );
  return {
    kind: "fidelity",
    numbers,
    flips,
    counts,
    reference: raw.text("reference"),
    role: raw.oneOf("role", ROLES),
  };
}

function count(raw: Reader, key: string): number {
  const value = raw.number(key);
  raw.check(Number.isSafeInteger(value) && value >= 0, `${key} as a count`);
  return value;
}
