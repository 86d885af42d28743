/** Kernels as the rows of a table: which columns, in which order, and as a CSV file. */

import type { KernelRow, Kernels } from "../format/compressed.ts";
import type { Sort } from "../state/view.ts";
import { ROW_KEYS } from "../tables.ts";
import { grouped, metricOf } from "./compression.ts";
import { kernelRow, tableValue } from "./kernels.ts";

/** One run at one epoch. */
export interface Source {
  readonly run: string;
  readonly name: string;
  readonly colour: string;
  readonly step: number | undefined;
  readonly isNow: boolean;
  readonly record: Kernels | undefined;
}

export interface TableRow {
  readonly source: Source;
  /** What the page calls the kernel; `row.name` is how it was logged. */
  readonly name: string;
  readonly row: KernelRow;
}

/** The columns of words; all others are metrics. */
export const TEXT_COLUMNS = ["name", "run", "mode", "dtype"] as const;
const USUAL: readonly string[] = [
  ...["weights", "sparsity", "mask_sparsity", "filter_sparsity", "nm_compliance"],
  ...["bits_stored", "sqnr", "activation_sqnr", "activation_clipping", "size_stored"],
];

/** A row for each kernel and run, in model order, the runs of one kernel together. */
export function rowsOf(sources: readonly Source[], kernels: readonly string[]): TableRow[] {
  return kernels.flatMap((name) =>
    sources.flatMap((source) => {
      const row = kernelRow(source.record, name);
      return row ? [{ source, name, row }] : [];
    }),
  );
}

/** The metrics that any of these records knows of any kernel, in the order of the groups. */
export function knownMetrics(records: readonly Kernels[], all: boolean): string[] {
  const known = new Set<string>();
  for (const { metrics, values } of records) {
    for (const [i, value] of values.entries()) {
      const metric = metrics[i % metrics.length];
      if (metric !== undefined && !Number.isNaN(value)) known.add(metric);
    }
  }
  if (!all) return USUAL.filter((name) => known.has(name));
  return grouped([...known]).flatMap(([, metrics]) => metrics.map(({ name }) => name));
}

/** What a cell holds: words, or a number that may not be known. */
export function cellOf({ source, name, row }: TableRow, column: string): string | number {
  if (column === "run") return source.name;
  if (column === "name") return name;
  if (column === "mode" || column === "dtype") return row[column];
  return tableValue(source.record, name, column);
}

/** Sorted by one column, equal rows in the order they were in; what is not known comes last. */
export function sorted(rows: readonly TableRow[], sort: Sort | undefined): readonly TableRow[] {
  if (!sort) return rows;
  const sign = sort.descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [cellOf(a, sort.column), cellOf(b, sort.column)];
    if (typeof x === "string" || typeof y === "string") {
      return sign * String(x).localeCompare(String(y), "en", { numeric: true });
    }
    if (Number.isNaN(x) || Number.isNaN(y))
      return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/** What a click on a header does: first the end that is looked for, then the other, then none. */
export function nextSort(sort: Sort | undefined, column: string): Sort | undefined {
  const isText = TEXT_COLUMNS.some((name) => name === column);
  if (sort?.column !== column) return { column, descending: !isText };
  return sort.descending === !isText ? { column, descending: isText } : undefined;
}

/** All that is known of all rows, in full precision; units stand in the header. */
export function csvOf(rows: readonly TableRow[]): string {
  const metrics = [...new Set(rows.flatMap(({ source }) => source.record?.metrics ?? []))];
  const header = [
    ...["run", "epoch", "moment"],
    ...ROW_KEYS,
    ...metrics.map((name) => {
      const { unit } = metricOf(name);
      return unit === "number" ? name : `${name} [${unit}]`;
    }),
  ];
  const lines = rows.map(({ source, name, row }) => [
    source.name,
    source.step ?? "",
    source.record?.moment ?? "",
    ...ROW_KEYS.map((key) => row[key]),
    ...metrics.map((metric) => tableValue(source.record, name, metric)),
  ]);
  return [header, ...lines].map((line) => `${line.map(csvCell).join(",")}\r\n`).join("");
}

/** Names come from a log: none may start a formula when the file is opened in a spreadsheet. */
export function csvCell(value: string | number): string {
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "";
    return Number.isFinite(value) ? String(value) : value > 0 ? "inf" : "-inf";
  }
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
