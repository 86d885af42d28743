/** The records of health, gradients and activations of layers: twins of `tfexplain/wire/records/healthy.py`. */

import { LAYER_KEYS, LAYER_STATES } from "../tables.ts";
import { stepOf } from "./clock.ts";
import { type Moment, readMoment } from "./moment.ts";
import { isDistinct, named, type Reader, wholes } from "./reader.ts";
import { alsoDecode } from "./records.ts";

/** One layer in words; `state` is empty for layers without weights. */
export type LayerRow = Readonly<Record<(typeof LAYER_KEYS)[number], string>>;

/** All layers of a model in the order of their calls; what cannot be known is NaN. */
export interface Health extends Moment {
  readonly kind: "health";
  readonly rows: readonly LayerRow[];
  readonly metrics: readonly string[];
  /** [rows, metrics] */
  readonly values: Float64Array;
  /** Trained weights: the row of each, its name, and its numbers as in `values`. */
  readonly weightRows: Int32Array;
  readonly weightNames: readonly string[];
  readonly weightValues: Float64Array;
  readonly totals: ReadonlyMap<string, number>;
  /** How many training steps the updates are sums of; 0 where that is not known. */
  readonly steps: number;
  /** By path, what the page calls a layer that another run has under another name. */
  readonly called?: ReadonlyMap<string, string>;
}

/** `counts` are of finite numbers that are not zero, in bins of one width from `low` to `high`. */
export interface Spread {
  readonly counts: readonly number[];
  readonly low: number;
  readonly high: number;
  readonly zeros: number;
  readonly nonfinite: number;
}

/** One layer; no counts where its activations or gradients are not known. */
export interface Units {
  readonly kind: "units";
  readonly activations: Spread;
  readonly gradients: Spread;
  /** By unit, the step since which it has one value on the whole batch, -1 where it has several. */
  readonly deadSince: Float64Array;
}

function readHealth(raw: Reader): Health {
  const { shape, data } = raw.array("values", "F64", 2);
  const ofWeights = raw.array("weight_values", "F64", 2);
  const weightRows = new Int32Array(raw.array("weight_rows", "I32", 1).data);
  const [rows, metrics, weightNames] = [
    readRows(raw),
    raw.strings("metrics"),
    raw.strings("weight_names"),
  ];
  const isTable = ([height, width]: readonly number[], count: number): boolean =>
    height === count && width === metrics.length;
  raw.check(isTable(shape, rows.length), "a value for each row and metric");
  raw.check(
    isTable(ofWeights.shape, weightNames.length) && weightRows.length === weightNames.length,
    "a row, a name and a value for each weight and metric",
  );
  raw.check(
    weightRows.every((row) => row >= 0 && row < rows.length),
    "weights of these rows",
  );
  raw.check([metrics, raw.strings("total_metrics")].every(isDistinct), "each name only once");
  const steps = raw.number("steps");
  raw.check(Number.isSafeInteger(steps) && steps >= 0, "steps >= 0");
  return {
    kind: "health",
    ...{ rows, metrics, values: new Float64Array(data) },
    ...{ weightRows, weightNames, weightValues: new Float64Array(ofWeights.data) },
    totals: named(raw, "totals", "total_metrics"),
    steps,
    ...readMoment(raw),
  };
}

function readRows(raw: Reader): LayerRow[] {
  return raw.rows("rows", LAYER_KEYS).map((row) => {
    const isKnown = LAYER_STATES.some((state) => state === row.state);
    raw.check(isKnown, "state trainable, frozen or nothing");
    return row;
  });
}

function readUnits(raw: Reader): Units {
  const deadSince = readSince(raw);
  return {
    kind: "units",
    activations: readSpread(raw, "activations"),
    gradients: readSpread(raw, "gradients"),
    deadSince,
  };
}

/** Of 64 bits where some are parts of epochs; -1 for none. */
function readSince(raw: Reader): Float64Array {
  const isLong = raw.dtype("dead_since") === "I64";
  const steps = isLong
    ? wholes(raw, "dead_since")
    : [...new Int32Array(raw.array("dead_since", "I32", 1).data)];
  raw.check(
    steps.every((step) => step >= -1),
    "dead_since >= -1",
  );
  return Float64Array.from(steps, (step) => (step < 0 ? Number.NaN : stepOf(step)));
}

function readSpread(raw: Reader, name: string): Spread {
  const counts = wholes(raw, name);
  const said = raw.json(name);
  const isNumbers = Array.isArray(said) && said.length === 4 && said.every(Number.isFinite);
  raw.check(isNumbers, `${name} as four numbers`);
  const [low, high, zeros, nonfinite] = said as [number, number, number, number];
  raw.check(
    counts.every((count) => count >= 0),
    "counts >= 0",
  );
  raw.check(low <= high, "low <= high");
  const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
  raw.check(isCount(zeros) && isCount(nonfinite), `${name} with two counts`);
  return { counts, low, high, zeros, nonfinite };
}

// With the scripts that show them: the first one does not need it.
alsoDecode({ health: readHealth, units: readUnits });
