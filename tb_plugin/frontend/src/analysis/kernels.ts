/** Kernels by name: their order over several runs, and which maps lie behind them. */

import type { Series } from "../data/series.ts";
import type { KernelRow, Kernels } from "../format/compressed.ts";
import { countText, metricOf, spoken } from "./compression.ts";
import { memo, memoBy } from "./memo.ts";
import { layerPath, unwrapped, wrappedBy } from "./wrappers.ts";

/** Where the numbers of one table lie: rows by kernel, columns by metric. */
interface TableIndex {
  readonly rows: ReadonlyMap<string, number>;
  readonly metrics: ReadonlyMap<string, number>;
}

const indexOfTable = memo(
  (record: Kernels): TableIndex => ({
    rows: new Map(shownNames(record).map((name, i) => [name, i])),
    metrics: new Map(record.metrics.map((metric, i) => [metric, i])),
  }),
);

/** One number of one kernel; NaN where it is not known. */
export function kernelValue(record: Kernels | undefined, name: string, metric: string): number {
  if (!record) return Number.NaN;
  const { rows, metrics } = indexOfTable(record);
  const [row, column] = [rows.get(name), metrics.get(metric)];
  if (row === undefined || column === undefined) return Number.NaN;
  return record.values[row * record.metrics.length + column] ?? Number.NaN;
}

/**
 * What each kernel of a record is called on the page: without wrappers, so that a pruned model and
 * its dense twin meet in one row; where that would make two kernels one, as it was logged. Where
 * Keras counted them on, as in the first run.
 */
function shownNames({ rows, called }: Kernels): string[] {
  const plain = rows.map(({ name }) => unwrapped(name));
  const own = rows.map(({ name }, i) =>
    plain.some((other, j) => j !== i && other === plain[i]) ? name : (plain[i] as string),
  );
  return own.map((name) => called?.get(name) ?? name);
}

export function kernelRow(record: Kernels | undefined, name: string): KernelRow | undefined {
  const row = record && indexOfTable(record).rows.get(name);
  return row === undefined ? undefined : record?.rows[row];
}

/** Every kernel that a series names, in model order. */
export const namesOf = memo((series: Series): readonly string[] => {
  const lists = series.points.flatMap(({ record }) =>
    record?.kind === "kernels" ? [shownNames(record)] : [],
  );
  // Most epochs name the same kernels: one list of them is enough.
  return mergeNames([...new Map(lists.map((list) => [list.join("\n"), list])).values()]);
});

/** A series whose kernels are called as in another run. */
export const calledKernels = memoBy(
  (series: Series, called: ReadonlyMap<string, string>): Series => ({
    ...series,
    points: series.points.map((point) =>
      point.record?.kind === "kernels" ? { ...point, record: { ...point.record, called } } : point,
    ),
  }),
);

/** How much of a model is zero before it counts as pruned: a few zeros are in any. */
const FEW_ZEROS = 0.01;
const DENSE_MODES: readonly string[] = ["", "float", "unknown"];

/** Whether weights of any epoch are pruned or quantized. */
export const isCompressed = memo((series: Series): boolean =>
  series.points.some(
    ({ record }) =>
      record?.kind === "kernels" &&
      (record.rows.some(({ mode }) => !DENSE_MODES.includes(mode)) ||
        [...record.totals.values()].some((sums) => (sums.get("sparsity") ?? 0) > FEW_ZEROS)),
  ),
);

/** Lists of names as one, each name after the one it follows in its own list. */
export function mergeNames(lists: readonly (readonly string[])[]): string[] {
  const merged: string[] = [];
  const known = new Set<string>();
  for (const list of lists) {
    let next = 0;
    for (const name of list) {
      if (known.has(name)) {
        next = merged.indexOf(name) + 1;
      } else {
        merged.splice(next++, 0, name);
        known.add(name);
      }
    }
  }
  return merged;
}

/** Whether a kernel belongs to the layer of a map, however either is wrapped. */
export function belongs(name: string, mapLayer: string): boolean {
  const kernel = unwrapped(name);
  return kernelLayers(mapLayer).some((layer) =>
    [kernel, layerPath(kernel)].some((path) => path === layer || path.startsWith(`${layer}/`)),
  );
}

/**
 * The paths that the kernels of a map's layer may have: its own, and where it is a wrapper that of
 * the layer inside. A shared layer's calls are told apart by `@1`, the kernel is one.
 */
export function kernelLayers(mapLayer: string): readonly string[] {
  const layer = unwrapped(mapLayer.replace(/@\d+$/, ""));
  const [, folder = "", last = ""] = layer.match(/^(.*\/)?([^/]*)$/) ?? [];
  const inside = wrappedBy(last);
  return inside ? [layer, folder + inside] : [layer];
}

/** One kernel at one time, as a sentence without a subject: `sparsity 75.0%, 324 of 432 weights zero`. */
export function cellText(record: Kernels | undefined, name: string, metric: string): string {
  const { label, unit } = metricOf(metric);
  const told = `${label} ${spoken(unit, kernelValue(record, name, metric))}`;
  const row = kernelRow(record, name);
  if (!record || !row) return `${label} not known: no such kernel here`;
  const [size, kept] = [
    kernelValue(record, name, "weights"),
    kernelValue(record, name, "nonzeros"),
  ];
  if (metric !== "sparsity" || Number.isNaN(size - kept)) return told;
  return `${told}, ${countText(size - kept)} of ${countText(size)} weights zero`;
}

/** `3,687 of 4,608 zero`. */
export function zerosText(zeros: number, size: number): string {
  return `${countText(zeros)} of ${countText(size)} zero`;
}
