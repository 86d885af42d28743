/** What stands in the cells of confusion matrices, and on which scale. */

import type { CellsName } from "../state/view.ts";
import type { EvaluatedRow, Evaluation } from "./evaluation.ts";
import { short } from "./numbers.ts";

export type Matrix = readonly (readonly number[])[];

/** A matrix of more classes is no picture that can be read. */
export const MOST_DRAWN = 40;

/** The matrix of some classes, by their places, of one run. */
export function cellsOf({ confusion }: Evaluation, places: readonly number[]): Matrix {
  return places.map((row) => places.map((column) => confusion[row]?.[column] ?? 0));
}

/** Each row's, or each column's, shares; nothing where it is empty. */
export function sharesOf(matrix: Matrix, of: "label" | "predicted"): Matrix {
  const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
  const across = matrix.map(sum);
  const down = matrix.map((_, column) => sum(matrix.map((row) => row[column] ?? 0)));
  return matrix.map((row, i) =>
    row.map((count, j) => {
      const total = (of === "label" ? across[i] : down[j]) ?? 0;
      return total > 0 ? count / total : Number.NaN;
    }),
  );
}

export function minus(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value - (b[i]?.[j] ?? 0)));
}

/** The largest magnitude of all. */
export function largest(matrices: readonly Matrix[]): number {
  const all = matrices.flat(2).filter(Number.isFinite).map(Math.abs);
  return all.reduce((most, value) => Math.max(most, value), 0);
}

/**
 * The classes that are drawn, as places in the first evaluation's: all, or of very many those that
 * are confused most often in any.
 */
export function drawnPlaces(evaluations: readonly Evaluation[], most = MOST_DRAWN): number[] {
  const [first] = evaluations;
  const places = (first?.classes ?? []).map((_, place) => place);
  if (places.length <= most) return places;
  const mistakes = places.map((place) =>
    evaluations.reduce(
      (sum, { confusion }) =>
        sum +
        places
          .filter((other) => other !== place)
          .reduce(
            (own, other) =>
              own + (confusion[place]?.[other] ?? 0) + (confusion[other]?.[place] ?? 0),
            0,
          ),
      0,
    ),
  );
  const order = [...places].sort((a, b) => (mistakes[b] ?? 0) - (mistakes[a] ?? 0));
  return order.slice(0, most).sort((a, b) => a - b);
}

/** What a cell says; nothing where it is empty. */
export function cellText(value: number, cells: CellsName): string {
  if (!Number.isFinite(value) || value === 0) return "";
  if (cells === "label" || cells === "predicted") {
    const percents = 100 * value;
    return percents < 0.5 ? "<1%" : `${Math.round(percents)}%`;
  }
  const text = Number.isInteger(value) ? String(value).replace("-", "\u2212") : short(value);
  return cells === "difference" && value > 0 ? `+${text}` : text;
}

/** Names without the words that all begin with: `digit 0` and `digit 1` are `0` and `1`. */
export function shortNames(names: readonly string[]): readonly string[] {
  const [first = ""] = names;
  const ends = [...first.matchAll(/[ _-]/g)].map(({ index }) => index + 1);
  const shared = ends.findLast((end) =>
    names.every((name) => name.length > end && name.startsWith(first.slice(0, end))),
  );
  return names.length > 1 && shared ? names.map((name) => name.slice(shared)) : names;
}

/** The rows in a cell, the surest mistakes first. */
export function rowsIn(
  rows: readonly EvaluatedRow[],
  label: number,
  predicted: number,
): EvaluatedRow[] {
  return rows
    .filter((row) => row.label === label && row.predicted === predicted)
    .sort((a, b) => a.chance - b.chance);
}
