/** Whether a map can be believed, in words: each number beside the level that chance reaches. */

import type { Better, Trust } from "../format/trusted.ts";
import { coefficient } from "./numbers.ts";

export interface TrustNumber {
  readonly name: string;
  readonly value: number;
  readonly chance: number;
  readonly unit: string;
  readonly better: Better;
}

/** The record's name of how like a map is to that of the weights training began with. */
export const START = "start similarity";

/** What was measured of one sample's map. */
export function trustOf(record: Trust | undefined, sample: number): TrustNumber[] {
  if (!record) return [];
  const row = record.numbers ? record.numbers.indexOf(sample) : sample;
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

/** `0.35 (chance 0.18)`. */
export function shortTrust({ value, chance }: TrustNumber): string {
  if (Number.isNaN(value)) return "not defined";
  return `${coefficient(value)}${Number.isNaN(chance) ? "" : ` (chance ${coefficient(chance)})`}`;
}

/** What it is called, and what it says in two sentences. */
export function trustFact(one: TrustNumber): readonly [string, string] {
  const { name, value, chance, unit, better } = one;
  const called = name === START ? "still as at the start" : name;
  if (Number.isNaN(value)) return [called, "not defined for this map"];
  const level = Number.isNaN(chance)
    ? ""
    : name === START
      ? ` Another sample’s map at the start: ${coefficient(chance)}.`
      : ` Chance: ${coefficient(chance)}.`;
  return [called, `${coefficient(value)} ${unit}, ${better} is better.${level}`];
}

export const START_TITLE =
  "How like the map is to that of the weights training began with: a map that stays alike shows the input, not what was learnt. In brackets: how like it is to another sample’s map then";
