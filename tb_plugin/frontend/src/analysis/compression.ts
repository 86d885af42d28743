/** The numbers of a kernel or a layer: what each is called, in which unit, and what it means. */

import { METRICS as KNOWN, type Unit } from "../tables.ts";
import { short } from "./numbers.ts";

export type { Unit } from "../tables.ts";

export interface Metric {
  readonly name: string;
  readonly label: string;
  readonly group: string;
  readonly unit: Unit;
  readonly meaning: string;
}

const METRICS: ReadonlyMap<string, Metric> = new Map(KNOWN.map((metric) => [metric.name, metric]));

/** What is known of a metric; one of a newer writer keeps its name and is a plain number. */
export function metricOf(name: string): Metric {
  return METRICS.get(name) ?? { name, label: name, group: "Other", unit: "number", meaning: "" };
}

/** Metrics by group, groups and metrics in the order of the table above, unknown ones last. */
export function grouped(names: readonly string[]): [string, Metric[]][] {
  const order = [...METRICS.keys()];
  const rank = (name: string): number => (METRICS.has(name) ? order.indexOf(name) : order.length);
  const groups = new Map<string, Metric[]>();
  for (const name of [...names].sort((a, b) => rank(a) - rank(b))) {
    const metric = metricOf(name);
    groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
  }
  return [...groups];
}

/** A number in its unit; a dash where it is not known. */
export function metricText(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return `${value > 0 ? "" : "−"}∞${unit === "dB" ? " dB" : ""}`;
  switch (unit) {
    case "share":
      return shareText(value);
    case "bytes":
      return bytesText(value);
    case "bits":
      return `${trimmed(value)} bit`;
    case "dB":
      return `${value.toFixed(1).replace("-", "−")} dB`;
    case "count":
      return countText(value);
    default:
      return short(value);
  }
}

/** What only words can say of a number. */
export function spoken(unit: Unit, value: number): string {
  if (Number.isNaN(value)) return "not known";
  if (value === Number.POSITIVE_INFINITY) return unit === "dB" ? "infinite (no error)" : "infinite";
  return metricText(unit, value);
}

/** Never 0% of something or 100% of less than all. */
export function shareText(value: number): string {
  const percent = 100 * value;
  if (percent > 0 && percent < 0.05) return percent < 0.001 ? "<0.001%" : `${short(percent, 1)}%`;
  if (percent >= 99.95 && percent < 100) {
    return percent > 99.999 ? ">99.999%" : `${percent.toFixed(3)}%`;
  }
  return percent === 100 || percent === 0 ? `${percent}%` : `${percent.toFixed(1)}%`;
}

function bytesText(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1024 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), units.length - 1);
  const size = value / 1024 ** power;
  return `${power === 0 ? countText(size) : short(size)} ${units[power]}`;
}

export function countText(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString("en-US") : trimmed(value);
}

/** At most three decimals, none that say nothing. */
function trimmed(value: number): string {
  return String(Number(value.toFixed(3)));
}

export interface Scale {
  readonly low: number;
  readonly high: number;
  /** Whether equal ratios, not equal differences, are equally far from each other. */
  readonly isLog?: boolean;
}

/** What differs between layers, or while training, by powers of ten. */
const LOGARITHMIC: readonly string[] = [
  ...["gradient_norm", "gradient_ratio", "update_norm", "update_ratio"],
];

export function isLogarithmic(metric: string): boolean {
  return LOGARITHMIC.includes(metric);
}

/** A logarithmic scale spans at least this ratio, so that what is alike has colours that are. */
const LEAST_RATIO = 1e4;

/** What the ends of the colours stand for: 0 to 100% for shares, what there is for all others. */
export function rangeOf({ name, unit }: Metric, values: Iterable<number>): Scale {
  if (unit === "share" || name === "map_similarity") return { low: 0, high: 1 };
  const isLog = isLogarithmic(name);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { low: 0, high: 0 };
  return isLog ? { low: Math.min(low, high / LEAST_RATIO), high, isLog } : { low, high };
}

/** Where a value lies on a scale, from 0 to 1; NaN where it is not known. */
export function fractionOn({ low, high, isLog = false }: Scale, value: number): number {
  if (Number.isNaN(value)) return Number.NaN;
  if (isLog) {
    const share = Math.log(Math.max(value, 0) / low) / Math.log(high / low);
    return Math.min(Math.max(share, 0), 1);
  }
  if (high === low) return Number.isFinite(value) ? 0.5 : value > 0 ? 1 : 0;
  return Math.min(Math.max((value - low) / (high - low), 0), 1);
}
