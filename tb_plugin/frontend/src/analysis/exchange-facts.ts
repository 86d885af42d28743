/** What a record of exchanged windows says: where predictions follow, how far, and how surely. */

import type { Exchange, Grid } from "../format/exchanged.ts";

/** Half of an interval that is wider says little: it is hatched. */
const WIDEST = 0.1;

/** What would be followed by chance, at most at any place. */
export function chanceOf({ chance }: Exchange): number {
  return chance.values.reduce((most, value) => Math.max(most, value), 0);
}

/** Whether predictions surely follow any place more often than by chance. */
export function isAboveChance(record: Exchange): boolean {
  const chance = chanceOf(record);
  return record.low.values.some((low) => low > chance);
}

/** The cells whose interval says little. */
export function wideCells({ low, high }: Exchange): number[] {
  const cells: number[] = [];
  for (const [i, value] of low.values.entries()) {
    if (((high.values[i] as number) - value) / 2 > WIDEST) cells.push(i);
  }
  return cells;
}

/** The shares of windows of one class; of all where none is chosen, or it was not exchanged. */
export function gridOf(record: Exchange, classIndex: number | undefined): Grid {
  const at = classIndex === undefined ? -1 : record.classes.indexOf(classIndex);
  const own = record.byClass[at];
  return own ? { shape: record.shares.shape, values: Float64Array.from(own) } : record.shares;
}

/** The largest share at any place of several records: the end of their one scale. */
export function largestShare(records: readonly Exchange[], classIndex: number | undefined): number {
  let most = 0;
  for (const record of records) {
    for (const share of gridOf(record, classIndex).values) if (share > most) most = share;
  }
  return most;
}

/** What the positions of a row are called, and the names of a table's columns. */
export interface RowNames {
  readonly unit: string;
  readonly names: readonly string[];
}

/** The strongest window in words: `the left edge`, `column “age”`, `words 4 to 7`. */
export function placeText({ corner, size, sides }: Exchange, row: RowNames): string {
  if (sides.length === 1) return rowPlace(corner[0] ?? 0, size[0] ?? 1, sides[0] ?? 1, row);
  const ends = sides.map((side, axis) => {
    const [first, length] = [corner[axis] ?? 0, size[axis] ?? 1];
    const [begins, stops] = [first === 0, first + length >= side];
    return begins === stops ? "" : begins ? "first" : "last";
  });
  const vertical = { "": "", first: "top", last: "bottom" }[ends[0] ?? ""];
  const horizontal = { "": "", first: "left", last: "right" }[ends[1] ?? ""];
  if (vertical && horizontal) return `the ${vertical} ${horizontal} corner`;
  return vertical || horizontal ? `the ${vertical || horizontal} edge` : "the middle";
}

function rowPlace(first: number, size: number, side: number, { unit, names }: RowNames): string {
  const last = Math.min(first + size, side) - 1;
  if (first !== last) return `${unit}s ${first} to ${last}`;
  return names[first] ? `${unit} “${names[first]}”` : `${unit} ${first}`;
}

/** `64% follow the left edge · chance 5% · 200 pairs`. */
export function exchangeText(record: Exchange, row: RowNames): string {
  const { share, pairs, isOfValues } = record;
  const place = placeText(record, row);
  const followed = isOfValues
    ? `${whole(share)} of the gap moves with ${place}`
    : `${whole(share)} follow ${place}`;
  const few = wideCells(record).length > 0 ? ["few pairs where hatched"] : [];
  return [followed, `chance ${whole(chanceOf(record))}`, `${pairs} pairs`, ...few].join(" · ");
}

/** A share in whole percents. */
export function whole(share: number): string {
  return Number.isFinite(share) ? `${Math.round(100 * share)}%` : "–";
}

/** What an exchange map answers, and how it is read. */
export const EXCHANGE_HELP = {
  answers: "Where must something be put for the prediction to follow?",
  reading:
    "A window of one sample is put into another of a different class, at the same place: each position tells how often predictions follow the windows over it. The frame marks the window that is followed most; the mark of the scale is the level of chance.",
} as const;
