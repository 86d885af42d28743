/** Whether a map can be believed, in numbers: each beside the level that chance reaches. */

import type { Better, Trust, TrustCurve } from "../format/trusted.ts";
import { coefficient, short } from "./numbers.ts";

export interface TrustNumber {
  readonly name: string;
  readonly value: number;
  readonly chance: number;
  readonly unit: string;
  readonly better: Better;
}

/** The record's name of how like a map is to that of the weights training began with. */
export const START = "start similarity";
/** How far a method disagrees with itself. */
export const SEED = "seed similarity";
export const ERROR = "estimated error";
/** Whether there is nothing but rounding errors. */
const ZERO = "numerically zero";
const OF_METHOD: readonly string[] = [START, SEED, ERROR, ZERO];
/** Of what was asked for, these say most of whether a map names what the model uses. */
const FAITHFUL = ["Deletion", "Insertion", "ROAD", "FaithfulnessCorrelation", "Infidelity"];

/** The row of a sample in a record of all samples; -1 where it is not among them. */
function rowOf({ numbers }: Trust, sample: number): number {
  return numbers ? numbers.indexOf(sample) : sample;
}

/** What was measured of one sample's map. */
export function trustOf(record: Trust | undefined, sample: number): TrustNumber[] {
  if (!record) return [];
  const row = rowOf(record, sample);
  const width = record.names.length;
  if (row < 0 || (row + 1) * width > record.values.length) return [];
  return record.names.map((name, i) => ({
    name,
    value: record.values[row * width + i] ?? Number.NaN,
    chance: record.chance[row * width + i] ?? Number.NaN,
    unit: record.units[i] ?? "",
    better: record.better[i] ?? "higher",
  }));
}

/** The number that says how faithful maps are: of those that were asked for, the most telling. */
export function faithful<T extends { readonly name: string }>(all: readonly T[]): T | undefined {
  const asked = all.filter(({ name }) => !OF_METHOD.includes(name));
  const rank = ({ name }: T): number => {
    const found = FAITHFUL.indexOf(name);
    return found < 0 ? FAITHFUL.length : found;
  };
  return [...asked].sort((a, b) => rank(a) - rank(b))[0];
}

/** The numbers that a badge has room for: like the start's, the method's noise, and faithfulness. */
export function badgeOf(all: readonly TrustNumber[]): TrustNumber[] {
  const start = all.find(({ name }) => name === START);
  const noise = all.find(({ name }) => name === SEED || name === ERROR);
  return [start, noise, faithful(all)].filter((one) => one !== undefined);
}

/** What it is called. */
export function calledOf(name: string): string {
  return name === START ? "like the start" : name;
}

/** `0.35`, and what is small with its digits. */
export function trustText(value: number): string {
  if (Number.isNaN(value)) return "not defined";
  return value !== 0 && Math.abs(value) < 0.095 ? short(value, 1) : coefficient(value);
}

/** How much worse it is than chance, or where that is not known, how bad: the largest is the worst. */
export function shortfall({ value, chance, better }: TrustNumber): number {
  const beside = Number.isNaN(chance) ? 0 : chance;
  return better === "lower" ? value - beside : beside - value;
}

export interface Meter {
  /** Where value and level of chance lie, from 0 to 1; NaN where one is not known. */
  readonly value: number;
  readonly chance: number;
}

/** Places on a line from 0 to 1, or as far as values go beyond. */
export function meterOf({ value, chance }: TrustNumber): Meter {
  const known = [value, chance].filter(Number.isFinite);
  const low = Math.min(0, ...known);
  const most = Math.max(...known);
  const high = most <= 1 ? 1 : 1.25 * most;
  const at = (one: number): number => (one - low) / (high - low);
  return { value: at(value), chance: at(chance) };
}

/** Beside which curves an area was measured. */
const OTHERS: Readonly<Record<string, string>> = { edges: "the input’s own edges" };
const ORDERS: Readonly<Record<string, string>> = {
  ...{ map: "of the map", chance: "of a random order" },
  edges: "of the input’s edges",
};

/** `of a random order`, as a curve of that order is named. */
export function orderText(order: string): string {
  return ORDERS[order] ?? `of ${order}`;
}

/** One sample's points of a curve. */
export function curveOf(
  record: Trust,
  { shares, values }: TrustCurve,
  sample: number,
): (readonly [share: number, score: number])[] {
  const row = rowOf(record, sample);
  const width = shares.length;
  if (row < 0 || (row + 1) * width > values.length) return [];
  return [...shares].map((share, i) => [share, values[row * width + i] ?? Number.NaN]);
}

/** The area under points, by the trapezoidal rule. */
export function areaOf(points: readonly (readonly [number, number])[]): number {
  return points.slice(1).reduce((sum, [x, y], i) => {
    const [before, last] = points[i] ?? [x, y];
    return sum + ((x - before) * (y + last)) / 2;
  }, 0);
}

/** What the orders beside a map and chance reach, in words: `the input’s own edges reach 0.40`. */
export function besideText(record: Trust, metric: string, sample: number): string {
  const own = record.curves.filter((one) => one.metric === metric && OTHERS[one.order]);
  return own
    .map((one) => [OTHERS[one.order], areaOf(curveOf(record, one, sample))] as const)
    .filter(([, area]) => Number.isFinite(area))
    .map(([called, area]) => `${called} reach ${trustText(area)}`)
    .join(", ");
}
