/** Which epoch is shown at the playhead, what is said where it is another one, how many were kept. */

import type { Predictions } from "../format/records.ts";

/** Of which epoch something is, and whether that is the playhead's. */
export interface Dated {
  /** undefined where nothing is known until the playhead. */
  readonly step: number | undefined;
  readonly isNow: boolean;
}

/** `from epoch 3`; empty for what is of the playhead's epoch, and for what is not there at all. */
export function fromText({ step, isNow }: Dated): string {
  return isNow || step === undefined ? "" : `from epoch ${step}`;
}

/** A sentence that says its epoch where that is not the playhead's. */
export function withEpoch(text: string, ...dated: readonly Dated[]): string {
  return [text, ...new Set(dated.map(fromText))].filter(Boolean).join(", ");
}

/** Of a difference: the one epoch where both sides are of one, else both. */
export function differenceEpochs(a: Dated, b: Dated): string {
  if (a.step === b.step) return fromText(a);
  if (a.step === undefined || b.step === undefined) return "";
  return `epoch ${a.step} minus epoch ${b.step}`;
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
