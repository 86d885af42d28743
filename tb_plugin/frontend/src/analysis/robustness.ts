/** How small steps flip predictions: quartiles, the most fragile rows, two runs compared. */

import type { Robustness } from "../format/robust.ts";
import type { Measured } from "../format/simplified.ts";
import { memo } from "./memo.ts";
import { plural, short } from "./numbers.ts";

export interface Quartiles {
  readonly quarter: number;
  readonly half: number;
  readonly threeQuarters: number;
}

/** The steps that flip so many of the rows that are predicted rightly; NaN where there are none. */
export const quartilesOf = memo(({ steps, right }: Robustness): Quartiles => {
  const own = steps.filter((_, row) => right[row] === 1).sort();
  const at = (share: number): number => own[Math.ceil(share * own.length) - 1] ?? Number.NaN;
  return { quarter: at(0.25), half: at(0.5), threeQuarters: at(0.75) };
});

/** The rows that are predicted rightly and flip, by their place in the record, the most fragile first. */
export const fragileRows = memo(({ steps, right }: Robustness): readonly number[] => {
  const rows = [...steps.keys()].filter((row) => right[row] && Number.isFinite(steps[row]));
  return rows.sort((a, b) => (steps[a] ?? 0) - (steps[b] ?? 0));
});

/** Where a row of one record stands in another; undefined where that does not have it. */
export function sameRow(from: Robustness, row: number, other: Robustness): number | undefined {
  const at = placesOf(other).get(from.hashes[row] ?? "");
  return at;
}

const placesOf = memo(
  ({ hashes }: Robustness): ReadonlyMap<string, number> =>
    new Map(hashes.map((hash, row) => [hash, row])),
);

/** The accuracy after a step, which is one of the grid. */
export function accuracyAt({ accuracy, low, high }: Robustness, at: number): Measured {
  const [value = Number.NaN] = [accuracy[at]];
  return { value, low: low[at] ?? Number.NaN, high: high[at] ?? Number.NaN };
}

/** `half of the 240 rows that are right flip within 0.12 shares of the color range`. */
export function robustnessText(record: Robustness): string {
  const rows = record.right.reduce((sum, one) => sum + one, 0);
  if (rows === 0) return "no row is predicted rightly";
  const { half } = quartilesOf(record);
  if (!Number.isFinite(half)) {
    const last = record.grid.at(-1) ?? 0;
    return `less than half of the ${plural(rows, "row")} that are right flip within ${stepText(last, record)}`;
  }
  return `half of the ${plural(rows, "row")} that are right flip within ${stepText(half, record)}`;
}

export function stepText(step: number, { unit }: Robustness): string {
  if (!Number.isFinite(step)) return "no step that was tried";
  return `${short(step)} ${unit.replace("share of", "of")}`;
}

export interface Earlier {
  /** Rows that both predict rightly, and how many flip at a smaller step in the second, or the first. */
  readonly both: number;
  readonly second: number;
  readonly first: number;
}

/** How many rows of two runs flip earlier in either. */
export function earlier(a: Robustness, b: Robustness): Earlier {
  let [both, first, second] = [0, 0, 0];
  for (const row of a.steps.keys()) {
    const other = sameRow(a, row, b);
    if (other === undefined || !a.right[row] || !b.right[other]) continue;
    const [own, its] = [a.steps[row] as number, b.steps[other] as number];
    both++;
    if (its < own) second++;
    if (own < its) first++;
  }
  return { both, first, second };
}
