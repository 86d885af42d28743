/** What the samples of an input are that is no picture. */

import { VALUE_RANKS } from "../tables.ts";
import type { Reader } from "./reader.ts";

export type ValueLayout = keyof typeof VALUE_RANKS;
const LAYOUTS = Object.keys(VALUE_RANKS) as readonly ValueLayout[];

/** Each sample has `length` features, words or places of a line, these of `width` channels. */
export interface Values {
  readonly kind: "values";
  readonly values: Float32Array;
  readonly count: number;
  readonly length: number;
  readonly width: number;
  readonly layout: ValueLayout;
  /** Of the features or the line's channels; none where they have no names. */
  readonly names: readonly string[];
  /** `length` for each sample, empty for padding; none for other layouts than tokens. */
  readonly words: readonly string[];
}

export function readValues(raw: Reader): Values {
  const layout = raw.oneOf("layout", LAYOUTS);
  const { shape, data } = raw.array("values", "F32", VALUE_RANKS[layout]);
  const [count = 0, length = 0, width = 1] = shape;
  const [names, words] = [raw.longStrings("names"), raw.longStrings("words")];
  const columns = layout === "line" ? width : length;
  raw.check(names.length === 0 || names.length === columns, "no names, or one for each column");
  raw.check(words.length === (layout === "tokens" ? count * length : 0), "one word for each token");
  return {
    kind: "values",
    values: new Float32Array(data),
    count,
    length,
    width,
    layout,
    names,
    words,
  };
}
