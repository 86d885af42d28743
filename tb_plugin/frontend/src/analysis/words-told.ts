/** Which words of texts speak for what is explained, and which against it. */

import type { Importance } from "../format/ranked.ts";
import { memo } from "./memo.ts";

export interface ToldWord {
  readonly feature: number;
  /** The mean attribution, with its sign. */
  readonly mean: number;
  /** In how many rows it is; undefined where that is not known. */
  readonly rows: number | undefined;
}

/** The words of each side, those that say most first. */
export const wordsOf = memo((record: Importance) => {
  const all = record.names.map(
    (_, feature): ToldWord => ({
      feature,
      mean: record.signed[feature] ?? Number.NaN,
      rows: record.occurs[feature],
    }),
  );
  const side = (sign: 1 | -1): readonly ToldWord[] =>
    all
      .filter(({ mean }) => sign * mean > 0)
      .sort((a, b) => sign * (b.mean - a.mean) || a.feature - b.feature);
  return { speakFor: side(1), speakAgainst: side(-1) };
});
