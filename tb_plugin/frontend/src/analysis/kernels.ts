/** Kernels and layers by name: their order over several runs, and which maps lie behind them. */

import type { AnyRecord, Series } from "../data/series.ts";
import type { KernelRow, Kernels } from "../format/compressed.ts";
import type { Health, LayerRow } from "../format/healthy.ts";
import { countText, metricOf, spoken } from "./compression.ts";
import type { Explained } from "./explained-table.ts";
import { memo, memoBy } from "./memo.ts";
import { layerPath, unwrapped, wrappedBy } from "./wrappers.ts";

/** A number for each row and metric: of kernels, of layers whose health was measured, or that have maps. */
export type Table = Kernels | Health | Explained;

/** Where the numbers of one table lie: rows by kernel, columns by metric. */
interface TableIndex {
  readonly rows: ReadonlyMap<string, number>;
  readonly metrics: ReadonlyMap<string, number>;
}

const indexOfTable = memo(
  (record: Table): TableIndex => ({
    rows: new Map(shownNames(record).map((name, i) => [name, i])),
    metrics: new Map(record.metrics.map((metric, i) => [metric, i])),
  }),
);

/** One number of one kernel or layer; NaN where it is not known. */
export function tableValue(record: Table | undefined, name: string, metric: string): number {
  if (!record) return Number.NaN;
  const { rows, metrics } = indexOfTable(record);
  const [row, column] = [rows.get(name), metrics.get(metric)];
  if (row === undefined || column === undefined) return Number.NaN;
  return record.values[row * record.metrics.length + column] ?? Number.NaN;
}

/**
 * What each kernel or layer of a record is called on the page: without wrappers, so that a pruned model and
 * its dense twin meet in one row; where that would make two kernels one, as it was logged. Where
 * Keras counted them on, as in the first run.
 */
function shownNames(record: Table): string[] {
  const { called } = record;
  const names =
    record.kind === "kernels"
      ? record.rows.map(({ name }) => name)
      : record.rows.map(({ path }) => path);
  const plain = names.map(unwrapped);
  const counts = new Map<string, number>();
  for (const name of plain) counts.set(name, (counts.get(name) ?? 0) + 1);
  const own = names.map((name, i) => {
    const short = plain[i] as string;
    return counts.get(short) === 1 ? short : name;
  });
  return own.map((name) => called?.get(name) ?? name);
}

export function kernelRow(record: Kernels | undefined, name: string): KernelRow | undefined {
  const row = record && indexOfTable(record).rows.get(name);
  return row === undefined ? undefined : record?.rows[row];
}

export function layerRow(record: Health | undefined, name: string): LayerRow | undefined {
  const row = record && indexOfTable(record).rows.get(name);
  return row === undefined ? undefined : record?.rows[row];
}

/** The numbers of each trained weight of a layer, by the weight's name and by metric. */
export function weightsOf(
  record: Health | undefined,
  name: string,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const found = new Map<string, ReadonlyMap<string, number>>();
  const row = record && indexOfTable(record).rows.get(name);
  if (!record || row === undefined) return found;
  const { metrics, weightRows, weightNames, weightValues } = record;
  for (const [i, weight] of weightNames.entries()) {
    if (weightRows[i] !== row) continue;
    const numbers = metrics.map((metric, column) => {
      const value = weightValues[i * metrics.length + column] ?? Number.NaN;
      return [metric, value] as const;
    });
    found.set(weight, new Map(numbers));
  }
  return found;
}

/** The row of a table that is the layer of a name: its own, its layer's, or its first kernel's. */
export function sameLayer(names: readonly string[], name: string | undefined): string | undefined {
  if (name === undefined || names.includes(name)) return name;
  const path = layerPath(name);
  return names.includes(path) ? path : names.find((one) => layerPath(one) === name);
}

/** Whether a record is a table of these names. */
export function isTable(record: AnyRecord | undefined): record is Table {
  return ["kernels", "health", "explained"].includes(record?.kind ?? "");
}

/** Every kernel or layer that a series names, in model order. */
export const namesOf = memo((series: Series): readonly string[] => {
  const lists = series.points.flatMap(({ record }) =>
    isTable(record) ? [shownNames(record)] : [],
  );
  // Most epochs name the same kernels: one list of them is enough.
  return mergeNames([...new Map(lists.map((list) => [list.join("\n"), list])).values()]);
});

/** A series whose kernels or layers are called as in another run. */
export const calledRows = memoBy(
  (series: Series, called: ReadonlyMap<string, string>): Series => ({
    ...series,
    points: series.points.map((point) =>
      isTable(point.record) ? { ...point, record: { ...point.record, called } } : point,
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

/** One kernel or layer at one time, as a sentence without a subject: `sparsity 75.0%, 324 of 432 weights zero`. */
export function cellText(record: Table | undefined, name: string, metric: string): string {
  const { label, unit } = metricOf(metric);
  const told = `${label} ${spoken(unit, tableValue(record, name, metric))}`;
  if (record?.kind === "health") return healthText(record, name, told);
  if (record?.kind === "explained") return told;
  const row = kernelRow(record, name);
  if (!record || !row) return `${label} not known: no such kernel here`;
  const [size, kept] = [tableValue(record, name, "weights"), tableValue(record, name, "nonzeros")];
  if (metric !== "sparsity" || Number.isNaN(size - kept)) return told;
  return `${told}, ${countText(size - kept)} of ${countText(size)} weights zero`;
}

/** What is not trained has no gradient, and vanishes no more than it should. */
function healthText(record: Health, name: string, told: string): string {
  const row = layerRow(record, name);
  if (!row) return "no such layer here";
  return [row.state === "frozen" ? "frozen" : "", told].filter(Boolean).join(", ");
}

/** `3,687 of 4,608 zero`. */
export function zerosText(zeros: number, size: number): string {
  return `${countText(zeros)} of ${countText(size)} zero`;
}
