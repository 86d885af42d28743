/** What is said of a map in words: where a value lies, and how far the map may be off. */

import type { AttributionMap } from "../format/records.ts";
import type { Layout } from "../tables.ts";
import { featureName, type InputValues } from "./input-values.ts";
import type { Scale } from "./magnitudes.ts";
import { plural, short } from "./numbers.ts";

/** What has to be known to say where a position of a map lies. */
export interface PositionContext {
  readonly layout: Layout;
  readonly width: number;
  readonly input: InputValues | undefined;
  /** Of a volume, undefined elsewhere. */
  readonly slice?: number | undefined;
}

/** `row 3, column 4`, `“good” (word 2)`, `mean radius = 17.9`, `position 5`. */
export function positionText(
  { layout, width, input, slice }: PositionContext,
  index: number,
): string {
  if (layout === "tokens") {
    const word = input?.words[index];
    return word ? `“${word}” (word ${index})` : `word ${index}`;
  }
  if (layout === "features") {
    const value = input?.values[index];
    return featureName(input, index) + (value === undefined ? "" : ` = ${short(value)}`);
  }
  if (layout === "line") return `position ${index}${lineText(input, width, index)}`;
  const [row, column] = [Math.floor(index / width), index % width];
  const where = `row ${row}, column ${column}`;
  return slice === undefined ? where : `slice ${slice}, ${where}`;
}

/** `from “it” to “cat”, head 5`; tokens that are no words by their numbers. */
export function attentionText(
  words: readonly string[],
  width: number,
  index: number,
  head: number,
): string {
  const name = (token: number): string => tokenName(words, width, token);
  return `from ${name(Math.floor(index / width))} to ${name(index % width)}, head ${head}`;
}

/** A token among `count`: its word, where there is one for each. */
export function tokenName(words: readonly string[], count: number, token: number): string {
  const word = words.length === count ? words[token] : undefined;
  return word ? `“${word}”` : `token ${token}`;
}

/** What the line is there, where it has a value for each position. */
function lineText(input: InputValues | undefined, length: number, index: number): string {
  if (input?.layout !== "line" || input.length !== length) return "";
  const own = input.values.subarray(index * input.width, (index + 1) * input.width);
  const told = Array.from(own.subarray(0, 4), (value, i) => {
    const name = input.width > 1 || input.names.length > 0 ? `${input.names[i] || i} ` : "";
    return `${name}${short(value)}`;
  });
  return ` (input ${told.join(", ")}${own.length > 4 ? ", …" : ""})`;
}

/** `0.9%`: the share of values that lie beyond a scale. */
export function aboveText({ above }: Scale): string {
  return `${short(100 * above, 1)}%`;
}

export const ERROR_TITLE =
  "how far the map may be off from the exact integral, in percent of its largest magnitude.";

/** The estimate alone, where there is little room; empty where the method tells none. */
export function shortErrorText({ error, passes }: AttributionMap): string {
  if (error === undefined) return passes === undefined ? "" : "not estimated";
  return Number.isNaN(error) ? "unknown" : `~${short(100 * error, 2)}%`;
}

/** Empty where the method tells neither error nor passes. */
export function errorText({ error, passes }: AttributionMap): string {
  if (error === undefined && passes === undefined) return "";
  const after = passes === undefined ? "" : `after ${plural(passes, "pass", "passes")}`;
  if (error === undefined) return `not estimated; ${after}`;
  if (Number.isNaN(error)) return ["unknown: the map is not finite", after].join("; ");
  return `~${short(100 * error, 2)}% ${after}`.trim();
}
