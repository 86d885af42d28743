/** The records of trust: twins of `Trust` and `Sanity` in `tfexplain/wire/records/trusted.py`. */

import { count } from "./exchanged.ts";
import { widen } from "./half.ts";
import { type Moment, readMoment } from "./moment.ts";
import type { Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

export const BETTER = ["higher", "lower"] as const;
export type Better = (typeof BETTER)[number];

/** The scores of each sample while more and more positions are hidden, or shown. */
export interface TrustCurve {
  readonly metric: string;
  /** Whose: `map`, `chance`, or what stands beside, such as `edges`. */
  readonly order: string;
  /** [S], of the positions, rising. */
  readonly shares: Float64Array;
  /** [N, S] */
  readonly values: Float32Array;
}

/** Whether the maps of one explainer at one layer can be believed: K numbers of each sample. */
export interface Trust extends Moment {
  readonly kind: "trust";
  readonly names: readonly string[];
  readonly units: readonly string[];
  readonly better: readonly Better[];
  /** [N, K]; NaN where a number is not defined. */
  readonly values: Float64Array;
  /** [N, K]: what a map that says nothing of the model reaches; NaN where that is not known. */
  readonly chance: Float64Array;
  readonly passes: number;
  readonly curves: readonly TrustCurve[];
  /** The page's number of each sample, where the run's is another. */
  readonly numbers?: readonly number[];
}

/** How alike maps stay when weights are re-drawn, layer by layer from the output on, in K steps. */
export interface Sanity extends Moment {
  readonly kind: "sanity";
  /** The layer that was re-drawn last, at each step. */
  readonly layers: readonly string[];
  /** How many layers are re-drawn by then; with the last step all are. */
  readonly counts: Int32Array;
  /** [N, K]: rank correlation; NaN where it is not defined. */
  readonly values: Float64Array;
  /** [N, K]: that of another sample's map at the same step. */
  readonly chance: Float64Array;
  readonly passes: number;
  /** The page's number of each sample, where the run's is another. */
  readonly numbers?: readonly number[];
}

export function readSanity(raw: Reader): Sanity {
  const [values, chance] = [raw.array("values", "F64", 2), raw.array("chance", "F64", 2)];
  const counts = new Int32Array(raw.array("counts", "I32", 1).data);
  const layers = raw.strings("layers");
  raw.check(chance.shape.join() === values.shape.join(), "a level of chance for each value");
  const isWhole = counts.length === values.shape[1] && layers.length === counts.length;
  raw.check(isWhole, "a layer for each step");
  const rises = counts.every((count, i) => count > (counts[i - 1] ?? 0));
  raw.check(rises, "more layers at each step");
  return {
    kind: "sanity",
    layers,
    counts,
    values: new Float64Array(values.data),
    chance: new Float64Array(chance.data),
    passes: count(raw, "passes"),
    ...readMoment(raw),
  };
}

export function readTrust(raw: Reader): Trust {
  const [values, chance] = [raw.array("values", "F64", 2), raw.array("chance", "F64", 2)];
  const [names, units] = [raw.strings("names"), raw.strings("units")];
  const better = raw.strings("better").flatMap((word) => BETTER.find((one) => one === word) ?? []);
  raw.check(chance.shape.join() === values.shape.join(), "a level of chance for each value");
  const isNamed = names.length === values.shape[1] && new Set(names).size === names.length;
  raw.check(isNamed, "a name for each number");
  const isWhole = units.length === names.length && better.length === names.length;
  raw.check(isWhole, "a unit and a direction for each");
  return {
    kind: "trust",
    names,
    units,
    better,
    values: new Float64Array(values.data),
    chance: new Float64Array(chance.data),
    passes: count(raw, "passes"),
    curves: raw.hasArray("curves") ? readCurves(raw, values.shape[0] ?? 0) : [],
    ...readMoment(raw),
  };
}

function readCurves(raw: Reader, rows: number): TrustCurve[] {
  const [sent, shares] = [raw.array("curves", "F16", 3), raw.array("curve_shares", "F64", 2)];
  const scales = new Float32Array(raw.array("curve_scales", "F32", 1).data);
  const [metrics, orders] = [raw.strings("curve_metrics"), raw.strings("curve_orders")];
  const [number = 0, , width = 0] = sent.shape;
  const isNamed = [metrics, orders, scales].every(({ length }) => length === number);
  raw.check(isNamed, "a metric, an order and a scale for each curve");
  const isWhole = sent.shape[1] === rows && shares.shape.join() === [number, width].join();
  raw.check(isWhole, "a point of each sample at each share");
  const [halves, places] = [new Uint16Array(sent.data), new Float64Array(shares.data)];
  return metrics.map((metric, i) => {
    const all = places.subarray(i * width, (i + 1) * width);
    const points = all.findIndex(Number.isNaN);
    const own = points < 0 ? all : all.subarray(0, points);
    raw.check(
      own.every((share, at) => at === 0 || share > (own[at - 1] ?? share)),
      "shares that rise",
    );
    const values = widen(halves.subarray(i * rows * width, (i + 1) * rows * width), scales[i] ?? 0);
    return {
      ...{ metric, order: orders[i] ?? "", shares: own },
      values: values.filter((_, at) => at % width < own.length),
    };
  });
}

// With the script that shows maps: the first one does not need it.
alsoDecode({ trust: readTrust, sanity: readSanity });
