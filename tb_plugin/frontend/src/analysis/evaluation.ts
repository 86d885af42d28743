/** The answer of `evaluation`, checked field by field. Numbers that are not defined are NaN. */

import { list, number, numbers, object, text } from "../data/listing.ts";
import { estimate, float } from "./evaluated-totals.ts";
import { memo } from "./memo.ts";

/** A number with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** IoU is told of pixels only. */
export const RATES = ["iou", "precision", "recall", "f1"] as const;
export type RateName = (typeof RATES)[number];
export type Rates = Readonly<Partial<Record<RateName, Estimate>>>;

export interface ClassRates {
  readonly index: number;
  readonly name: string;
  readonly rows: number;
  readonly rates: Rates;
}

export interface RankingCurve {
  readonly index: number;
  /** The share of the rows that are of the class. */
  readonly positive: Estimate;
  readonly auc: Estimate;
  readonly averagePrecision: Estimate;
  readonly ks: Estimate;
  readonly ksAt: number;
  /** In falling order, and at each what follows. */
  readonly threshold: readonly number[];
  readonly truePositive: readonly number[];
  readonly falsePositive: readonly number[];
  readonly precision: readonly number[];
  readonly taken: readonly number[];
}

export interface Bins {
  readonly error: Estimate;
  readonly edges: readonly number[];
  readonly rows: readonly number[];
  readonly confidence: readonly number[];
  readonly accuracy: readonly Estimate[];
}

export interface EvaluatedRow {
  /** Its number in the data. */
  readonly row: number;
  /** What it holds, as the record of samples writes it. */
  readonly hash: string;
  readonly label: number;
  readonly predicted: number;
  /** All labels, and all that are predicted: one each, unless rows may have several. */
  readonly labels: readonly number[];
  readonly said: readonly number[];
  /** Where rows may have several, the probability of each that is in either. */
  readonly chances: ReadonlyMap<number, number> | undefined;
  /** The probability of its label at this epoch. */
  readonly chance: number;
  readonly confidence: number;
  readonly variability: number;
  readonly correctness: number;
  readonly forgotten: number;
  readonly region: string;
}

export interface GroupRate {
  readonly name: string;
  readonly rows: number;
  readonly rate: Estimate;
}

export interface ValueErrors {
  readonly scores: readonly (readonly [name: string, score: Estimate])[];
  readonly least: readonly number[];
  readonly most: readonly number[];
  readonly rows: readonly number[];
  readonly error: readonly Estimate[];
  /** In the order of the data. */
  readonly each: readonly ValuedRow[];
}

export interface ValuedRow {
  readonly row: number;
  readonly hash: string;
  readonly truth: number;
  readonly said: number;
}

export interface Evaluation {
  readonly total: number;
  readonly counted: number;
  readonly several: boolean;
  /** Whether pixels, or other positions, are counted in place of rows. */
  readonly arePixels: boolean;
  readonly epochs: number;
  readonly accuracy: Estimate | undefined;
  readonly classes: readonly ClassRates[];
  /** Classes that are not shown. */
  readonly leftOut: number;
  readonly averages: readonly (readonly [how: string, rates: Rates])[];
  /** Labels down, predictions across, in the order of `classes`; empty of several labels. */
  readonly confusion: readonly (readonly number[])[];
  readonly calibration: Bins | undefined;
  readonly curves: readonly RankingCurve[];
  readonly rows: readonly EvaluatedRow[];
  readonly groups: readonly GroupRate[];
  /** Of labels that are values. */
  readonly values: ValueErrors | undefined;
}

type Json = Readonly<Record<string, unknown>>;

export const readEvaluation = memo((answer: object): Evaluation => {
  const json = object(answer);
  return {
    total: number(json.total),
    counted: number(json.counted),
    several: json.several === true,
    arePixels: json.unit === "pixel",
    epochs: number(json.epochs),
    accuracy: json.accuracy === undefined ? undefined : estimate(json.accuracy),
    classes: list(json.classes).map((entry) => {
      const one = object(entry);
      const [index, rows] = [number(one.class), number(one.rows)];
      return { index, rows, name: text(one.name), rates: readRates(one) };
    }),
    leftOut: number(json.left_out),
    averages: Object.entries(object(json.averages)).map(
      ([how, rates]) => [how, readRates(rates)] as const,
    ),
    confusion: list(json.confusion).map(floats),
    calibration: json.calibration === undefined ? undefined : readBins(json.calibration),
    curves: list(json.curves).map(readCurve),
    rows: json.scores === undefined ? readRows(object(json.each_row), json.several === true) : [],
    groups: list(json.accuracy_by_group).map((entry) => {
      const one = object(entry);
      const rate = estimate(one.accuracy ?? one.mean_absolute_error);
      return { name: text(one.name), rows: number(one.rows), rate };
    }),
    values: json.scores === undefined ? undefined : readValues(object(json)),
  };
});

/** What a class is called. */
export function classText({ classes }: Evaluation, index: number): string {
  return classes.find((one) => one.index === index)?.name ?? String(index);
}

function readRates(value: unknown): Rates {
  const json = object(value);
  const known = RATES.filter((name) => json[name] !== undefined);
  return Object.fromEntries(known.map((name) => [name, estimate(json[name])]));
}

function readBins(value: unknown): Bins {
  const json = object(value);
  return {
    error: estimate(json.error),
    edges: floats(json.edges),
    rows: numbers(json.rows),
    confidence: floats(json.confidence),
    accuracy: estimates(json.accuracy, json.low, json.high),
  };
}

function readCurve(value: unknown): RankingCurve {
  const json = object(value);
  return {
    index: number(json.class),
    positive: estimate(json.positive),
    auc: estimate(json.auc),
    averagePrecision: estimate(json.average_precision),
    ks: estimate(json.ks),
    ksAt: float(json.ks_at),
    threshold: floats(json.threshold),
    truePositive: floats(json.true_positive_rate),
    falsePositive: floats(json.false_positive_rate),
    precision: floats(json.precision),
    taken: floats(json.taken),
  };
}

function readRows(json: Json, several: boolean): EvaluatedRow[] {
  const column = (name: string): readonly number[] => floats(json[name]);
  const [rows, labels, predicted] = [column("row"), column("label"), column("predicted")];
  const [chance, confidence] = [column("chance"), column("confidence")];
  const [variability, correctness] = [column("variability"), column("correctness")];
  const [forgotten, hashes, regions] = [column("forgotten"), hashesOf(json), list(json.region)];
  const [sets, said, chances] = [json.labels, json.labels_predicted, json.label_chances].map(list);
  return rows.map((row, i) => ({
    ...(several
      ? readSets(sets?.[i], said?.[i], chances?.[i])
      : { labels: [labels[i] ?? -1], said: [predicted[i] ?? -1], chances: undefined }),
    row,
    hash: hashes[i] ?? "",
    label: labels[i] ?? -1,
    predicted: predicted[i] ?? -1,
    chance: chance[i] ?? Number.NaN,
    confidence: confidence[i] ?? Number.NaN,
    variability: variability[i] ?? Number.NaN,
    correctness: correctness[i] ?? Number.NaN,
    forgotten: forgotten[i] ?? 0,
    region: text(regions[i]),
  }));
}

/** As the record of samples writes them. */
function hashesOf(json: Json): readonly string[] {
  return list(json.hash).map((hash) => text(hash).replace(/^0+(?=.)/, ""));
}

/** The probabilities stand in the order of the labels that are in either list. */
function readSets(own: unknown, predicted: unknown, probabilities: unknown) {
  const [labels, said, chances] = [numbers(own), numbers(predicted), floats(probabilities)];
  const either = [...new Set([...labels, ...said])].sort((a, b) => a - b);
  const pairs = either.map((index, i) => [index, chances[i] ?? Number.NaN] as const);
  return { labels, said, chances: new Map(pairs) };
}

function readValues(json: Json): ValueErrors {
  const [by, rows] = [object(json.errors_by_value), object(json.each_row)];
  const [truth, said, hashes] = [floats(rows.true), floats(rows.said), hashesOf(rows)];
  return {
    scores: Object.entries(object(json.scores)).map(
      ([name, score]) => [name, estimate(score)] as const,
    ),
    least: floats(by.least),
    most: floats(by.most),
    rows: numbers(by.rows),
    error: estimates(by.error, by.low, by.high),
    each: numbers(rows.row).map((row, i) => ({
      ...{ row, hash: hashes[i] ?? "" },
      ...{ truth: truth[i] ?? Number.NaN, said: said[i] ?? Number.NaN },
    })),
  };
}

function floats(value: unknown): readonly number[] {
  return list(value).map(float);
}

function estimates(values: unknown, low: unknown, high: unknown): Estimate[] {
  const [lows, highs] = [floats(low), floats(high)];
  return floats(values).map((value, i) => ({
    ...{ value, low: lows[i] ?? Number.NaN, high: highs[i] ?? Number.NaN },
  }));
}
