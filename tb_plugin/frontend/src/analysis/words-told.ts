/** Which words of texts speak for what is explained, and which against it. */

import type { Importance } from "../format/ranked.ts";
import type { OfClass } from "./importance.ts";
import { memoBy } from "./memo.ts";

export interface ToldWord {
  readonly feature: number;
  /** The mean attribution, with its sign. */
  readonly mean: number;
  /** In how many rows it is; undefined where that is not known. */
  readonly rows: number | undefined;
}

/** The words of each side, those that say most first: in the rows of a class, or in all. */
export const wordsOf = memoBy((record: Importance, ofClass: OfClass) => {
  const { names, classes, signed, signedByClass, occurs } = record;
  const own = ofClass === undefined ? -1 : classes.indexOf(ofClass);
  const means =
    own < 0 ? signed : signedByClass.subarray(own * names.length, (own + 1) * names.length);
  const all = names.map(
    (_, feature): ToldWord => ({
      ...{ feature, mean: means[feature] ?? Number.NaN, rows: occurs[feature] },
    }),
  );
  const side = (sign: 1 | -1): readonly ToldWord[] =>
    all
      .filter(({ mean }) => sign * mean > 0)
      .sort((a, b) => sign * (b.mean - a.mean) || a.feature - b.feature);
  return { speakFor: side(1), speakAgainst: side(-1) };
});
