/** One sample of an input that is no picture. */

import type { Values } from "../format/records.ts";
import { memo, memoBy } from "./memo.ts";

export interface InputValues {
  readonly layout: Values["layout"];
  /** `length` features, words or positions of a line, these of `width` channels. */
  readonly values: Float32Array;
  readonly length: number;
  readonly width: number;
  readonly names: readonly string[];
  /** Of tokens; empty for padding. */
  readonly words: readonly string[];
}

/** The input of a sample; the same object each time, so that what is laid out stays. */
export function inputOfSample(record: Values | undefined, sample: number): InputValues | undefined {
  if (!record || sample < 0 || sample >= record.count) return undefined;
  return cut(record, sample);
}

const cut = memoBy((record: Values, sample: number): InputValues => {
  const { layout, length, width, names } = record;
  const size = length * width;
  return {
    layout,
    values: record.values.subarray(sample * size, (sample + 1) * size),
    length,
    width,
    names,
    words: record.words.slice(sample * length, (sample + 1) * length),
  };
});

/** How many different words stand in all samples of an input. */
const vocabularyOf = memo((record: Values): number => new Set(record.words).size);

/**
 * The input that stands for a sample where none is a picture: the first one. Of tokens it is the one
 * of the most different words, for what lies beside a text (segments, masks) has two or three.
 */
export function tellingInput(records: readonly Values[]): Values | undefined {
  const [first] = records;
  if (first?.layout !== "tokens") return first;
  const tokens = records.filter(({ layout }) => layout === "tokens");
  return tokens.reduce((best, one) => (vocabularyOf(one) > vocabularyOf(best) ? one : best), first);
}

/** A feature's name, or the number of its column. */
export function featureName(input: InputValues | undefined, index: number): string {
  return input?.names[index] || `column ${index}`;
}

/** A line's channel by its name, or its number. */
export function channelName(input: InputValues | undefined, index: number): string {
  return input?.names[index] || `channel ${index}`;
}

/** Whether two samples are the same, so that maps of them can be compared. */
export function sameInput(a: InputValues | undefined, b: InputValues | undefined): boolean {
  if (a === b || !a || !b) return a === b;
  return a.values.length === b.values.length && a.values.every((value, i) => value === b.values[i]);
}
