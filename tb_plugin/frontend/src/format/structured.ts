/** The record of a model's structure: the twin of `tfexplain/wire/records/structured.py`. */

import { LAYER_STATES, NODE_KEYS, NODE_KINDS } from "../tables.ts";
import type { Reader } from "./reader.ts";
import { alsoDecode } from "./records.ts";

/** One node in words; `state` is empty for layers without weights. */
export type NodeRow = Readonly<Record<(typeof NODE_KEYS)[number], string>>;

/** Activation functions, each at as many points from `low` to `high`; none where none was sampled. */
export interface Curves {
  /** Which of them is that of each node; -1 for none. */
  readonly numbers: Int32Array;
  readonly values: readonly Float32Array[];
  readonly low: number;
  readonly high: number;
}

/** Inputs, then layer calls in their order, then layers that are never called. */
export interface Structure {
  readonly kind: "structure";
  readonly rows: readonly NodeRow[];
  /** The call that each node is a part of, behind it; -1 for none. */
  readonly parents: Int32Array;
  /** Pairs (from, to), one after the other: `to` reads `from` directly and stands behind it. */
  readonly edges: Int32Array;
  /** Parameters and multiply-adds of each node; NaN where they cannot be counted. */
  readonly numbers: Float64Array;
  readonly training: ReadonlyMap<string, string>;
  readonly curves: Curves;
  /** What the page calls layers that are called otherwise here. */
  readonly called?: ReadonlyMap<string, string>;
}

function readStructure(raw: Reader): Structure {
  const rows = raw.rows("rows", NODE_KEYS);
  const parents = new Int32Array(raw.array("parents", "I32", 1).data);
  const { shape, data } = raw.array("edges", "I32", 2);
  const edges = new Int32Array(data);
  const numbers = raw.array("numbers", "F64", 2);
  const isKnown = (row: NodeRow): boolean =>
    NODE_KINDS.some((kind) => kind === row.kind) &&
    LAYER_STATES.some((state) => state === row.state);
  raw.check(rows.every(isKnown), "nodes of a known kind and state");
  raw.check(parents.length === rows.length, "a parent for each row");
  raw.check(
    parents.every((parent, i) => parent === -1 || (parent > i && parent < rows.length)),
    "parents behind their parts",
  );
  raw.check(numbers.shape[0] === rows.length && numbers.shape[1] === 2, "two numbers for each row");
  raw.check(shape[1] === 2, "edges of two nodes");
  const isForwards = (from: number, i: number): boolean =>
    i % 2 === 1 || (from >= 0 && from < (edges[i + 1] as number));
  raw.check(edges.every(isForwards) && edges.every((node) => node < rows.length), "edges forwards");
  return {
    kind: "structure",
    ...{ rows, parents, edges, numbers: new Float64Array(numbers.data) },
    training: readTraining(raw),
    curves: raw.hasArray("curves") ? readCurves(raw, rows.length) : NO_CURVES,
  };
}

export const NO_CURVES: Curves = { numbers: new Int32Array(), values: [], low: 0, high: 0 };

function readCurves(raw: Reader, count: number): Curves {
  const numbers = new Int32Array(raw.array("curve_numbers", "I32", 1).data);
  const { shape, data } = raw.array("curves", "F32", 2);
  const [functions = 0, points = 0] = shape;
  const all = new Float32Array(data);
  const ends = raw.json("curve_range");
  raw.check(numbers.length === count, "the number of a curve for each row");
  raw.check(points > 1, "curves of two points or more");
  raw.check(
    numbers.every((number) => number >= -1 && number < functions),
    "numbers of curves",
  );
  const isRange = (value: unknown): value is [number, number] =>
    Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
  raw.check(isRange(ends) && ends[0] < ends[1], "a range of curves");
  const [low, high] = ends as [number, number];
  const values = Array.from({ length: functions }, (_, i) =>
    all.subarray(i * points, (i + 1) * points),
  );
  return { numbers, values, low, high };
}

function readTraining(raw: Reader): Map<string, string> {
  const said = raw.json("training");
  const isTexts = (value: unknown): value is Record<string, string> =>
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === "string");
  raw.check(isTexts(said), "training as text");
  return new Map(Object.entries(said as Record<string, string>));
}

// With the scripts that show them: the first one does not need it.
alsoDecode({ structure: readStructure });
