/** Which epoch is shown at the playhead, what is said where it is another one, how many were kept. */

import type { Predictions } from "../format/records.ts";

/** Of which epoch something is, and whether that is the playhead's. */
export interface Dated {
  /** undefined where nothing is known until the playhead. */
  readonly step: number | undefined;
  readonly isNow: boolean;
}

/** The epoch that a step is in. */
function epochOf(step: number): number {
  return Math.ceil(step) || 0;
}

/** What is said behind the word epoch: `3`, or within an epoch `3 at 25%`. */
export function epochText(step: number): string {
  if (Number.isInteger(step)) return String(step);
  const epoch = epochOf(step);
  return `${epoch} at ${Number((100 * (step - epoch + 1)).toFixed(2))}%`;
}

/** `Epoch 3 of 20`, or within an epoch `Epoch 3 of 20, at 25%`. */
export function timeText(step: number, last: number): string {
  const [, share] = epochText(step).split(" at ");
  return `Epoch ${epochOf(step)} of ${epochOf(last)}${share ? `, at ${share}` : ""}`;
}

/** The same in a file's name. */
export function fileText(step: number): string {
  return epochText(step).replaceAll(" ", "-").replace("%", "");
}

/** How far apart steps are that are shown beside each other: whole epochs, or parts of them. */
export function unitOf(steps: readonly number[]): number {
  if (steps.every(Number.isInteger)) return 1;
  return steps.reduce(
    (least, step, i) => Math.min(least, i > 0 ? step - (steps[i - 1] ?? 0) : 1),
    1,
  );
}

/** `from epoch 3`; empty for what is of the playhead's epoch, and for what is not there at all. */
export function fromText({ step, isNow }: Dated): string {
  return isNow || step === undefined ? "" : `from epoch ${epochText(step)}`;
}

/** A sentence that says its epoch where that is not the playhead's. */
export function withEpoch(text: string, ...dated: readonly Dated[]): string {
  return [text, ...new Set(dated.map(fromText))].filter(Boolean).join(", ");
}

/** Of a difference: the one epoch where both sides are of one, else both. */
export function differenceEpochs(a: Dated, b: Dated): string {
  if (a.step === b.step || (a.isNow && b.isNow)) return fromText(a);
  if (a.step === undefined || b.step === undefined) return "";
  return `epoch ${epochText(a.step)} minus epoch ${epochText(b.step)}`;
}

/** The last of `items`, which are in rising order of step, at or before `step`. */
export function lastUntil<T>(
  items: readonly T[],
  step: number,
  stepOf: (item: T) => number,
): T | undefined {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stepOf(items[middle] as T) <= step) low = middle + 1;
    else high = middle;
  }
  return items[low - 1];
}

export interface DatedValue extends Dated {
  readonly value: number;
}

/** What a curve says at the playhead: its last value until then. */
export function valueUntil(
  points: readonly (readonly [number, number])[],
  playhead: number,
): DatedValue | undefined {
  const point = lastUntil(points, playhead, ([step]) => step);
  return point && { value: point[1], step: point[0], isNow: point[0] === playhead };
}

export interface KeptEpochs {
  readonly kept: number;
  readonly explained: number;
}

/**
 * Every kept record counts the epochs explained so far in its `fit`. Where the count does not grow,
 * another fit began: the largest counts of all fits are what was written.
 */
export function keptEpochs(steps: readonly number[], history: readonly Predictions[]): KeptEpochs {
  const ends = history.filter(({ explained }, i) => explained >= (history[i + 1]?.explained ?? 0));
  const explained = ends.reduce((sum, end) => sum + end.explained, 0);
  return { kept: steps.length, explained: Math.max(steps.length, explained) };
}
