/** A layer's map of positions, spread over the words that the positions read. */

import type { Series } from "../data/series.ts";
import { toHalves, widen } from "../format/half.ts";
import type { AttributionMap } from "../format/maps.ts";
import { memo } from "./memo.ts";

/** Position p reads the words p * step + each offset. */
export interface WordsRead {
  readonly step: number;
  readonly offsets: readonly number[];
}

/** More divisions would take longer than a frame; a log may say anything. */
const MOST = 1 << 22;

/**
 * Each position's value divided evenly among the words that it reads; sums are kept. Padding, ""
 * among the words, gets none of it but of positions that read nothing else. What reads a rim beside
 * the text counts for the word at that end.
 */
export function overWords(
  values: ArrayLike<number>,
  words: readonly string[],
  { step, offsets }: WordsRead,
): Float32Array {
  const last = words.length - 1;
  const spread = new Float64Array(words.length);
  for (let position = 0; position < values.length; position++) {
    const read = offsets.map((offset) => position * step + offset);
    const inside = read.filter((word) => word >= 0 && word <= last);
    const ends = read.map((word) => Math.min(Math.max(word, 0), last));
    const known = inside.length > 0 ? inside : [...new Set(ends)];
    const real = known.filter((word) => words[word] !== "");
    const own = real.length > 0 ? real : known;
    const part = (values[position] as number) / own.length;
    for (const word of own) spread[word] = (spread[word] as number) + part;
  }
  return Float32Array.from(spread);
}

/** A series of maps with a value for each word in place of each position. */
export function spreadSeries(series: Series, words: readonly string[], read: WordsRead): Series {
  return spreadOnce(series)(words)(read);
}

const spreadOnce = memo((series: Series) =>
  memo((words: readonly string[]) =>
    memo((read: WordsRead): Series => {
      const points = series.points.map((point) => {
        const { record } = point;
        return record?.kind === "map"
          ? { ...point, record: spreadMap(record, words, read) }
          : point;
      });
      return { ...series, points };
    }),
  ),
);

function spreadMap(map: AttributionMap, words: readonly string[], read: WordsRead): AttributionMap {
  const isLine = map.rank === 1 && words.length > 0;
  if (!isLine || map.width * read.offsets.length > MOST) return map;
  const spread = ({ halves, scale }: Pick<AttributionMap, "halves" | "scale">) =>
    toHalves(overWords(widen(halves, scale), words, read));
  const other = map.other && { ...map.other, ...spread(map.other) };
  return { ...map, ...spread(map), width: words.length, other };
}
