/** What stands in the cells of confusion matrices, and on which scale. */

import type { CellsName } from "../state/view.ts";
import type { ClassRates, EvaluatedRow, Evaluation } from "./evaluation.ts";
import { short } from "./numbers.ts";

export type Matrix = readonly (readonly number[])[];

/** A matrix of more classes is no picture that can be read. */
export const MOST_DRAWN = 40;

/** The matrix of some classes, by their numbers; a class that does not occur in a run has no rows. */
export function cellsOf({ classes, confusion }: Evaluation, indices: readonly number[]): Matrix {
  const places = indices.map((index) => classes.findIndex((one) => one.index === index));
  return places.map((row) => places.map((column) => confusion[row]?.[column] ?? 0));
}

/** The classes that occur in any of these, in their order: what is predicted in one run only is one, too. */
export function classesOf(evaluations: readonly Evaluation[]): ClassRates[] {
  const all = new Map<number, ClassRates>();
  for (const { classes } of evaluations) {
    for (const one of classes) if (!all.has(one.index)) all.set(one.index, one);
  }
  return [...all.values()].sort((a, b) => a.index - b.index);
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

/** The classes that are drawn: all, or of very many those that are confused most often in any run. */
export function drawnClasses(evaluations: readonly Evaluation[], most = MOST_DRAWN): ClassRates[] {
  const all = classesOf(evaluations);
  if (all.length <= most) return all;
  const indices = all.map(({ index }) => index);
  const mistakes = all.map(() => 0);
  for (const evaluation of evaluations) {
    for (const [i, row] of cellsOf(evaluation, indices).entries()) {
      for (const [j, count] of row.entries()) {
        if (i === j) continue;
        mistakes[i] = (mistakes[i] ?? 0) + count;
        mistakes[j] = (mistakes[j] ?? 0) + count;
      }
    }
  }
  const places = all.map((_, place) => place);
  const order = places.sort((a, b) => (mistakes[b] ?? 0) - (mistakes[a] ?? 0)).slice(0, most);
  return order.sort((a, b) => a - b).flatMap((place) => all[place] ?? []);
}

/** Of so many pixels all digits have no room, and say no more. */
const MANY = 10_000;
const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

function counts(value: number): string {
  return Math.abs(value) >= MANY ? COMPACT.format(value) : String(value);
}

/** What a cell says; nothing where it is empty. */
export function cellText(value: number, cells: CellsName): string {
  if (!Number.isFinite(value) || value === 0) return "";
  if (cells === "label" || cells === "predicted") {
    const percents = 100 * value;
    return percents < 0.5 ? "<1%" : `${Math.round(percents)}%`;
  }
  const isCount = Number.isInteger(value) || Math.abs(value) >= MANY;
  const text = isCount ? counts(value).replace("-", "\u2212") : short(value);
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

/** In place of a label or a prediction, of rows that may have several: that it is not among them. */
export const NONE = -1;

/**
 * The rows of a cell, the worst first: with a label and a prediction, or of rows that may have several
 * labels with one of these and not the other.
 */
export function rowsIn(
  rows: readonly EvaluatedRow[],
  label: number,
  predicted: number,
): EvaluatedRow[] {
  const found = rows.filter(({ labels, said }) => {
    if (predicted === NONE) return labels.includes(label) && !said.includes(label);
    if (label === NONE) return said.includes(predicted) && !labels.includes(predicted);
    return labels.includes(label) && said.includes(predicted);
  });
  const own = label === NONE ? predicted : label;
  const chanceOf = ({ chances, chance }: EvaluatedRow): number => chances?.get(own) ?? chance;
  const sign = label === NONE ? -1 : 1;
  return found.sort((a, b) => sign * (chanceOf(a) - chanceOf(b)));
}
