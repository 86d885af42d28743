/** The record of importance: twin of `Importance` in `tfexplain/wire/records/ranked.py`. */

import { FEATURE_KINDS, type FeatureKind, SCORES, type Score } from "../tables.ts";
import { count, type MeanPicture, readMean, sizes } from "./exchanged.ts";
import { type Moment, readMoment } from "./moment.ts";
import { hashesOf, wholes as longWholes, type Reader } from "./reader.ts";

const MAX_FEATURES = 4096;
const MAX_DOTS = 20;

/** How much a model uses each of F features of one input; what was not measured is empty. */
export interface Importance extends Moment {
  readonly kind: "importance";
  readonly names: readonly string[];
  readonly feature: FeatureKind;
  readonly explainer: string;
  readonly rows: number;
  /** How many features the model has, where these are the most important of them. */
  readonly total: number;
  readonly passes: number;
  readonly unit: string;
  readonly score: Score;
  /** Of the grid of places. */
  readonly sides: readonly number[];
  /** Means of |attribution| over the rows, their 95% interval, and the means with their signs. */
  readonly values: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly signed: Float64Array;
  /** In how many rows each word is. */
  readonly occurs: Int32Array;
  readonly classes: Int32Array;
  /** [C, F]: of the rows of each class. */
  readonly byClass: Float32Array;
  readonly signedByClass: Float32Array;
  /** How far the score falls (an error: rises) when a feature has the values of other rows. */
  readonly permuted: Float64Array;
  readonly permutedLow: Float64Array;
  readonly permutedHigh: Float64Array;
  readonly weightsFirst: Float64Array;
  /** [D]: the features whose rows are known, the most important first. */
  readonly dotFeatures: Int32Array;
  /** [N, D]: attributions of each row, and its values. */
  readonly dots: Float32Array;
  readonly dotValues: Float32Array;
  readonly rowLabels: Float64Array;
  /** [N or none]: where the rows stood in the data, and what they hold, as samples write it. */
  readonly rowNumbers: readonly number[];
  readonly hashes: readonly string[];
  /** [K]: the score with so many of the least important features hidden, and in a random order. */
  readonly hiddenCounts: Int32Array;
  readonly hidden: Float64Array;
  readonly random: Float64Array;
  readonly randomLow: Float64Array;
  readonly randomHigh: Float64Array;
  /** The mean of all rows, where they are pictures. */
  readonly mean: MeanPicture | undefined;
}

export function readImportance(raw: Reader): Importance {
  const names = raw.longStrings("names");
  const known = names.length;
  raw.check(known > 0 && known <= MAX_FEATURES, `1 to ${MAX_FEATURES} features`);
  const feature = raw.oneOf("feature", FEATURE_KINDS);
  const total = count(raw, "total");
  raw.check(total >= known, "at least as many features as are named");
  return {
    kind: "importance",
    ...{ names, feature, total },
    explainer: raw.text("explainer"),
    unit: raw.text("unit"),
    score: raw.oneOf("score", SCORES),
    rows: count(raw, "rows"),
    passes: count(raw, "passes"),
    sides: readSides(raw, feature, known),
    values: doubles(raw, "values", known),
    low: doubles(raw, "low", known),
    high: doubles(raw, "high", known),
    signed: doubles(raw, "signed", known),
    occurs: orNone(wholes(raw, "occurs"), known, raw),
    ...readClasses(raw, known),
    permuted: orNone(doubles(raw, "permuted"), known, raw),
    permutedLow: orNone(doubles(raw, "permuted_low"), known, raw),
    permutedHigh: orNone(doubles(raw, "permuted_high"), known, raw),
    weightsFirst: orNone(doubles(raw, "weights_first"), known, raw),
    ...readDots(raw, known),
    ...readHidden(raw),
    mean: readMean(raw),
    ...readMoment(raw),
  };
}

function readSides(raw: Reader, feature: FeatureKind, known: number): number[] {
  const said = raw.json("sides");
  const axes = Array.isArray(said) ? said.length : 0;
  const sides = sizes(raw, "sides", axes);
  const places = sides.reduce((a, b) => a * b, 1);
  const fits = feature === "place" ? places === known : axes === 0;
  raw.check(fits && axes <= 3, "a grid of all places, and else none");
  return sides;
}

function readClasses(
  raw: Reader,
  known: number,
): Pick<Importance, "classes" | "byClass" | "signedByClass"> {
  const classes = wholes(raw, "classes");
  const [byClass, signedByClass] = ["by_class", "signed_by_class"].map((name) => {
    const { shape, data } = raw.array(name, "F32", 2);
    raw.check(`${shape}` === `${[classes.length, known]}`, "means of each class");
    return new Float32Array(data);
  }) as [Float32Array, Float32Array];
  return { classes, byClass, signedByClass };
}

function readDots(
  raw: Reader,
  known: number,
): Pick<Importance, "dotFeatures" | "dots" | "dotValues" | "rowLabels" | "rowNumbers" | "hashes"> {
  const dotFeatures = wholes(raw, "dot_features");
  raw.check(dotFeatures.length <= MAX_DOTS, `dots of at most ${MAX_DOTS} features`);
  raw.check(
    dotFeatures.every((one) => one >= 0 && one < known),
    "dots of features that are there",
  );
  const [dots, values] = [raw.array("dots", "F32", 2), raw.array("dot_values", "F32", 2)];
  raw.check(`${dots.shape}` === `${values.shape}`, "a value for each dot");
  raw.check(dots.shape[1] === dotFeatures.length, "dots of each of their features");
  const rowLabels = doubles(raw, "row_labels");
  raw.check(
    dotFeatures.length === 0 || dots.shape[0] === rowLabels.length,
    "a label for each row of dots",
  );
  const [rowNumbers, hashes] = [longWholes(raw, "row_numbers"), hashesOf(raw)];
  const isNamed = [0, rowLabels.length].includes(hashes.length);
  raw.check(isNamed && rowNumbers.length === hashes.length, "a number and a hash for each row");
  return {
    ...{ dotFeatures, rowLabels, rowNumbers, hashes },
    dots: new Float32Array(dots.data),
    dotValues: new Float32Array(values.data),
  };
}

function readHidden(
  raw: Reader,
): Pick<Importance, "hiddenCounts" | "hidden" | "random" | "randomLow" | "randomHigh"> {
  const hiddenCounts = wholes(raw, "hidden_counts");
  raw.check(
    hiddenCounts.every((one, i) => one > (hiddenCounts[i - 1] ?? -1)),
    "counts that rise",
  );
  const { length } = hiddenCounts;
  return {
    hiddenCounts,
    hidden: doubles(raw, "hidden", length),
    random: doubles(raw, "random", length),
    randomLow: doubles(raw, "random_low", length),
    randomHigh: doubles(raw, "random_high", length),
  };
}

function wholes(raw: Reader, name: string): Int32Array {
  return new Int32Array(raw.array(name, "I32", 1).data);
}

function doubles(raw: Reader, name: string, length?: number): Float64Array {
  const values = new Float64Array(raw.array(name, "F64", 1).data);
  raw.check(length === undefined || values.length === length, `${length} of ${name}`);
  return values;
}

/** An entry for each feature, or none at all. */
function orNone<A extends Float64Array | Int32Array>(values: A, known: number, raw: Reader): A {
  raw.check(values.length === 0 || values.length === known, "an entry for each feature, or none");
  return values;
}
