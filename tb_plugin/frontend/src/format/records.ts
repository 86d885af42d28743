/** What a record means: the typed twins of the records documented in `tfexplain/wire/schema.py`. */

import {
  ACTIVATIONS,
  type Activation,
  LABEL_KINDS,
  type LabelKind,
  type RecordKind,
} from "../tables.ts";
import { stepOf } from "./clock.ts";
import type { Clusters } from "./clustered.ts";
import {
  type Drift,
  type Fidelity,
  type Kernel,
  type Kernels,
  readDrift,
  readFidelity,
  readKernel,
  readKernels,
} from "./compressed.ts";
import type { Dependence } from "./dependent.ts";
import { type Exchange, readExchange } from "./exchanged.ts";
import type { Health, Units } from "./healthy.ts";
import {
  type AttentionMatrix,
  type AttributionMap,
  type Channels,
  type PictureRecord,
  readChannels,
  readMap,
  readMatrix,
  readPicture,
} from "./maps.ts";
import { type Moment, readMoment } from "./moment.ts";
import { layersInSettings } from "./older.ts";
import type { Exemplars, Overlaps, Payers } from "./paid.ts";
import type { Activations } from "./quantized.ts";
import type { Importance } from "./ranked.ts";
import { hashesOf, named, Reader } from "./reader.ts";
import type { Masks, Regions } from "./regional.ts";
import type { Robustness } from "./robust.ts";
import { RecordError, unpack } from "./safetensors.ts";
import type { Changed, Plan, Sensitivity } from "./sensitive.ts";
import type { SimpleModels } from "./simplified.ts";
import type { Structure } from "./structured.ts";
import type { Thumbnails } from "./thumbnails.ts";
import type { Sanity, Trust } from "./trusted.ts";
import { readValues, type Values } from "./values.ts";

export type { Exchange } from "./exchanged.ts";
export type { AttentionMatrix, AttributionMap, Channels, PictureRecord } from "./maps.ts";
export type { Values } from "./values.ts";

export interface Samples {
  readonly kind: "samples";
  readonly labels: Float64Array;
  /** undefined where the run does not explain a sample that others do. */
  readonly rows: readonly (number | undefined)[];
  readonly labelKind: LabelKind;
  readonly classNames: readonly string[];
  readonly settings: Readonly<Record<string, string>>;
  /** What each row holds: rows of two runs with one hash are the same sample. */
  readonly hashes: readonly (string | undefined)[] | undefined;
  /** All labels of each sample, where samples may have several. */
  readonly labelSets: readonly (readonly number[])[] | undefined;
  /** By explainer, its layers as tags name them, in the order of the model. */
  readonly layers: Readonly<Record<string, readonly string[]>>;
}

export interface Metrics {
  readonly kind: "metrics";
  readonly values: ReadonlyMap<string, number>;
}

export interface Predictions extends Moment {
  readonly kind: "predictions";
  readonly outputs: Float32Array;
  readonly width: number;
  readonly predicted: Int32Array;
  /** How many epochs were explained so far in the `fit` that wrote it. */
  readonly explained: number;
  readonly activation: Activation;
}

export interface Problem {
  readonly kind: string;
  readonly count: number;
  readonly message: string;
  readonly step: number;
  /** Nothing failed: `kind` is not done in this training, for the reason in `message`. */
  readonly isLeftOut: boolean;
}

/** Seconds of the whole training so far; see `Cost` in `tfexplain/wire/records/explained.py`. */
export interface Cost {
  readonly training: number;
  readonly explaining: number;
  readonly setup: number;
  readonly epochs: number;
  readonly explained: number;
  readonly budget: number | undefined;
  /** Above 0 where epochs are measured within: then `epochs` are times. */
  readonly everySteps: number;
}

export interface Status {
  readonly kind: "status";
  readonly seconds: ReadonlyMap<string, number>;
  readonly problems: readonly Problem[];
  /** Missing in logs of older versions. */
  readonly cost: Cost | undefined;
}

export type TfRecord =
  | Samples
  | Metrics
  | Predictions
  | Status
  | AttributionMap
  | Channels
  | AttentionMatrix
  | PictureRecord
  | Values
  | Kernels
  | Kernel
  | Drift
  | Fidelity
  | Exchange
  | Health
  | Units
  | Structure
  | Importance
  | Trust
  | Masks
  | Regions
  | Sanity
  | Dependence
  | SimpleModels
  | Robustness
  | Clusters
  | Thumbnails
  | Sensitivity
  | Plan
  | Changed
  | Payers
  | Exemplars
  | Overlaps
  | Activations;

type Decoders = { [K in TfRecord["kind"]]?: (raw: Reader) => Extract<TfRecord, { kind: K }> };

/** The server computes what the page shows of the other kinds. */
const DECODERS: Decoders = {
  samples: readSamples,
  metrics: readMetrics,
  predictions: readPredictions,
  status: readStatus,
  map: readMap,
  channels: readChannels,
  matrix: readMatrix,
  picture: readPicture,
  values: readValues,
  kernels: readKernels,
  kernel: readKernel,
  drift: readDrift,
  fidelity: readFidelity,
  exchange: readExchange,
};

/** The record in `data`; throws `RecordError` for anything that is not of this format. */
export function decode(kind: RecordKind, data: Uint8Array): TfRecord {
  if (!isRead(kind)) throw new RecordError(`${kind}: the page does not read these records`);
  const decoder = DECODERS[kind] as (raw: Reader) => TfRecord;
  return decoder(new Reader(kind, unpack(data, kind)));
}

let onMore = (): void => {};
let isTold = true;

/** Read these kinds too, from when the script is there that shows them. */
export function alsoDecode(more: Decoders): void {
  Object.assign(DECODERS, more);
  if (!isTold) return;
  // Once for all kinds of a script.
  isTold = false;
  queueMicrotask(() => {
    isTold = true;
    onMore();
  });
}

/** Call this whenever more kinds are read: records of them are yet to be fetched. */
export function whenMoreIsRead(call: () => void): void {
  onMore = call;
}

/** Whether the page reads records of a kind. */
export function isRead(kind: RecordKind): kind is TfRecord["kind"] {
  return kind in DECODERS;
}

function readSamples(raw: Reader): Samples {
  const labels = new Float64Array(raw.array("labels", "F64", 1).data);
  const rows = Array.from(new BigInt64Array(raw.array("rows", "I64", 1).data), Number);
  raw.check(labels.length === rows.length, "labels and rows of one length");
  const labelKind = raw.oneOf("label_kind", LABEL_KINDS);
  const classNames = raw.strings("class_names");
  const settings = raw.json("settings");
  if (!isTexts(settings)) throw new RecordError("samples: expected settings as text");
  const hashes = raw.hasArray("hashes") ? hashesOf(raw) : undefined;
  const labelSets = raw.hasArray("label_sets") ? readSets(raw) : undefined;
  raw.check((hashes ?? rows).length === rows.length, "a hash for each row");
  raw.check((labelSets ?? rows).length === rows.length, "a set of labels for each row");
  return {
    kind: "samples",
    labels,
    rows,
    labelKind,
    classNames,
    settings,
    hashes,
    labelSets,
    layers: raw.has("layers") ? readLayers(raw) : layersInSettings(settings),
  };
}

function readLayers(raw: Reader): Record<string, readonly string[]> {
  const layers = raw.json("layers");
  const isLists =
    isObject(layers) &&
    Object.values(layers).every((names) => Array.isArray(names) && names.every(isText));
  raw.check(isLists, "layers as lists of names");
  return layers as Record<string, readonly string[]>;
}

function readSets(raw: Reader): number[][] {
  const { shape, data } = raw.array("label_sets", "U8", 2);
  const [count = 0, width = 0] = shape;
  const marks = new Uint8Array(data);
  // Rows of no columns take no bytes: their number is not to be believed.
  raw.check(count === 0 || width > 0, "sets of labels with a column for each");
  return Array.from({ length: count }, (_, row) => {
    const own = marks.subarray(row * width, (row + 1) * width);
    return [...own.keys()].filter((label) => own[label]);
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every(isText);
}

function readMetrics(raw: Reader): Metrics {
  return { kind: "metrics", values: named(raw, "values", "names") };
}

function readPredictions(raw: Reader): Predictions {
  const { shape, data } = raw.array("outputs", "F32", 2);
  const predicted = new Int32Array(raw.array("predicted", "I32", 1).data);
  raw.check(shape[0] === predicted.length, "one prediction for each row of outputs");
  // Up to version 1.1, the explained epochs themselves.
  const older = raw.hasArray("explained");
  const explained = older
    ? new Int32Array(raw.array("explained", "I32", 1).data).length
    : raw.number("explained");
  raw.check(Number.isSafeInteger(explained) && explained >= 0, "a count of explained epochs");
  return {
    kind: "predictions",
    outputs: new Float32Array(data),
    width: shape[1] ?? 0,
    predicted,
    explained,
    activation: raw.oneOf("activation", ACTIVATIONS),
    ...readMoment(raw),
  };
}

function readStatus(raw: Reader): Status {
  const problems = raw.json("problems");
  raw.check(Array.isArray(problems), "problems as a list");
  return {
    kind: "status",
    seconds: named(raw, "seconds", "explainers"),
    problems: (problems as unknown[]).map((entry) => readProblem(entry, raw)),
    cost: raw.has("cost") ? readCost(raw) : undefined,
  };
}

function readCost(raw: Reader): Cost {
  const found = (raw.json("cost") ?? {}) as Record<string, unknown>;
  const { budget } = found;
  const number = (key: string): number => {
    const value = found[key];
    if (typeof value === "number" && value >= 0) return value;
    throw new RecordError(`status: expected a number >= 0 as ${key}`);
  };
  return {
    training: number("training"),
    explaining: number("explaining"),
    setup: number("setup"),
    epochs: number("epochs"),
    explained: number("explained"),
    budget: budget === null ? undefined : number("budget"),
    everySteps: found.every_steps === undefined ? 0 : number("every_steps"),
  };
}

function readProblem(entry: unknown, raw: Reader): Problem {
  const { kind, count, message, step, left_out } = (entry ?? {}) as Record<string, unknown>;
  if (
    typeof kind === "string" &&
    typeof count === "number" &&
    typeof message === "string" &&
    typeof step === "number"
  ) {
    return { kind, count, message, step: stepOf(step), isLeftOut: left_out === true };
  }
  raw.check(false, "problems with kind, count, message and step");
  throw new RecordError("unreachable");
}
