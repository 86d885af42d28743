/** What could be dropped: what a model scores with its least important features hidden. */

import type { Importance } from "../format/ranked.ts";
import { estimateText } from "./estimates.ts";
import { featuresText } from "./importance.ts";
import { percent, short } from "./numbers.ts";

/** What accuracy may fall by, in points, or an error rise by, as a share of it. */
const TOLERANCE = 0.02;
const TOLERANCE_TEXT = "2%";
/** Of an interval of 95%. */
const Z = 1.96;

/** The upper end of Wilson's interval of a share of `rows`. */
export function wilsonHigh(share: number, rows: number): number {
  if (rows === 0) return 1;
  const [z, n] = [Z * Z, rows];
  const spread = Z * Math.sqrt((share * (1 - share)) / n + z / (4 * n * n));
  return Math.min(1, (share + z / (2 * n) + spread) / (1 + z / n));
}

interface Hidden {
  readonly count: number;
  readonly score: number;
  /** How much worse it is than with all features: points of accuracy, or a share of the error. */
  readonly loss: number;
  /** What the loss is at most, as far as so many rows can tell; of errors that is not known. */
  readonly most: number;
}

/** The scores by how many are hidden, up to which all are within the tolerance. */
function lossesOf({ hiddenCounts, hidden, score, rows }: Importance): Hidden[] {
  const base = hidden[0] ?? Number.NaN;
  const isError = score !== "accuracy";
  return [...hiddenCounts].map((count, i) => {
    const own = hidden[i] ?? Number.NaN;
    const loss = isError ? own / base - 1 : base - own;
    // Every row that is lost was right before; those that are won make up for some.
    const most = isError ? Number.NaN : wilsonHigh(Math.max(0, loss), rows);
    return { count, score: own, loss, most };
  });
}

/** The last of which, and all before it, something holds. */
function lastWhile(losses: readonly Hidden[], holds: (one: Hidden) => boolean): Hidden | undefined {
  const end = losses.findIndex((one) => !holds(one));
  return losses[(end < 0 ? losses.length : end) - 1];
}

/** In words, what of the features could be left out; empty where that was not measured. */
export function droppableText(record: Importance): string {
  const [base, ...losses] = lossesOf(record);
  const [first] = losses;
  if (!base || !first || base.count !== 0) return "";
  const { total, rows } = record;
  const tell = scoreTeller(record);
  const both = ({ score }: Hidden): string => `${tell(score)} in place of ${tell(base.score)}`;
  const all = featuresText(record, total);
  const seen = lastWhile(losses, ({ loss }) => loss <= TOLERANCE);
  if (!seen) {
    const which = leastText(first.count, all);
    return `None of the ${all} can be left out without loss: with ${which} hidden, the ${record.score} is ${both(first)}.`;
  }
  if (record.score !== "accuracy") {
    return `With ${leastText(seen.count, all)} hidden, the mean absolute error is ${both(seen)}, measured on ${rows} rows.`;
  }
  const sure = lastWhile(losses, ({ most }) => most <= TOLERANCE);
  if (sure) {
    return `Hiding ${leastText(sure.count, all)} keeps accuracy within ${TOLERANCE_TEXT}: ${both(sure)}, a fall of at most ${points(sure.most)} (95%, ${rows} rows).`;
  }
  return `With ${leastText(seen.count, all)} hidden, accuracy is ${both(seen)}; ${rows} rows cannot exclude a fall of up to ${points(seen.most)}.`;
}

/** `the 3 least important of 8 columns`. */
function leastText(count: number, all: string): string {
  return count === 1 ? `the least important of ${all}` : `the ${count} least important of ${all}`;
}

/** Whether the order is better than any: in words, what a random one leaves at the same count. */
export function randomText(record: Importance): string {
  const { hiddenCounts, hidden, random, randomLow, randomHigh, score } = record;
  const tell = scoreTeller(record);
  const isError = score !== "accuracy";
  let [best, largest] = [-1, 0];
  for (let i = 1; i < hiddenCounts.length - 1; i++) {
    const gain = ((random[i] ?? 0) - (hidden[i] ?? 0)) * (isError ? 1 : -1);
    const isOutside = isError
      ? (hidden[i] ?? 0) < (randomLow[i] ?? 0)
      : (hidden[i] ?? 0) > (randomHigh[i] ?? 1);
    if (isOutside && gain > largest) [best, largest] = [i, gain];
  }
  if (hiddenCounts.length < 3) return "";
  if (best < 0) return "No better than a random order: the ranking tells little.";
  const [low, high] = [randomLow[best] ?? Number.NaN, randomHigh[best] ?? Number.NaN];
  const left = estimateText({ value: random[best] ?? Number.NaN, low, high }, tell);
  const count = featuresText(record, hiddenCounts[best] ?? 0);
  return `With ${count} hidden at random it is ${left}; in this order ${tell(hidden[best] ?? Number.NaN)}.`;
}

export function scoreTeller({ score }: Importance): (value: number) => string {
  return score === "accuracy" ? percent : short;
}

/** `1.9 points`: of shares, in hundredths. */
function points(share: number): string {
  return `${(100 * share).toFixed(1)} points`;
}
