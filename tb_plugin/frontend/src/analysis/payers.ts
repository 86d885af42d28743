/** Who pays for a compression: numbers of classes and groups beside what the controls differ by. */

import type { Exemplars, Overlaps, Payers } from "../format/paid.ts";
import { coefficient, percent, plural } from "./numbers.ts";

export const CHANGE = "accuracy change";

/** A run's number of one class or group. */
export interface Cost {
  readonly run: string;
  readonly part: string;
  readonly isGroup: boolean;
  readonly rows: number;
  readonly value: number;
  /** Ends of the 95% interval; NaN where they are not known. */
  readonly low: number;
  readonly high: number;
  /** Of the controls; NaN without any. */
  readonly least: number;
  readonly most: number;
}

/** The rows of a class or group, by run. */
export interface Part {
  readonly name: string;
  readonly isGroup: boolean;
  readonly rows: number;
  readonly costs: ReadonlyMap<string, Cost>;
}

/** What can be shown of these runs: the change of accuracy first, accuracy itself not, for it says nothing of a cost. */
export function measuresOf(records: readonly Payers[]): string[] {
  const all = [...new Set(records.flatMap(({ measures }) => measures))];
  const costs = all.filter((name) => name !== "accuracy");
  return [...costs.filter((name) => name === CHANGE), ...costs.filter((name) => name !== CHANGE)];
}

export function measureText(measure: string): string {
  if (measure === CHANGE) return "change of accuracy, in points";
  if (measure === "agreement") return "same prediction as the reference";
  return measure.replace(/^(\S+) (.*) similarity$/, "similarity of maps, $1 at $2");
}

/** What lies left and right of a scale. */
export function endsText(measure: string): readonly [string, string] {
  if (measure === CHANGE) return ["loses", "gains"];
  return measure === "agreement" ? ["other predictions", "the same"] : ["other maps", "the same"];
}

export function valueText(measure: string, value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (measure === "agreement") return percent(value);
  if (measure !== CHANGE) return coefficient(value);
  const points = (100 * value).toFixed(1);
  if (Number(points) === 0) return "0.0";
  return value > 0 ? `+${points}` : points.replace("-", "−");
}

export function intervalText(measure: string, low: number, high: number): string {
  const isKnown = Number.isFinite(low) && Number.isFinite(high);
  return isKnown ? `${valueText(measure, low)} to ${valueText(measure, high)}` : "not known";
}

/**
 * Whether somebody pays (or gains) more than any control: the whole interval lies beyond theirs, and of
 * a change beyond none. Undefined where controls or the interval are not known.
 */
export function sideOf(
  { low, high, least, most }: Cost,
  measure: string,
): "worse" | "within" | "better" | undefined {
  if (![low, high, least, most].every(Number.isFinite)) return undefined;
  const [below, above] =
    measure === CHANGE ? [Math.min(least, 0), Math.max(most, 0)] : [least, most];
  if (high < below) return "worse";
  return low > above ? "better" : "within";
}

/** All classes and groups of which a measure is known, those that pay most first. */
export function partsOf(
  records: readonly (readonly [run: string, record: Payers])[],
  measure: string,
): Part[] {
  const found = new Map<string, { first: Cost; costs: Map<string, Cost> }>();
  for (const cost of records.flatMap(([run, record]) => costsOf(run, record, measure))) {
    const key = `${cost.isGroup ? "group" : "class"} ${cost.part}`;
    const known = found.get(key) ?? { first: cost, costs: new Map<string, Cost>() };
    known.costs.set(cost.run, cost);
    found.set(key, known);
  }
  const parts = [...found.values()].map(
    ({ first, costs }): Part => ({
      ...{ name: first.part, isGroup: first.isGroup, costs },
      rows: Math.max(...[...costs.values()].map(({ rows }) => rows)),
    }),
  );
  return parts.sort((a, b) => rankOf(a, measure) - rankOf(b, measure));
}

/** Who pays more than any control comes before who does not, then whoever loses more. */
function rankOf({ costs }: Part, measure: string): number {
  const all = [...costs.values()];
  const isWorse = all.some((cost) => sideOf(cost, measure) === "worse");
  return Math.min(...all.map(({ value }) => value)) - (isWorse ? 10 : 0);
}

function costsOf(run: string, record: Payers, measure: string): Cost[] {
  const column = record.measures.indexOf(measure);
  const width = record.measures.length;
  if (column < 0) return [];
  return record.names.flatMap((part, i) => {
    const at = i * width + column;
    const rows = record.counts[at] ?? 0;
    const [value, low, high] = record.values.subarray(3 * at, 3 * at + 3);
    const [least, most] = record.bands.subarray(2 * at, 2 * at + 2);
    const told = { value, low, high, least, most } as Pick<
      Cost,
      "value" | "low" | "high" | "least" | "most"
    >;
    return rows > 0 ? [{ ...{ run, part, isGroup: record.byGroup[i] === 1, rows }, ...told }] : [];
  });
}

/** One scale for all bars, which holds what is shown of each. */
export function scaleOf(parts: readonly Part[], measure: string): readonly [number, number] {
  const all = parts.flatMap(({ costs }) =>
    [...costs.values()].flatMap(({ value, low, high, least, most }) => [
      ...[value, low, high, least, most],
    ]),
  );
  const known = all.filter(Number.isFinite);
  const ends = measure === CHANGE ? [0] : [1];
  const [least, most] = [Math.min(...known, ...ends), Math.max(...known, ...ends)];
  const step = measure === CHANGE ? 0.05 : 0.1;
  return [Math.floor(least / step) * step, Math.ceil(most / step) * step || step];
}

/** Who pays most, in a sentence or two. */
export function headline(parts: readonly Part[], measure: string): string {
  const all = parts.flatMap(({ costs }) => [...costs.values()]);
  const compared = all.filter((cost) => sideOf(cost, measure));
  const worse = all.filter((cost) => sideOf(cost, measure) === "worse");
  const [first] = [...(worse.length > 0 ? worse : all)].sort((a, b) => a.value - b.value);
  if (!first) return "";
  const told = costText(first, measure);
  if (compared.length === 0) {
    return `Worst is ${told}. No control was compared: how much others lose by chance is not known.`;
  }
  if (worse.length === 0) {
    return `Nobody pays more than models differ by chance. Worst is ${told}, which is within what the controls have.`;
  }
  const chance = Math.max(1, Math.round(compared.length / 40));
  return `Most is paid by ${told}. So ${worse.length} of ${compared.length} numbers are worse than any control; about ${chance} would be by chance.`;
}

function costText(cost: Cost, measure: string): string {
  const { run, part, isGroup, rows, low, high, value, least, most } = cost;
  const who = `${isGroup ? "group" : "class"} ${part} under ${run}`;
  const interval = `95% interval ${intervalText(measure, low, high)}, ${plural(rows, "row")}`;
  const band = Number.isFinite(least) ? `; controls: ${intervalText(measure, least, most)}` : "";
  const what = measure === CHANGE ? "accuracy" : measureText(measure);
  const unit = measure === CHANGE ? " points" : "";
  return `${who}: ${what} ${valueText(measure, value)}${unit} (${interval}${band})`;
}

/** `digit 8 (2 of 3)`: what most of so many models say of an exemplar, and how many do. */
export function saidText(name: string, share: number, models: number): string {
  return `${name} (${Math.round(share * models)} of ${models})`;
}

/** How many exemplars there are, and what they are. */
export function exemplarsText({ total, denseModels, compressedModels }: Exemplars): string {
  const many = total === 0 ? "No row is" : total === 1 ? "1 row is" : `${total} rows are`;
  return `${many} predicted otherwise by most of the ${compressedModels.length} compressed models than by most of the ${denseModels.length} dense ones.`;
}

/** Weights that both of two models keep, of those that either does, beside what chance would give. */
export interface Shared {
  readonly name: string;
  readonly share: number;
  readonly chance: number;
}

/** By kernel, and of all of them first, how much of its mask a run shares with another one. */
export function sharedOf({ kernels, counts }: Overlaps, other: number): Shared[] {
  const rows = kernels.map((name, i) => {
    const at = 4 * (other * kernels.length + i);
    return { name, own: counts.slice(at, at + 4) as [number, number, number, number] };
  });
  const known = rows.filter(({ own: [weights] }) => weights > 0);
  const sum = (of: (own: [number, number, number, number]) => number): number =>
    known.reduce((all, { own }) => all + of(own), 0);
  const either = sum(([, first, second]) => first + second);
  return [
    {
      name: "all kernels",
      ...sharesOf(
        sum((own) => own[3]),
        sum(chanceOf),
        either,
      ),
    },
    ...known.map(({ name, own }) => ({
      name,
      ...sharesOf(own[3], chanceOf(own), own[1] + own[2]),
    })),
  ];
}

/** How many both would keep were the second mask drawn at random. */
function chanceOf([weights, first, second]: [number, number, number, number]): number {
  return (first * second) / weights;
}

function sharesOf(both: number, chance: number, kept: number) {
  return { share: both / (kept - both), chance: chance / (kept - chance) };
}
